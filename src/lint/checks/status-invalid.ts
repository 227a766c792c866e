import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";
import { type Rejected, rejections, restsOn } from "../rejections.ts";

export const statusInvalid: Check = {
  id: "status-invalid",
  severity: "error",
  title: "the API server takes the policy, the agent rejects it",
  why: "The CRD's schema lets through much that the agent refuses when it reads the policy (Rule.Sanitize in pkg/policy/api). Such an object is stored, GitOps shows it green, and it protects and allows nothing: only its status says `Valid: False`, and only where the operator writes one. What the agents wrote into the status of the given objects is told as well.",
  limits:
    "Several peer kinds in one rule and the like are rule-shape, a bad element of `specs` is specs-void, what the version no longer has is removed-feature. Where a setting that was not given decides (node selectors, extended protocols), it is an info.",
  needs: [],
  yieldsTo: ["specs-void", "rule-shape", "removed-feature", "schema", "unknown-field", "label-not-text"],
  find: (world) => {
    const rejected = rejections(world);
    const names = new Set(rejected.map(({ policy }) => policyName(policy)));
    return [...rejected.map((one) => foundOf(one, world)), ...world.accepted.flatMap((one) => told(one, names, world))];
  },
  bad: `
name: a CIDR that is none
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toCIDRSet: [{cidr: 10.0.0.0/8, except: [11.0.0.0/16]}]
`,
  good: `
name: an exception within its prefix
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]
`,
};

function foundOf(rejected: Rejected, world: LintWorld): Found {
  const { policy, path, error, help } = rejected;
  const place = { policy, path, help };
  switch (restsOn(rejected, world)) {
    case "setting":
      return {
        ...place,
        severity: "info",
        message: `cannot tell: with the default settings the agent rejects it: ${error}`,
      };
    case "version":
      return { ...place, message: `the agent of Cilium ${world.minor} (assumed) rejects the policy: ${error}` };
    case null:
      return { ...place, message: `the agent rejects the policy, so it protects and allows nothing: ${error}` };
  }
}

/** What the agents said of an object that should be accepted. */
function told(policy: PolicyObject, rejected: ReadonlySet<string>, world: LintWorld): readonly Found[] {
  const message = rejected.has(policyName(policy)) ? null : invalidText(storedStatus(policy, world));
  if (message === null) return [];
  const help = "read the agents' logs for it; if the object was mended since, wait until its status follows";
  return [{ policy, path: "", message: `its status says that an agent rejected it: ${message}`, help }];
}

/** The status that came with the object, or that the same object has in the cluster. */
function storedStatus(policy: PolicyObject, world: LintWorld): Json | undefined {
  const own = policy.value["status"];
  if (own !== undefined) return own;
  const stored = world.before.policies.get(policyName(policy));
  const isSame = stored !== undefined && specText(stored) === specText(policy);
  return isSame ? stored.value["status"] : undefined;
}

function specText({ value }: PolicyObject): string {
  return JSON.stringify([value["spec"], value["specs"]]);
}

function invalidText(status: Json | undefined): string | null {
  const conditions = isObject(status) ? status["conditions"] : undefined;
  if (!Array.isArray(conditions)) return null;
  const found = conditions.find(
    (one: Json): one is JsonObject => isObject(one) && one["type"] === "Valid" && one["status"] === "False",
  );
  return found === undefined ? null : String(found["message"] ?? "without a reason");
}
