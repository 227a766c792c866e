import { manifestsOf, readInventory } from "#decode/objects/objects.ts";
import { readPolicyTests } from "#decode/policy-test/policy-test.ts";
import { describe, expect, it } from "vitest";
import { runPolicyTest } from "./policy-test.ts";

const OBJECTS = `
  - {apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}}
  - {apiVersion: v1, kind: Node, metadata: {name: n2}, status: {addresses: [{type: InternalIP, address: 192.0.2.2}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {nodeName: n1}, status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: agent, namespace: shop}, spec: {nodeName: n2, hostNetwork: true}}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: db, namespace: shop}
    spec: {selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: []}}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEntities: [remote-node]
        - fromEndpoints: [{matchLabels: {app: db}}]
      egress:
        - toFQDNs: [{matchName: github.com}]
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: broken, namespace: shop}
    spec: {endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "70000"}]}]}]}
`;

function run(connections: string, more = "") {
  const text = `name: t\nobjects:${OBJECTS}\nconnections:\n${connections}\n${more}`;
  const { tests } = readPolicyTests(text, "t.yaml");
  return tests.flatMap((test) => {
    const { inventory, policies } = readInventory(manifestsOf(test.objects, null), { anyVersion: true });
    return runPolicyTest(test, inventory, policies);
  });
}

describe("runPolicyTest", () => {
  it("answers the keys of expect, and no others", () => {
    const [line] = run("  - {from: shop/db, to: shop/web, port: 80, expect: {verdict: allowed, ingress: allowed}}");
    expect(line).toEqual({
      ...{ test: "t", connection: 0, pass: true },
      got: { verdict: "allowed", ingress: "allowed" },
      expect: { verdict: "allowed", ingress: "allowed" },
    });
  });

  it("fails where one key differs, and says what it got", () => {
    const [line] = run(
      "  - {name: c, from: shop/db, to: shop/web, port: 80, expect: {verdict: allowed, ingress: denied}}",
    );
    expect(line).toMatchObject({ connection: "c", pass: false, got: { verdict: "allowed", ingress: "allowed" } });
  });

  it("compares policies as sets", () => {
    const [line] = run(
      "  - {from: shop/db, to: shop/web, port: 80, expect: {ingressPolicies: [CiliumNetworkPolicy/shop/web, CiliumNetworkPolicy/shop/web]}}",
    );
    expect(line?.pass).toBe(true);
  });

  it.each([
    ["a workload's template", "shop/db", "allowed"],
    ["a pod of the host's network, on another node", "shop/agent", "allowed"],
    ["a node by address", "192.0.2.2", "allowed"],
    ["another node", "reserved:remote-node", "allowed"],
    ["the own node", "reserved:host", "allowed"],
    ["an address outside", "203.0.113.7", "denied"],
    ["the world", "reserved:world", "denied"],
    ["health", "reserved:health", "denied"],
  ])("knows %s", (_, from, ingress) => {
    const [line] = run(`  - {from: "${from}", to: shop/web, port: 80, expect: {ingress: ${ingress}}}`);
    expect(line).toMatchObject({ pass: true, got: { ingress } });
  });

  it("knows a pod by its address", () => {
    const [line] = run("  - {from: 10.0.0.1, to: 203.0.113.7, port: 443, expect: {egress: denied}}");
    expect(line).toMatchObject({ pass: true });
  });

  it("says so where there is no such end", () => {
    const [line] = run("  - {from: shop/nobody, to: shop/web, port: 80, expect: {verdict: denied}}");
    expect(line).toMatchObject({ pass: false, got: { verdict: "undecided", error: "no such end: shop/nobody" } });
  });

  it.each([
    ["seen by everybody", "{name: github.com, ips: [203.0.113.7]}", "allowed"],
    ["seen on the source's node", "{name: github.com, ips: [203.0.113.7], seenBy: shop/web}", "allowed"],
    ["seen on another node", "{name: github.com, ips: [203.0.113.7], seenBy: shop/agent}", "denied"],
    ["of another address", "{name: github.com, ips: [203.0.113.8]}", "denied"],
  ])("knows names %s", (_, name, egress) => {
    const connection = `  - {from: shop/web, to: 203.0.113.7, port: 443, expect: {egress: ${egress}}}`;
    expect(run(connection, `dns: [${name}]`)[0]).toMatchObject({ pass: true });
  });

  it("checks what the agent says of a policy", () => {
    const lines = run(
      "  - {from: shop/db, to: shop/web, port: 80, expect: {verdict: allowed}}",
      `expectPolicies:
  - {policy: CiliumNetworkPolicy/shop/web, valid: true}
  - {policy: CiliumNetworkPolicy/shop/broken, valid: false, error: value out of range}
  - {policy: CiliumNetworkPolicy/shop/broken, valid: false, error: something else}
  - {policy: CiliumNetworkPolicy/shop/nobody, valid: false}
`,
    );
    expect(lines.slice(1).map((line) => line.pass)).toEqual([true, true, false, false]);
    expect(lines[4]).toMatchObject({ got: { error: "no such policy among the objects" } });
  });
});
