import type { PolicyObject } from "#model/policy.ts";
import type { Snapshot } from "#model/snapshot.ts";

/** Features of Cilium's policy language, by the key that shows them in a policy's text and the sign of use in a recording. */
const FEATURES: readonly {
  readonly name: string;
  readonly key: RegExp;
  readonly used: (snapshot: Snapshot) => boolean;
}[] = [
  { name: "toFQDNs", key: /"toFQDNs":/, used: (snapshot) => remoteLabel(snapshot, "fqdn:") },
  { name: "rules.dns", key: /"dns":\[/, used: (snapshot) => verdict(snapshot, "REDIRECTED") },
  { name: "rules.http", key: /"http":\[/, used: () => false },
  { name: "CIDR", key: /"(?:to|from)CIDR(?:Set)?":/, used: (snapshot) => remoteLabel(snapshot, "cidr:") },
  { name: "deny rules", key: /"(?:ingress|egress)Deny":/, used: (snapshot) => dropReason(snapshot, "POLICY_DENY") },
  { name: "entities", key: /"(?:to|from)Entities":/, used: (snapshot) => reservedSeen(snapshot) },
  { name: "default deny", key: /"(?:ingress|egress)":/, used: (snapshot) => denied(snapshot) },
  { name: "toServices", key: /"toServices":/, used: () => false },
  { name: "authentication", key: /"authentication":/, used: (snapshot) => dropReason(snapshot, "AUTH_REQUIRED") },
];

/** The features that the proposal uses and no recorded policy verdict exercised: calibration says nothing of them. */
export function notExercised(policies: ReadonlyMap<string, PolicyObject>, snapshot: Snapshot): readonly string[] {
  const text = [...policies.values()].map((policy) => JSON.stringify(policy.value)).join("\n");
  return FEATURES.filter((feature) => feature.key.test(text) && !feature.used(snapshot)).map((feature) => feature.name);
}

function someVerdict(
  snapshot: Snapshot,
  holds: (verdict: Snapshot["traffic"]["conversations"][number]["verdicts"][number]) => boolean,
): boolean {
  return snapshot.traffic.conversations.some((conversation) => conversation.verdicts.some(holds));
}

function verdict(snapshot: Snapshot, name: string): boolean {
  return someVerdict(snapshot, (one) => one.verdict === name);
}

function dropReason(snapshot: Snapshot, reason: string): boolean {
  return someVerdict(snapshot, (one) => one.dropReason === reason);
}

function denied(snapshot: Snapshot): boolean {
  return someVerdict(snapshot, (one) => one.verdict === "AUDIT" || one.verdict === "DROPPED");
}

function remoteLabel(snapshot: Snapshot, prefix: string): boolean {
  return someVerdict(snapshot, (one) => one.remoteLabels?.some((label) => label.startsWith(prefix)) ?? false);
}

function reservedSeen(snapshot: Snapshot): boolean {
  return snapshot.traffic.conversations.some(
    (one) => one.verdicts.length > 0 && (one.from.kind === "reserved" || one.to.kind === "reserved"),
  );
}
