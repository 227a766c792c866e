import { describe, expect, it } from "vitest";
import type { Ruling } from "../../src/model/decision.ts";
import { address, policy, reserved, unknown, worldOf } from "./world.ts";

const inWords = (ruling: Ruling | null) => {
  if (ruling === null) return "no policy";
  if (ruling.decision === "undecided") return `undecided: ${ruling.missing.what}`;
  const by = ruling.by.map((rule) => `${rule.policy.split("/").at(-1)} ${rule.element}`).join(", ");
  const implicit = ruling.decision === "allowed" && ruling.implicit !== null ? `(${ruling.implicit})` : "";
  return `${ruling.decision} ${by}${implicit}`.trim();
};

const db = policy(
  "db",
  "db",
  `ingress: [{fromEndpoints: [{matchLabels: {app: web}}], toPorts: [{ports: [{port: "5432"}]}]}]`,
);

describe("a decision and its reason", () => {
  const { engine, pod, connection } = worldOf(db);
  const toDb = (over = {}) => engine.decide(connection(pod("shop/web"), pod("shop/db"), { port: 5432, ...over }));

  it("names the rule that allows, and who switched default deny on", () => {
    const decision = toDb();
    expect(decision.verdict).toBe("allowed");
    expect(inWords(decision.egress)).toBe("allowed (not-enforced)");
    expect(inWords(decision.ingress)).toBe("allowed db ingress[0]");
    expect(decision.ingress?.defaultDeny).toEqual([{ policy: "CiliumNetworkPolicy/shop/db", element: "ingress[0]" }]);
  });

  it("has nothing to name where nothing allows", () => {
    const decision = toDb({ port: 80 });
    expect([decision.verdict, inWords(decision.ingress)]).toEqual(["denied", "denied"]);
    expect(decision.ingress?.defaultDeny.length).toBe(1);
  });

  it("names a deny", () => {
    const {
      engine: other,
      pod: end,
      connection: of,
    } = worldOf(db + policy("no-web", "db", "ingressDeny: [{fromEndpoints: [{matchLabels: {app: web}}]}]"));
    const { ingress } = other.decide(of(end("shop/web"), end("shop/db"), { port: 5432 }));
    expect(inWords(ingress)).toBe("denied no-web ingressDeny[0]");
  });

  it("lets an endpoint's own node in, as the agent's rule", () => {
    expect(inWords(engine.decide(connection(reserved("host"), pod("shop/db"))).ingress)).toBe(
      "allowed (allow-localhost)",
    );
  });

  it("has no side where Cilium enforces nothing", () => {
    const { egress } = engine.decide(connection(address("203.0.113.7"), pod("shop/db")));
    expect(egress).toBeNull();
    expect(engine.decide(connection(reserved("remote-node"), reserved("host")))).toEqual({
      verdict: "allowed",
      egress: null,
      ingress: null,
    });
  });

  it("lets path MTU discovery pass before any policy", () => {
    const icmp = { protocol: "ICMPv4", port: null, icmpType: 3 };
    expect(inWords(toDb({ ...icmp, icmpCode: 4 }).ingress)).toBe("allowed (icmp-fragmentation-needed)");
    expect(inWords(toDb({ ...icmp, icmpCode: 1 }).ingress)).toBe("denied");
  });

  it("gives the same answer when asked again", () => {
    expect(toDb()).toEqual(toDb());
  });
});

describe("what is not known", () => {
  const { engine, pod, connection } = worldOf(db);

  it("leaves a side undecided whose endpoint nobody knows", () => {
    const { verdict, egress } = engine.decide(connection(unknown(), pod("shop/web")));
    expect([verdict, inWords(egress)]).toEqual([
      "undecided",
      "undecided: which endpoint an end without address is: identity 0",
    ]);
  });

  it.each([
    ["where no policy selects", "", "allowed (not-enforced)"],
    [
      "where nothing reaches the port",
      policy("p", "db", `ingress: [{fromEntities: [world], toPorts: [{ports: [{port: "9"}]}]}]`),
      "denied",
    ],
    ["where a rule is for everybody", policy("p", "db", "ingress: [{fromEntities: [all]}]"), "allowed p ingress[0]"],
    [
      "where a deny is for everybody",
      policy("p", "db", "ingress: [{fromEndpoints: [{}]}], ingressDeny: [{fromEntities: [all]}]"),
      "denied p ingressDeny[0]",
    ],
    [
      "but not where it depends on who it is",
      policy("p", "db", "ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]"),
      "undecided: who the peer is: identity 0",
    ],
  ])("decides for an unknown peer %s", (_, policies, expected) => {
    // Before 1.20 localhost could be the peer as well: here it is a rule, for the own node alone.
    const world = worldOf(policies, { config: { allowLocalhost: "policy" } });
    expect(inWords(world.engine.decide(world.connection(unknown(), world.pod("shop/db"))).ingress)).toBe(expected);
  });

  it("does not decide another cluster's endpoint", () => {
    const decision = engine.decide(connection(pod("shop/web"), pod("shop/db", { otherCluster: "west" })));
    expect(inWords(decision.ingress)).toBe("undecided: the policies of cluster west");
  });

  it("cannot decide what the agent cannot compute", () => {
    const rules = (mode: string) => `ingress: [{fromEntities: [all], authentication: {mode: ${mode}}}]`;
    const world = worldOf(policy("one", "db", rules("required")) + policy("two", "db", rules("disabled")));
    const { ingress } = world.engine.decide(world.connection(world.pod("shop/web"), world.pod("shop/db")));
    expect(inWords(ingress)).toMatch(
      /^undecided: the agent cannot compute this endpoint's policy: cannot merge conflicting/,
    );
  });
});

