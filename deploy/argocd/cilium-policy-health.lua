-- Health of a CiliumNetworkPolicy or CiliumClusterwideNetworkPolicy for Argo CD: one that Cilium rejects protects and
-- allows nothing, and is Degraded with Cilium's own words. Cilium's operator writes the condition `Valid`
-- (operator/pkg/networkpolicy/validator.go); until it has looked there is none, and nothing is wrong yet.
local health = { status = "Healthy", message = "" }
if obj.status == nil or obj.status.conditions == nil then
  return health
end
for _, condition in ipairs(obj.status.conditions) do
  if condition.type == "Valid" then
    if condition.status == "False" then
      health.status = "Degraded"
      health.message = "Cilium rejects this policy: " .. (condition.message or "no reason given")
    elseif condition.status == "True" then
      health.message = condition.message or ""
    else
      health.status = "Progressing"
      health.message = "Cilium has not judged this policy yet"
    end
  end
end
return health
