import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { CiliumConfig, CiliumMinor } from "#model/profile.ts";
import { checkBuiltSelectors } from "./built-selectors.ts";
import { checkClusterNetworkPolicy } from "./cluster-network-policy.ts";
import { isSet, listOf, structOf, textOf } from "./fields.ts";
import { decodePolicy } from "./decode-policy.ts";
import { checkNetworkPolicy } from "./network-policy.ts";
import { firstRejection, nilPointer, type Rejection, reject } from "./rejection.ts";
import { checkRule } from "./rule.ts";
import { type Agent, agentOf } from "./versions.ts";

/**
 * Whether the agent accepts a policy object. `error` is the agent's text, `help` says what to do, `path` is the element
 * below the object (`spec.egress[0].toPorts[0]`, "" for the whole).
 */
export type Validity =
  | { readonly valid: true }
  | { readonly valid: false; readonly error: string; readonly help: string; readonly path: string };

/**
 * Says what the agent of a minor makes of a policy object: read into Go structs, then sanitized. One bad element makes
 * the whole object void, all of `specs` included. The CRD's schema is not applied: that is the API server's.
 *
 * Where the agent's own text is random (it walks Go maps), the likeliest one is given.
 * Upstream: pkg/k8s/apis/cilium.io/v2 Parse, pkg/policy/api Sanitize, pkg/k8s ParseNetworkPolicy.
 */
export function validatePolicy(policy: PolicyObject, minor: CiliumMinor, config: CiliumConfig): Validity {
  const agent = agentOf(minor, config);
  const rejection = checkPolicy(policy, agent);
  if (rejection === null) return { valid: true };
  return { valid: false, error: rejection.text, help: rejection.help, path: rejection.path };
}

function checkPolicy(policy: PolicyObject, agent: Agent): Rejection | null {
  if (policy.kind === "ClusterNetworkPolicy" && !agent.differs.clusterNetworkPolicy)
    return noClusterNetworkPolicy(agent);
  const decoded = decodePolicy(policy, agent.minor);
  if ("rejection" in decoded) return decoded.rejection;
  switch (policy.kind) {
    case "CiliumNetworkPolicy":
    case "CiliumClusterwideNetworkPolicy":
      return checkCiliumPolicy(decoded.value, policy.kind, agent);
    case "NetworkPolicy":
      return checkNetworkPolicy(decoded.value, policy.namespace ?? "default", agent);
    case "ClusterNetworkPolicy":
      return checkClusterNetworkPolicy(decoded.value, agent);
  }
}

function noClusterNetworkPolicy(agent: Agent): Rejection {
  const text = `ClusterNetworkPolicy is not supported by Cilium ${agent.minor}`;
  return reject("", text, "it exists from Cilium 1.20: until then write a CiliumClusterwideNetworkPolicy");
}

/** Upstream: CiliumNetworkPolicy.Parse, which clusterwide policies go through as well. */
function checkCiliumPolicy(value: JsonObject, kind: string, agent: Agent): Rejection | null {
  const name = textOf(structOf(value, "metadata") ?? {}, "name");
  if (name === "") return reject("metadata", "CiliumNetworkPolicy must have name", "give it metadata.name");
  const specs = specsOf(value);
  if (!isSet(value, "spec") && !isSet(value, "specs")) {
    return reject("", `Invalid ${kind} spec(s): empty policy`, "give it a spec, or specs");
  }
  return (
    firstRejection(specs, ({ rule, path, noun }) => checkSpec(rule, path, { kind, noun, agent })) ??
    (agent.differs.buildsSelectors
      ? firstRejection(specs, ({ rule, path }) => (isObject(rule) ? checkBuiltSelectors(rule, path) : null))
      : null)
  );
}

type Spec = { readonly rule: Json; readonly path: string; readonly noun: "spec" | "specs" };

/** `spec` and the elements of `specs`: both count, `spec` first. */
function specsOf(value: JsonObject): readonly Spec[] {
  const several = listOf(value, "specs").map((rule, index): Spec => ({ rule, path: `specs[${index}]`, noun: "specs" }));
  const spec = structOf(value, "spec");
  return spec === null ? several : [{ rule: spec, path: "spec", noun: "spec" }, ...several];
}

function checkSpec(
  rule: Json,
  path: string,
  where: { readonly kind: string; readonly noun: string; readonly agent: Agent },
): Rejection | null {
  if (!isObject(rule)) return nilPointer(path);
  const rejection = checkRule(rule, path, where.agent);
  if (rejection !== null) {
    return rejection.crash
      ? rejection
      : { ...rejection, text: `Invalid ${where.kind} ${where.noun}: ${rejection.text}` };
  }
  if (where.kind !== "CiliumNetworkPolicy" || !isSet(rule, "nodeSelector")) return null;
  // Upstream says `spec` for the elements of specs too.
  const text = "Invalid CiliumNetworkPolicy spec: rule cannot have NodeSelector";
  const help = "only a CiliumClusterwideNetworkPolicy can select nodes";
  return reject(`${path}.nodeSelector`, text, help);
}
