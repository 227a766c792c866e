import { describe, expect, it } from "vitest";
import type { JsonObject } from "#model/json.ts";
import type { PolicyKind, PolicyObject } from "#model/policy.ts";
import { CILIUM_MINORS, type CiliumConfig, defaultConfig } from "#model/profile.ts";
import { validatePolicy } from "./validate.ts";

// Stories that the corpora (test/conformance/sanitize.test.ts) hold in numbers.

const SELECTOR = { matchLabels: { app: "server" } };

function policy(kind: PolicyKind, object: JsonObject): PolicyObject {
  const namespace = kind === "CiliumNetworkPolicy" || kind === "NetworkPolicy" ? "a" : null;
  return { kind, namespace, name: "x", value: { metadata: { name: "x" }, ...object }, file: null, places: {} };
}

/** The minors that accept the object. */
function accepting(object: PolicyObject, settings: Partial<CiliumConfig> = {}): readonly string[] {
  return CILIUM_MINORS.filter((minor) => validatePolicy(object, minor, { ...defaultConfig(minor), ...settings }).valid);
}

function ingress(rule: JsonObject): PolicyObject {
  return policy("CiliumNetworkPolicy", { spec: { endpointSelector: SELECTOR, ingress: [rule] } });
}

function egress(rule: JsonObject): PolicyObject {
  return policy("CiliumNetworkPolicy", { spec: { endpointSelector: SELECTOR, egress: [rule] } });
}

const ALL = ["1.18", "1.19", "1.20"];

describe("which versions accept", () => {
  const port = (number: string, protocol: string) => ({ toPorts: [{ ports: [{ port: number, protocol }] }] });
  const kafka = [{ ports: [{ port: "9092", protocol: "TCP" }], rules: { kafka: [{ role: "nope" }] } }];
  it.each<[string, PolicyObject, readonly string[]]>([
    ["an empty element", ingress({}), ALL],
    ["the entity cluster-mesh", ingress({ fromEntities: ["cluster-mesh"] }), ["1.20"]],
    ["the protocol VRRP", ingress(port("0", "VRRP")), ["1.19", "1.20"]],
    ["the protocol GRE", ingress(port("0", "GRE")), ["1.20"]],
    ["fromRequires", ingress({ fromRequires: [SELECTOR] }), ["1.18"]],
    ["a Kafka role that does not exist", ingress({ toPorts: kafka }), ["1.20"]],
    [
      "an exception wider than its prefix",
      egress({ toCIDRSet: [{ cidr: "10.0.0.0/8", except: ["10.0.0.0/4"] }] }),
      ["1.18", "1.19"],
    ],
    ["an address with a zone", egress({ toCIDR: ["fe80::1%eth0"] }), ["1.18"]],
    [
      "a bad label in toServices",
      egress({ toServices: [{ k8sServiceSelector: { selector: { matchLabels: { "a b": "c" } } } }] }),
      ["1.18", "1.20"],
    ],
    ["a ClusterNetworkPolicy", policy("ClusterNetworkPolicy", { spec: {} }), ["1.20"]],
    [
      "a NetworkPolicy with port 70000",
      policy("NetworkPolicy", { spec: { podSelector: {}, ingress: [{ ports: [{ port: 70000 }] }] } }),
      ["1.19", "1.20"],
    ],
  ])("%s", (_, object, minors) => {
    expect(accepting(object)).toEqual(minors);
  });
});

describe("an agent's setting", () => {
  it("makes 1.18 refuse every ipBlock on ingress", () => {
    const object = policy("NetworkPolicy", {
      spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }] },
    });
    expect(accepting(object, { policyDefaultLocalCluster: false })).toEqual(ALL);
    expect(accepting(object, { policyDefaultLocalCluster: true })).toEqual(["1.19", "1.20"]);
  });

  it("lets a port be empty from 1.19 on", () => {
    const object = ingress({ toPorts: [{ ports: [{ protocol: "TCP" }] }] });
    expect(accepting(object)).toEqual([]);
    expect(accepting(object, { enableExtendedIPProtocols: true })).toEqual(["1.19", "1.20"]);
  });

  it("allows nodes as peers", () => {
    expect(accepting(egress({ toNodes: [{}] }))).toEqual([]);
    expect(accepting(egress({ toNodes: [{}] }), { enableNodeSelectorLabels: true })).toEqual(ALL);
    expect(accepting(egress({ toNodes: [] }))).toEqual(ALL);
  });
});

describe("a rejection", () => {
  const reject = (object: PolicyObject) => validatePolicy(object, "1.20", defaultConfig("1.20"));

  it("names the element, and says what to do", () => {
    expect(reject(egress({ toPorts: [{ ports: [{ port: "80" }, { port: "80-90" }] }] }))).toEqual({
      valid: false,
      error:
        'Invalid CiliumNetworkPolicy spec: unable to parse port: strconv.ParseUint: parsing "80-90": invalid syntax',
      help: "a port is a number up to 65535, or a name of at most 15 letters, digits and single dashes; a range is port and endPort",
      path: "spec.egress[0].toPorts[0].ports[1].port",
    });
  });

  it("of one element of specs voids the whole object", () => {
    const good = { endpointSelector: SELECTOR, ingress: [{}] };
    const object = policy("CiliumClusterwideNetworkPolicy", { spec: good, specs: [good, {}] });
    expect(reject(object)).toMatchObject({
      error:
        "Invalid CiliumClusterwideNetworkPolicy specs: rule must have at least one of Ingress, IngressDeny, Egress, EgressDeny",
      path: "specs[1]",
    });
  });

  it("names the flag after whatever else is wrong with the nodes", () => {
    const { error } = { error: "", ...reject(egress({ toNodes: [{ matchLabels: { "a b": "c" } }] })) };
    expect(error).toContain('"a b"');
    expect(error).toMatch(/\nFromNodes\/ToNodes rules can only be applied/);
  });

  it("may be a crash, which has no prefix", () => {
    expect(reject(policy("CiliumNetworkPolicy", { specs: [null] }))).toMatchObject({
      error: "panic: runtime error: invalid memory address or nil pointer dereference",
      path: "specs[0]",
    });
  });
});
