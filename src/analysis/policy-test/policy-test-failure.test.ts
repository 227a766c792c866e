import { describe, expect, it } from "vitest";
import { manifestsOf, readInventory } from "#decode/objects/objects.ts";
import { readPolicyTests } from "#decode/policy-test/policy-test.ts";
import { explainFailures } from "./policy-test-failure.ts";
import { preparePolicyTest, runPrepared } from "./policy-test.ts";

const OBJECTS = `
  - {apiVersion: v1, kind: Pod, metadata: {namespace: a, name: x, labels: {app: x}}}
  - {apiVersion: v1, kind: Pod, metadata: {namespace: a, name: w, labels: {app: w}}}
  - {apiVersion: v1, kind: Pod, metadata: {namespace: a, name: z, labels: {app: z}}}
  - {apiVersion: v1, kind: Pod, metadata: {namespace: kube-system, name: dns, labels: {k8s-app: kube-dns}}}`;

const policy = (spec: string, name = "p") =>
  `\n  - {apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {namespace: a, name: ${name}}, spec: {endpointSelector: {matchLabels: {app: x}}, ${spec}}}`;

type Told = { readonly sentences: readonly string[]; readonly edit: readonly string[] | null };

/** The explanation of the first connection, which has to fail. */
function explained(policies: string, connections: readonly string[], more = ""): Told {
  const list = connections.map((connection) => `\n  - {${connection}}`).join("");
  const { tests, problems } = readPolicyTests(
    `name: t\nobjects:${OBJECTS}${policies}\nconnections:${list}\n${more}`,
    "t.yaml",
  );
  expect(problems).toEqual([]);
  const [test] = tests;
  if (test === undefined) throw new Error("no test");
  const read = readInventory(manifestsOf(test.objects, "t.yaml"), { anyVersion: true });
  const prepared = preparePolicyTest(test, read.inventory, read.policies);
  const failure = explainFailures(prepared, runPrepared(prepared), {}).get(0);
  if (failure === undefined) throw new Error("it passes");
  const { sentences, edit } = failure;
  return { sentences, edit: edit === null ? null : [...(edit.place === null ? [] : [edit.place]), ...edit.summary] };
}

const FROM_W = "fromEndpoints: [{matchLabels: {app: w}}]";
const PORTS = (...ports: readonly number[]) =>
  `toPorts: [{ports: [${ports.map((port) => `{port: "${port}", protocol: TCP}`).join(", ")}]}]`;
const ASK = (from: string, port: number, verdict: string) =>
  `from: a/${from}, to: a/x, port: ${port}, expect: {verdict: ${verdict}}`;

