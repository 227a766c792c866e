import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";
import { type Rejected, rejections, restsOn } from "../rejections.ts";
import { type Said, saidOf } from "../said.ts";

export const removedFeature: Check = {
  id: "removed-feature",
  severity: "error",
  title: "something that this version of Cilium no longer has",
  why: "fromRequires and toRequires are gone since 1.19: the agent cannot read such a rule any more. Kafka rules and l7proto are gone since 1.20: the API server drops the field, and what stays is a plain rule for the port that lets every request through. L7 rules on nodes (nodeSelector) are refused but for DNS on egress.",
  limits: "Judged for the given version of Cilium; without one for the newest, which the message then says.",
  needs: [],
  find: (world) => [
    ...saidOf(world, "unknown-field").flatMap((one) => dropped(one, world)),
    ...oncePerPlace(saidOf(world, "schema").flatMap((one) => refused(one, world))),
    ...rejections(world).flatMap((one) => rejected(one, world)),
  ],
  bad: `
name: Kafka rules in 1.20
cilium: "1.20"
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: broker, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: broker}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: web}}]
          toPorts: [{ports: [{port: "9092", protocol: TCP}], rules: {kafka: [{role: produce, topic: orders}]}}]
`,
  good: `
name: Kafka rules in 1.19
cilium: "1.19"
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: broker, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: broker}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: web}}]
          toPorts: [{ports: [{port: "9092", protocol: TCP}], rules: {kafka: [{role: produce, topic: orders}]}}]
`,
};

function dropped({ policy, path }: Said, world: LintWorld): readonly Found[] {
  const field = /\.rules\.(kafka|l7proto|l7)$/.exec(path)?.[1];
  if (policy === null || field === undefined || field === "l7") return [];
  const what = field === "kafka" ? "Kafka rules are" : "l7proto is";
  const message = `${what} gone since Cilium 1.20${assumed(world)}: the API server drops the field, and the rule lets every request to its ports through`;
  const help =
    "filter in the broker or a listener of your own (CiliumEnvoyConfig), and write the rule as the plain one that it is";
  return [{ policy, path, message, help }];
}

/** The schema says several things of one field. */
function oncePerPlace(found: readonly Found[]): readonly Found[] {
  return [...new Map(found.map((one) => [`${one.policy?.namespace} ${one.policy?.name} ${one.path}`, one])).values()];
}

const REQUIRES = /(?:from|to)Requires/;

function refused({ policy, path }: Said, world: LintWorld): readonly Found[] {
  const isRequires = policy !== null && REQUIRES.test(path) && world.minor !== "1.18";
  return isRequires ? [requires(policy, path.replace(/Requires.*$/, "Requires"), world)] : [];
}

function rejected(one: Rejected, world: LintWorld): readonly Found[] {
  const { policy, path, error, help } = one;
  if (REQUIRES.test(error) && world.minor !== "1.18") {
    const known = saidOf(world, "schema").some((said) => said.policy === policy && REQUIRES.test(said.path));
    return known ? [] : [requires(policy, path, world)];
  }
  if (!/not supported on host (?:ingress|egress)/.test(error) || restsOn(one, world) === "setting") return [];
  const message = `policies for nodes have no L7 rules: the agent rejects the whole policy: ${error}`;
  return [{ policy, path, message, help }];
}

function requires(policy: Rejected["policy"], path: string, world: LintWorld): Found {
  const message = `fromRequires and toRequires are gone since Cilium 1.19${assumed(world)}: the policy is refused as a whole`;
  return {
    policy,
    path,
    message,
    help: "write the requirement into every peer selector, or as a deny rule for who lacks it",
  };
}

function assumed({ snapshot, minor }: LintWorld): string {
  return snapshot.cilium.assumed ? ` (${minor} is assumed)` : "";
}
