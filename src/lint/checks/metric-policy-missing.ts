import type { Check } from "../check.ts";

export const metricPolicyMissing: Check = {
  id: "metric-policy-missing",
  severity: "info",
  title: "Hubble's metrics do not count policy verdicts",
  why: "`hubble_policy_verdicts_total` counts what policies allow, audit and deny, and is the one metric that shows would-be denials under audit mode: `hubble_drop_total` does not see them. It is made only where `policy` stands in hubble-metrics.",
  limits: "Silent where metrics are off, or the configuration is not known.",
  needs: ["config"],
  find: ({ config }) =>
    config.hubbleMetrics === undefined || config.hubbleMetrics.length === 0 || config.hubbleMetrics.includes("policy")
      ? []
      : [
          {
            policy: null,
            path: "",
            message: `hubble-metrics has ${config.hubbleMetrics.join(", ")} and not policy: nothing counts verdicts while the policies are rolled out`,
            help: "add policy:sourceContext=workload-name|reserved-identity;destinationContext=workload-name|reserved-identity to hubble.metrics.enabled",
          },
        ],
  bad: `
name: drops alone
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEntities: [cluster]}]}
`,
  good: `
name: with verdicts
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec: {endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEntities: [cluster]}]}
`,
  recorded: {
    bad: { config: { hubbleMetrics: ["dns", "drop"] } },
    good: { config: { hubbleMetrics: ["drop", "policy"] } },
  },
};