describe("denied where it should be allowed", () => {
  it("no rule: who isolates, which rule is nearest and where it fails, what is missing", () => {
    expect(explained(policy(`ingress: [{${FROM_W}, ${PORTS(80)}}]`), [ASK("w", 81, "allowed")])).toEqual({
      sentences: [
        "ingress denied: no rule admits a/w on :81",
        "default deny is switched on by CiliumNetworkPolicy/a/p ingress[0]",
        "nearest rule: CiliumNetworkPolicy/a/p ingress[0], whose ports are others",
      ],
      edit: ['+ spec.ingress[0].toPorts[0].ports of CiliumNetworkPolicy/a/p: {port: "81", protocol: TCP}'],
    });
  });

  it("a deny rule: it is named, and nothing is offered that would not help", () => {
    const both = `ingress: [{${FROM_W}}], ingressDeny: [{${FROM_W}, ${PORTS(80)}}]`;
    expect(explained(policy(both), [ASK("w", 80, "allowed")])).toEqual({
      sentences: ["ingress denied by CiliumNetworkPolicy/a/p ingressDeny[0]: a deny beats every allow"],
      edit: null,
    });
  });

  it("a proxy refuses: why, by which rule, and the name that is missing", () => {
    const dns = policy(
      `egress: [{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system}}], toPorts: [{ports: [{port: "53", protocol: UDP}], rules: {dns: [{matchName: a.example}]}}]}]`,
    );
    const ask =
      "from: a/x, to: kube-system/dns, port: 53, protocol: UDP, dnsQuery: {name: b.example}, expect: {verdict: allowed}";
    expect(explained(dns, [ask])).toEqual({
      sentences: [
        "egress refused by the dns proxy: no DNS rule matches b.example",
        "the rule is CiliumNetworkPolicy/a/p egress[0]",
      ],
      edit: ["+ spec.egress[0].toPorts[0].rules.dns of CiliumNetworkPolicy/a/p: {matchName: b.example}"],
    });
  });

  it("a rejected policy does nothing, and that is said", () => {
    const broken = policy(`ingress: [{${FROM_W}, toPorts: [{ports: [{port: "99999"}]}]}]`, "q");
    const isolating = policy("ingress: [{}]");
    const { sentences } = explained(isolating + broken, [ASK("w", 80, "allowed")]);
    expect(sentences.at(-1)).toMatch(/the agent rejects CiliumNetworkPolicy\/a\/q, so it does nothing: /);
    const known = "expectPolicies: [{policy: CiliumNetworkPolicy/a/q, valid: false}]\n";
    expect(explained(isolating + broken, [ASK("w", 80, "allowed")], known).sentences.join()).not.toMatch(/rejects/);
  });

  it("an edit that would allow what the test wants denied is not offered", () => {
    const rule = policy(`ingress: [{fromEndpoints: [{matchLabels: {app: z}}], ${PORTS(80)}}]`);
    const wanted = ASK("w", 80, "allowed");
    expect(explained(rule, [wanted]).edit).not.toBeNull();
    expect(explained(rule, [wanted, ASK("w", 80, "denied")]).edit).toBeNull();
  });
});

describe("allowed where it should be denied", () => {
  it("the clause that takes it, and the port to take out", () => {
    expect(
      explained(policy(`ingress: [{${FROM_W}, ${PORTS(80, 81)}}]`), [ASK("w", 81, "denied"), ASK("w", 80, "allowed")]),
    ).toEqual({
      sentences: [
        "egress allowed: no policy isolates a/w on egress",
        "ingress allowed by CiliumNetworkPolicy/a/p ingress[0]: its fromEndpoints take it",
      ],
      edit: ["CiliumNetworkPolicy/a/p ingress[0].toPorts[0].ports[1]", '- {port: "81", protocol: TCP}'],
    });
  });

  it("or the peer, where another one of the rule is to stay", () => {
    const two = "fromEndpoints: [{matchLabels: {app: w}}, {matchLabels: {app: z}}]";
    const { edit } = explained(policy(`ingress: [{${two}}]`), [ASK("w", 80, "denied"), ASK("z", 80, "allowed")]);
    expect(edit).toEqual(["CiliumNetworkPolicy/a/p ingress[0].fromEndpoints[0]", "- {matchLabels: {app: w}}"]);
  });

  it("or a deny rule, where nothing can be taken out", () => {
    const { sentences, edit } = explained(policy("ingress: [{fromEntities: [cluster]}]"), [
      ASK("w", 80, "denied"),
      ASK("z", 80, "allowed"),
    ]);
    expect(sentences.at(-1)).toBe(
      "ingress allowed by CiliumNetworkPolicy/a/p ingress[0]: its fromEntities take it, on every port",
    );
    expect(edit?.[0]).toMatch(
      /^\+ spec\.ingressDeny of CiliumNetworkPolicy\/a\/p: \{fromEndpoints: \[\{matchLabels: \{app: w\}\}\], toPorts: /,
    );
  });

  it("never a deny rule that would isolate a direction that is open", () => {
    const { sentences, edit } = explained(policy(`egress: [{toEntities: [all]}]`), [ASK("w", 80, "denied")]);
    expect(sentences).toEqual([
      "egress allowed: no policy isolates a/w on egress",
      "ingress allowed: no policy isolates a/x on ingress",
    ]);
    expect(edit).toBeNull();
  });

  it("a side on which Cilium enforces nothing has no edit", () => {
    const world = "from: 192.0.2.1, to: a/w, port: 80, expect: {egress: denied}";
    expect(explained("", [world])).toEqual({ sentences: ["egress: Cilium enforces nothing on 192.0.2.1"], edit: null });
  });
});
