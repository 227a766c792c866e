import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PolicyFlavour } from "../../src/generate/options.ts";
import type { Conversation, End, PodEnd } from "../../src/model/conversation.ts";
import { type CiliumMinor, defaultConfig } from "../../src/model/profile.ts";
import type { Snapshot } from "../../src/model/snapshot.ts";
import { pod, worldOf } from "../stories/story.ts";
import { madeFrom, readBack } from "./generating.ts";

/** Recordings at random over pods with labels of every sort: whatever became a rule is allowed, and every object is taken. */
const { snapshot: base } = worldOf({
  objects: pod("a/x", { app: "x" }),
  seen: "a/x -> 203.0.113.1:443 TCP",
  policies: "",
});
const like = base.traffic.conversations[0] as Conversation;

const value = fc.constantFrom("web", "db", "yes", "0x50", "1e3", "null", "", "x.y_z-1");
const podEnd: fc.Arbitrary<PodEnd> = fc
  .record({
    namespace: fc.constantFrom("a", "b", "kube-system"),
    workload: fc.option(fc.constantFrom("w1", "w2", "w3"), { nil: null }),
    labels: fc.dictionary(
      fc.constantFrom("app", "tier", "k8s-app", "pod-template-hash", "job-name", "app.kubernetes.io/name"),
      value,
    ),
  })
  .map(({ namespace, workload, labels }) => ({
    kind: "pod",
    namespace,
    workload: workload === null ? null : { kind: "Deployment", name: workload },
    pods: [`${workload ?? "bare"}-x`],
    podCount: 1,
    labels: [
      ...Object.entries(labels).map(([key, text]) => `k8s:${key}=${text}`),
      "k8s:io.cilium.k8s.policy.cluster=default",
      `k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=${namespace}`,
      `k8s:io.kubernetes.pod.namespace=${namespace}`,
    ].sort(),
    namedPorts: [],
    nodes: [],
    addresses: [],
    otherCluster: null,
  }));

const outside: fc.Arbitrary<End> = fc.oneof(
  fc
    .constantFrom("198.51.100.1", "198.51.100.2", "2001:db8::1")
    .map((address): End => ({ kind: "address", address, names: [], labels: ["reserved:world"] })),
  fc
    .constantFrom(
      ["host"],
      ["remote-node"],
      ["kube-apiserver", "remote-node"],
      ["health"],
      ["ingress"],
      ["host", "kube-apiserver"],
    )
    .map(
      (labels): End => ({
        kind: "reserved",
        entity: labels.some((label) => label === "host") ? "host" : (labels[0] ?? ""),
        labels: labels.map((label) => `reserved:${label}`),
        addresses: ["10.0.0.1"],
        nodes: [],
      }),
    ),
);

const packet = fc.oneof(
  fc.record({
    protocol: fc.constantFrom("TCP", "UDP"),
    port: fc.constantFrom(22, 53, 80, 443, 6443, 8080, 33_001, 40_000),
  }),
  fc.constantFrom(
    { protocol: "ICMPv4", port: null, icmpType: 8, icmpCode: 0 },
    { protocol: "ICMPv6", port: null, icmpType: 128, icmpCode: 0 },
    { protocol: "SCTP", port: 9 },
  ),
);

const conversation = fc
  .record({
    pod: podEnd,
    peer: fc.oneof(podEnd, podEnd, outside),
    isEgress: fc.boolean(),
    packet,
    verdict: fc.constantFrom("FORWARDED", "FORWARDED", "DROPPED", "AUDIT"),
  })
  .map(
    ({ pod: own, peer, isEgress, packet: sent, verdict }): Omit<Conversation, "id"> => ({
      ...like,
      ...(isEgress ? { from: own, to: peer } : { from: peer, to: own }),
      ...{ icmpType: null, icmpCode: null },
      ...sent,
      recorded: { [verdict]: 3 },
    }),
  );

const names = fc.dictionary(
  fc.constantFrom("a.example.com", "b.example.com"),
  fc.subarray(["198.51.100.1", "198.51.100.2"], { minLength: 1 }),
);

function snapshotOf(
  minor: CiliumMinor,
  conversations: readonly Omit<Conversation, "id">[],
  known: Readonly<Record<string, readonly string[]>>,
): Snapshot {
  const config = { ...defaultConfig(minor), ipv6: true };
  const records = Object.entries(known).map(([name, addresses]) => ({
    ...{ name, addresses, source: "file" as const, node: null, askedBy: null },
    ...{ firstSeen: null, lastSeen: null, ttlSeconds: null },
  }));
  const numbered = conversations.map((one, index) => ({ ...one, id: String(index) }));
  return {
    ...base,
    cilium: { value: minor, source: "the test", assumed: false },
    config: { value: config, source: "the test", assumed: false },
    inventory: { ...base.inventory, pods: [] },
    traffic: { ...base.traffic, conversations: numbered, names: records },
  };
}

describe("any recording", () => {
  it("what became a rule is allowed, what is written is accepted, and reads back as it was", () => {
    fc.assert(
      fc.property(
        fc.array(conversation, { minLength: 1, maxLength: 12 }),
        names,
        fc.constantFrom<CiliumMinor>("1.18", "1.19", "1.20"),
        fc.record({
          kind: fc.constantFrom<PolicyFlavour>("cnp", "ccnp", "knp"),
          baseline: fc.boolean(),
          dns: fc.constantFrom("all" as const, "asked" as const),
          namespaces: fc.constantFrom([], ["a"], ["a", "b", "kube-system"]),
        }),
        (conversations, known, minor, options) => {
          const one = madeFrom(snapshotOf(minor, conversations, known), options);
          expect(one.generated.proof.denied).toEqual([]);
          expect(one.generated.proof.rejected).toEqual([]);
          expect(one.generated.proof.allowed + one.generated.proof.undecided.length).toBe(
            one.generated.proof.conversations,
          );
          expect(readBack(one.text).map((policy) => policy.value)).toEqual(
            one.generated.policies.map(({ policy }) => policy.value),
          );
          expect(madeFrom(one.snapshot, options).text).toBe(one.text);
          expect(one.text).not.toMatch(/pod-template-hash|job-name/);
        },
      ),
      { numRuns: 80 },
    );
  }, 120_000);
});
