import type { EditStep } from "#analysis/edits/edit-step.ts";
import type { ExplainedDenial } from "#analysis/holes.ts";
import { specPath } from "#analysis/element.ts";
import { cidrContains } from "#engine/identity/cidr.ts";
import type { Candidate } from "#model/connection.ts";
import type { Service } from "#model/objects.ts";
import { elementPath, policyName } from "#model/policy.ts";
import { answerFor, between, ruleSpec } from "../ask.ts";
import { aboutExplained } from "../from-denials.ts";
import { lintedByName, perWorld } from "../per-world.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { nodeEnd } from "../probe.ts";
import { holdsFor } from "../subjects.ts";
import { joinFound } from "../with-denials.ts";
import { writtenCidrs } from "../written-cidrs.ts";

export const apiserverEgress: Check = {
  id: "apiserver-egress",
  severity: "error",
  title: "the API server by an address, or as host",
  why: "The API server is reached by the ClusterIP of `default/kubernetes`, which becomes the API server's own address before policy is asked. Where it runs on a node that address has the node's identity, with `kube-apiserver`: no CIDR rule takes it, and `host` is the pod's own node only. `toEntities: [kube-apiserver]` means it wherever it is.",
  limits:
    "Told where the objects show that an address is the ClusterIP of default/kubernetes, or where a recording shows the subject going to the API server. Silent where another rule allows the API server, and where kube-proxy turns Service addresses (it may do so after policy was asked).",
  needs: ["objects"],
  find: (world) =>
    joinFound(
      world.rules.flatMap((rule) => foundIn(world, rule)),
      shown(world),
    ),
  bad: `
name: the ClusterIP
objects:
  - {apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default}, spec: {clusterIP: 10.96.0.1, ports: [{port: 443, targetPort: 6443}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: operator, namespace: ops}
    spec:
      endpointSelector: {matchLabels: {app: operator}}
      egress:
        - toCIDR: [10.96.0.1/32]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`,
  good: `
name: the entity
objects:
  - {apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default}, spec: {clusterIP: 10.96.0.1, ports: [{port: 443, targetPort: 6443}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: operator, namespace: ops}
    spec:
      endpointSelector: {matchLabels: {app: operator}}
      egress:
        - toEntities: [kube-apiserver]
          toPorts: [{ports: [{port: "6443", protocol: TCP}]}]
`,
};

function foundIn(world: LintWorld, rule: LintRule): readonly Found[] {
  const service = world.snapshot.inventory.services.find(
    ({ namespace, name }) => namespace === "default" && name === "kubernetes",
  );
  if (rule.deny || rule.direction !== "egress" || service === undefined) return [];
  return writtenCidrs(rule).flatMap(({ path, cidr }): readonly Found[] => {
    const address = service.clusterIPs.find(
      (one) => one !== "None" && Number(cidr.split("/")[1]) >= 16 && cidrContains(cidr, one),
    );
    if (address === undefined || world.config.socketLoadBalancing === false) return [];
    const known = world.subjects(ruleSpec(rule));
    const port = portOf(service);
    const subjects = holdsFor(
      known,
      (end) =>
        answerFor(world, between(end, nodeEnd(true), "egress", { protocol: "TCP", port }), "egress") === "denied",
    );
    if (subjects.length === 0) return [];
    return [
      {
        ...{ policy: rule.policy, path, subjects: known.isReal ? subjects : [] },
        message: `${address} is the API server's Service address: it becomes the API server's own before policy is asked, and no rule allows that`,
        help: `write \`toEntities: [kube-apiserver]\` with port ${port}`,
        steps: [allowing(policyName(rule.policy), specPath(rule.ref.element), port)],
      },
    ];
  });
}

function portOf({ ports }: Service): number {
  const [first] = ports;
  return typeof first?.targetPort === "number" ? first.targetPort : (first?.port ?? 443);
}

function allowing(policy: string, spec: string, port: number): EditStep {
  const toPorts = [{ ports: [{ port: String(port), protocol: "TCP" }] }];
  return { policy, path: `${spec}.egress`, op: "append", value: { toEntities: ["kube-apiserver"], toPorts } };
}

/** Recorded ways to the API server that rules for addresses, or for the host, were meant to allow. */
function shown(world: LintWorld): readonly Found[] {
  const linted = lintedByName(world);
  const groups = new Map<string, { readonly candidate: Candidate; readonly denials: ExplainedDenial[] }>();
  for (const one of world.denied()) {
    const candidate = meant(world, one);
    if (candidate === undefined || !linted.has(candidate.rule.policy)) continue;
    const key = `${candidate.rule.policy} ${candidate.rule.element} ${one.denial.conversation.port}`;
    const group = groups.get(key) ?? { candidate, denials: [] };
    group.denials.push(one);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ candidate, denials }): readonly Found[] => {
    const policy = linted.get(candidate.rule.policy);
    const port = denials[0]?.denial.conversation.port ?? 443;
    if (policy === undefined) return [];
    return [
      {
        ...{ policy, path: elementPath(candidate.rule.element) },
        message: `the API server is reached on :${port} as \`kube-apiserver\`; ${candidate.peerField ?? "the rule"} does not take it`,
        help: `write \`toEntities: [kube-apiserver]\` with port ${port}`,
        ...aboutExplained(denials),
        steps: [allowing(candidate.rule.policy, specPath(candidate.rule.element), port)],
      },
    ];
  });
}

/** The rule that was meant for the API server, by its address, its Service or as the host, and does not take it. */
function meant(world: LintWorld, { denial }: ExplainedDenial): Candidate | undefined {
  const { peer, side, walk } = denial;
  if (side !== "egress" || peer.kind !== "reserved" || !peer.labels.includes("reserved:kube-apiserver"))
    return undefined;
  return walk.candidates.find((candidate) => {
    const rule = candidate.deny || candidate.peerMatches ? undefined : ruleOf(world, candidate);
    if (rule === undefined) return false;
    if (candidate.peerField === "toServices") return true;
    if (candidate.peerField === "toEntities") return candidate.portMatches && namesHost(rule);
    const own = candidate.portMatches ? peer.addresses : [];
    return writtenCidrs(rule).some(({ cidr }) =>
      [...own, ...serviceAddresses(world)].some((one) => cidrContains(cidr, one)),
    );
  });
}

const rulesByRef = perWorld(
  (world) => new Map(world.rules.map((rule) => [`${rule.ref.policy} ${rule.ref.element}`, rule])),
);

function ruleOf(world: LintWorld, { rule }: Candidate): LintRule | undefined {
  return rulesByRef(world).get(`${rule.policy} ${rule.element}`);
}

function namesHost({ value }: LintRule): boolean {
  return Array.isArray(value["toEntities"]) && value["toEntities"].includes("host");
}

function serviceAddresses({ snapshot }: LintWorld): readonly string[] {
  const services = snapshot.inventory.services.filter(
    (one) => one.namespace === "default" && one.name === "kubernetes",
  );
  return services.flatMap(({ clusterIPs }) => clusterIPs.filter((one) => one !== "None"));
}
