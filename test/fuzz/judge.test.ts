import { describe, expect, it } from "vitest";
import { judge } from "./judge.ts";
import { stableAnswer } from "./oracle.ts";
import type { FuzzWorld } from "./world.ts";

const pod = (name: string, ip: string) => ({
  ...{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "a", labels: { app: name } } },
  ...{ spec: { containers: [] }, status: { podIP: ip, podIPs: [{ ip }] } },
});
const policy = {
  ...{ apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy", metadata: { name: "only-web", namespace: "a" } },
  spec: {
    endpointSelector: { matchLabels: { app: "db" } },
    ingress: [{ fromEndpoints: [{ matchLabels: { app: "web" } }] }],
  },
};
const world: FuzzWorld = {
  ...{ name: "by hand", cilium: "1.20", config: { ipv4: true, ipv6: false }, dns: [] },
  objects: [pod("web", "10.0.0.1"), pod("db", "10.0.0.2"), policy],
  connections: [{ from: "a/web", to: "a/db", port: 80, protocol: "TCP" }],
};
const name = "CiliumNetworkPolicy/a/only-web";
const allowed = {
  ...{ verdict: "allowed", egress: "allowed", ingress: "allowed", egressPolicies: [], ingressPolicies: [name] },
  ...{ egressRedirect: "none", ingressRedirect: "none", egressAuth: "disabled", ingressAuth: "disabled" },
  ...{ egressL7: null, ingressL7: null },
};
const answer = { connections: [allowed], policies: [{ policy: name, valid: true }] };

describe("a judgement", () => {
  it("finds nothing where both engines answer as Cilium", () => {
    const { decisions, unanswered, differences } = judge(world, answer);
    expect({ decisions, unanswered, differences }).toEqual({ decisions: 1, unanswered: 0, differences: [] });
  });

  it.each([
    ["verdict", "denied"],
    ["ingressPolicies", []],
    ["ingressAuth", "required"],
    ["egressRedirect", "http"],
    ["ingressL7", "denied"],
  ])("finds another %s in both engines", (key, value) => {
    const { differences } = judge(world, { ...answer, connections: [{ ...allowed, [key]: value }] });
    expect(differences.map((difference) => difference.key)).toEqual([key, `fast:${key}`]);
    expect(differences[0]).toMatchObject({ of: 0, cilium: value });
  });

  it("finds another word on a policy", () => {
    const rejected = [{ policy: name, valid: false, error: "no such thing" }];
    const keys = judge(world, { ...answer, policies: rejected }).differences.map(({ key }) => key);
    expect(keys).toEqual(["valid", "error", "fast:valid", "fast:error"]);
  });

  it("asks nothing where Cilium has no answer", () => {
    const silent = { ...answer, connections: [{ verdict: "undecided", error: "conflicting L7 parsers" }] };
    expect(judge(world, silent)).toMatchObject({ decisions: 0, unanswered: 1, differences: [] });
  });
});

describe("several answers to one world", () => {
  it("keep what all of them say", () => {
    const other = { ...answer, connections: [{ ...allowed, ingressPolicies: [], ingressAuth: "required" }] };
    const { ingressPolicies: _, ingressAuth: __, ...kept } = allowed;
    expect(stableAnswer([answer, other, answer]).connections).toEqual([kept]);
    expect(stableAnswer([other, answer]).connections).toEqual([kept]);
  });
});