describe("names", () => {
  const fqdn = policy(
    "out",
    "web",
    `egress: [{toFQDNs: [{matchPattern: "*.github.com"}], toPorts: [{ports: [{port: "443"}]}]}]`,
  );
  const { engine, pod, connection } = worldOf(fqdn);
  const out = (names: { learned: readonly string[]; complete: boolean }, port = 443, to = address("203.0.113.7")) =>
    inWords(engine.decide(connection(pod("shop/web"), to, { port, names })).egress);

  it.each([
    ["a name of the rule", ["api.github.com"], true, 443, "allowed out egress[0]"],
    ["another name", ["gitlab.com"], true, 443, "denied"],
    ["no name, and no more to know", [], true, 443, "denied"],
    ["no name that anybody recorded", [], false, 443, "undecided: no DNS answer seen"],
    ["no recorded name, but a port that no name opens", [], false, 80, "denied"],
  ] as const)("%s", (_, learned, complete, port, expected) => {
    expect(out({ learned, complete }, port)).toBe(expected);
  });

  it("believes no recorded fqdn: label", () => {
    const recorded = address("203.0.113.7", {
      labels: ["reserved:world", "fqdn:*.github.com"],
      names: ["api.github.com"],
    });
    expect(out({ learned: [], complete: true }, 443, recorded)).toBe("denied");
  });

  it("names the rules that an unknown name could meet", () => {
    const { egress } = engine.decide(
      connection(pod("shop/web"), address("203.0.113.7"), { port: 443, names: { learned: [], complete: false } }),
    );
    expect(egress?.by.map((rule) => rule.element)).toEqual(["egress[0]"]);
  });
});

describe("an end of several addresses", () => {
  const half = policy("p", "web", `egress: [{toCIDR: ["203.0.113.0/25"]}]`);
  const { engine, pod, connection } = worldOf(half);
  const to = (prefix: string) =>
    inWords(engine.decide(connection(pod("shop/web"), address("203.0.113.0", { prefix }))).egress);

  it.each([
    ["203.0.113.0/26", "allowed p egress[0]"],
    ["203.0.113.128/25", "denied"],
    ["203.0.113.0/24", "undecided: which of its addresses the end used"],
  ])("%s: %s", (prefix, expected) => {
    expect(to(prefix)).toBe(expected);
  });

  it("judges a masqueraded end as the world, whatever address it shows", () => {
    const world = worldOf(policy("p", "db", `ingress: [{fromCIDR: ["203.0.113.0/24"]}]`));
    const from = (masqueraded: boolean) => address("203.0.113.7", masqueraded ? { masqueraded: true } : {});
    const side = (masqueraded: boolean) =>
      inWords(world.engine.decide(world.connection(from(masqueraded), world.pod("shop/db"))).ingress);
    expect([side(false), side(true)]).toEqual(["allowed p ingress[0]", "denied"]);
  });
});

describe("proxies", () => {
  const http = policy(
    "l7",
    "db",
    `ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{method: GET, path: "/a.*"}]}}]}]`,
  );
  const { engine, pod, connection } = worldOf(http);
  const request = (method: string, path: string) => ({ kind: "http" as const, method, path, host: "", headers: {} });
  const ask = (given: ReturnType<typeof request> | null) => {
    const { verdict, ingress } = engine.decide(connection(pod("shop/web"), pod("shop/db"), { request: given }));
    return [verdict, ingress?.decision === "allowed" ? `${ingress.redirect} ${ingress.l7}` : "-"];
  };

  it.each([
    ["no request seen", null, ["undecided", "http unseen"]],
    ["a request of the rule", request("GET", "/ab"), ["allowed", "http allowed"]],
    ["another method", request("PUT", "/ab"), ["denied", "http denied"]],
    ["a path that only begins with one of the rule", request("GET", "/"), ["denied", "http denied"]],
  ] as const)("%s", (_, given, expected) => {
    expect(ask(given)).toEqual(expected);
  });
});

describe("policies", () => {
  it("that the agent rejects are said, and contribute nothing", () => {
    const broken = policy("broken", "db", `ingress: [{toPorts: [{ports: [{port: "70000"}]}]}]`);
    const { engine, pod, connection } = worldOf(broken + db);
    expect(engine.policies.map((item) => [item.policy, item.valid])).toEqual([
      ["CiliumNetworkPolicy/shop/broken", false],
      ["CiliumNetworkPolicy/shop/db", true],
    ]);
    expect(engine.rules.map((item) => item.rule.policy)).toEqual(["CiliumNetworkPolicy/shop/db"]);
    expect(engine.decide(connection(pod("shop/web"), pod("shop/db"), { port: 5432 })).verdict).toBe("allowed");
  });
});
