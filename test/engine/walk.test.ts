import { describe, expect, it } from "vitest";
import type { Connection } from "../../src/model/connection.ts";
import { address, policy, reserved, unknown, worldOf } from "./world.ts";

const FROM_WEB = "{fromEndpoints: [{matchLabels: {app: web}}]";
const RULES = [
  "ingress: [",
  `${FROM_WEB}, toPorts: [{ports: [{port: "5432", protocol: TCP}]}]},`,
  `${FROM_WEB}, toPorts: [{ports: [{port: "53", protocol: UDP}]}]},`,
  `{fromEntities: [world], toPorts: [{ports: [{port: "80"}]}]},`,
  `${FROM_WEB}, toPorts: [{ports: [{port: metrics}]}]},`,
  `${FROM_WEB}, toPorts: [{ports: [{port: "8000", endPort: 9000}]}]},`,
  `${FROM_WEB}}], ingressDeny: [{fromEntities: [world]}]`,
].join(" ");

const knp = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: knp, namespace: shop}
spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}, {podSelector: {matchLabels: {app: web}}}]}], policyTypes: [Ingress, Egress]}
---`;

const { engine, pod, connection } = worldOf(policy("db", "db", RULES) + knp);
const walk = (over: Partial<Connection> = {}, from = pod("shop/web")) =>
  engine.walk(connection(from, pod("shop/db"), over), "ingress");
const fails = (over: Partial<Connection> = {}, from = pod("shop/web")) =>
  walk(over, from).candidates.map((item) => `${item.rule.element} ${item.fails}`);

describe("walk", () => {
  it("holds every rule of every selecting policy against the connection", () => {
    expect(fails({ port: 5432 })).toEqual([
      "ingress[0] none",
      "ingress[1] protocol",
      "ingress[2] peer",
      "ingress[3] not-resolved",
      "ingress[4] port",
      "ingress[5] none",
      "ingressDeny[0] peer",
      "ingress[0] none",
    ]);
  });

  it.each([
    ["a port inside a range", { port: 8500 }, "ingress[4] none"],
    ["a port outside a range", { port: 9001 }, "ingress[4] port"],
    ["another protocol", { port: 53, protocol: "UDP" }, "ingress[1] none"],
  ])("%s", (_, over, expected) => {
    expect(fails(over)).toContain(expected);
  });

  it("knows peer from port where both fail", () => {
    const candidate = walk({ port: 9 }, pod("shop/db")).candidates[0];
    expect([candidate?.peerMatches, candidate?.portMatches, candidate?.fails]).toEqual([false, false, "peer"]);
  });

  it("names the policies that select, and the rules that isolate", () => {
    const { selecting, defaultDeny } = walk();
    expect(selecting).toEqual(["CiliumNetworkPolicy/shop/db", "NetworkPolicy/shop/knp"]);
    expect(defaultDeny.length).toBe(8);
  });

  it("says of each rule which peer field it uses, and whether it denies", () => {
    const { candidates } = engine.walk(connection(address("203.0.113.7"), pod("shop/db")), "ingress");
    expect(candidates.map(({ peerField, deny }) => `${peerField}${deny ? " deny" : ""}`)).toEqual([
      "fromEndpoints",
      "fromEndpoints",
      "fromEntities",
      "fromEndpoints",
      "fromEndpoints",
      "fromEndpoints",
      "fromEntities deny",
      "from",
    ]);
  });

  it("has no candidates where a policy only closes a direction", () => {
    const { selecting, defaultDeny, candidates } = engine.walk(connection(pod("shop/db"), pod("shop/web")), "egress");
    expect([selecting.length, defaultDeny.length, candidates]).toEqual([2, 1, []]);
  });

  it("is empty for ends on which nothing is enforced", () => {
    const clusterwide = policy("all", "web", "egress: [{}]")
      .replace("kind: CiliumNetworkPolicy", "kind: CiliumClusterwideNetworkPolicy")
      .replace(", namespace: shop", "")
      .replace("{matchLabels: {app: web}}", "{}");
    const world = worldOf(clusterwide);
    const name = "CiliumClusterwideNetworkPolicy/all";
    const ends = [world.pod("shop/web"), reserved("health"), reserved("host"), address("203.0.113.7")];
    expect(ends.map((end) => world.engine.selectsSubject(name, end))).toEqual([true, true, false, false]);
    const walked = ends.map((end) => world.engine.walk(world.connection(end, world.pod("shop/db")), "egress"));
    expect(walked.map(({ selecting }) => selecting.length)).toEqual([1, 1, 0, 0]);
  });

  it("counts an unknown peer among everybody", () => {
    const world = worldOf(policy("p", "db", "ingress: [{fromEntities: [all]}, {fromEntities: [world]}]"));
    const { candidates } = world.engine.walk(world.connection(unknown(), world.pod("shop/db")), "ingress");
    expect(candidates.map((item) => item.fails)).toEqual(["none", "peer"]);
  });

  it("is empty for an end nobody knows", () => {
    expect(engine.walk(connection(unknown(), pod("shop/db")), "egress").candidates).toEqual([]);
  });
});

describe("questions about rules", () => {
  const ref = (element: string) => ({ policy: "CiliumNetworkPolicy/shop/db", element });

  it("which endpoints a policy selects", () => {
    const selected = ["shop/web", "shop/db"].map((name) => [
      engine.selectsSubject("CiliumNetworkPolicy/shop/db", pod(name)),
      engine.selectsSubject("NetworkPolicy/shop/knp", pod(name)),
    ]);
    expect(selected).toEqual([
      [false, true],
      [true, true],
    ]);
    expect(engine.selectsSubject("CiliumNetworkPolicy/shop/db", reserved("host"))).toBe(false);
  });

  it("which peers a rule takes", () => {
    const peers = [pod("shop/web"), pod("shop/db"), address("203.0.113.7")];
    expect(peers.map((end) => engine.selectsPeer(ref("ingress[0]"), end))).toEqual([true, false, false]);
    expect(peers.map((end) => engine.selectsPeer(ref("ingress[2]"), end))).toEqual([false, false, true]);
    expect(engine.selectsPeer(ref("ingress[9]"), pod("shop/web"))).toBe(false);
  });

  it("which rules there are", () => {
    expect(engine.rules.map(({ rule, direction, verdict }) => `${rule.element} ${direction} ${verdict}`)).toEqual([
      "ingress[0] ingress allow",
      "ingress[1] ingress allow",
      "ingress[2] ingress allow",
      "ingress[3] ingress allow",
      "ingress[4] ingress allow",
      "ingress[5] ingress allow",
      "ingressDeny[0] ingress deny",
      "ingress[0] ingress allow",
    ]);
  });

  it("takes names for peers of toFQDNs", () => {
    const out = worldOf(policy("out", "web", `egress: [{toFQDNs: [{matchName: github.com}]}]`));
    const rule = { policy: "CiliumNetworkPolicy/shop/out", element: "egress[0]" };
    const takes = (names: readonly string[]) => out.engine.selectsPeer(rule, address("203.0.113.7"), names);
    expect([takes(["github.com"]), takes(["api.github.com"]), takes([])]).toEqual([true, false, false]);
  });
});
