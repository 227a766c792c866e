import { describe, expect, it } from "vitest";
import { rehearse } from "../../src/analysis/rehearse.ts";
import { readInventory } from "../../src/decode/objects/objects.ts";
import { readQueryLog } from "../../src/decode/names/query-log.ts";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import { EMPTY_INVENTORY } from "../../src/model/objects.ts";
import { type CiliumConfig, defaultConfig } from "../../src/model/profile.ts";
import type { Rehearsal } from "../../src/model/rehearsal.ts";
import { db, dns, far, outside, web, world } from "./ends.ts";
import { answer, folded, type Line, other, proxy, timeOf, trace } from "./recording.ts";
import { cnp } from "../stories/story.ts";

/** Who could use which name when: a recording line by line, rehearsed with a policy on `shop/web`. */
const API = "api.example.org";
const HTTPS = "40000 > 443 TCP SYN";
const IP = outside.address;

const policy = (names: string, dnsRules = 'rules: {dns: [{matchPattern: "*"}]}') =>
  cnp(
    "shop/web",
    `
endpointSelector: {matchLabels: {app: web}}
egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}]${dnsRules === "" ? "" : `, ${dnsRules}`}}]
  - toFQDNs: [${names}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]`,
  );
const onlyApi = policy(`{matchName: ${API}}`);

const asks = (name: string, second: number): Line =>
  proxy({ type: "REQUEST", dns: { query: `${name}.`, observation_source: "proxy" } }, web, dns, "40001 > 53 UDP", {
    second,
  });
const goes = (second: number, to = outside): Line => trace(web, to, HTTPS, { second, point: "TO_STACK" });

type Told = { readonly policies?: string; readonly config?: Partial<CiliumConfig>; readonly log?: string };

function rehearsed(lines: readonly Line[], { policies = onlyApi, config = {}, log = "" }: Told = {}): Rehearsal {
  const { questions } = readQueryLog(log, "coredns.log");
  const traffic = folded(lines, { context: { questions } });
  const snapshot = {
    ...{ cilium: { value: "1.20" as const, source: "", assumed: false }, ciliumVersion: "1.20.2" },
    config: { value: { ...defaultConfig("1.20"), clusterName: "lab", ...config }, source: "", assumed: false },
    ...{ inventory: EMPTY_INVENTORY, policies: [], traffic, findings: [] },
  };
  const proposed = readInventory(readManifests(policies, "proposal.yaml").manifests).policies;
  return rehearse({ snapshot, proposed, only: false, sources: { "proposal.yaml": policies }, all: true });
}

/** What becomes of web's way to an outside address, with what is lacking. */
function fate(rehearsal: Rehearsal, address = IP): string {
  const found = rehearsal.conversations?.find((one) => one.to.kind === "address" && one.to.address === address);
  const egress = found?.after.egress;
  const missing = egress?.missing ?? null;
  return missing === null ? (egress?.decision ?? "not there") : `${egress?.decision}: ${missing}`;
}

describe("names in time", () => {
  const twice = [answer(web, dns, `${API}.`, [IP], { second: 1 }), answer(web, dns, `${API}.`, [IP], { second: 61 })];

  it.each<[string, readonly Line[], string]>([
    ["looked up before", [answer(web, dns, `${API}.`, [IP], { second: 1 }), goes(2)], "allowed"],
    ["within the TTL", [answer(web, dns, `${API}.`, [IP], { second: 1 }), goes(30)], "allowed"],
    ["between two lookups", [...twice, goes(50)], "allowed"],
    [
      "looked up only afterwards",
      [goes(1), answer(web, dns, `${API}.`, [IP], { second: 20 })],
      `undecided: no DNS answer seen before it: \`${API}\` was looked up only afterwards`,
    ],
    [
      "first without, then with: what came after the lookup counts",
      [goes(1), answer(web, dns, `${API}.`, [IP], { second: 20 }), goes(21)],
      "allowed",
    ],
    [
      "after the TTL",
      [answer(web, dns, `${API}.`, [IP], { second: 1 }), goes(120)],
      `undecided: the DNS answer for \`${API}\` had expired (TTL 30 s): Cilium keeps it only while a connection lives or until its next clean-up`,
    ],
    ["in a connection from before the TTL's end", [...twice.slice(0, 1), goes(2), goes(300)], "allowed"],
  ])("%s", (_, lines, expected) => {
    expect(fate(rehearsed(lines))).toBe(expected);
  });

  it("tofqdns-min-ttl keeps an answer longer", () => {
    const lines = [answer(web, dns, `${API}.`, [IP], { second: 1 }), goes(120)];
    expect(fate(rehearsed(lines, { config: { fqdnMinTtlSeconds: 3600 } }))).toBe("allowed");
    expect(fate(rehearsed(lines, { config: { fqdnMinTtlSeconds: 60 } }))).toContain("expired");
  });

  it("an agent that starts anew keeps what its endpoints had learned", () => {
    const start = other(
      "agent_event",
      { type: "AGENT_STARTED", agent_start: { time: new Date(timeOf(10)).toISOString() } },
      { second: 10 },
    );
    const lines = [answer(web, dns, `${API}.`, [IP], { second: 1 }), start, goes(20)];
    expect(fate(rehearsed(lines))).toBe("allowed");
  });
});

describe("names and addresses", () => {
  const second = world("198.51.100.8");

  it("several addresses of one answer count all, each for itself when they come apart", () => {
    const together = [answer(web, dns, `${API}.`, [IP, second.address], { second: 1 }), goes(2), goes(2, second)];
    expect([fate(rehearsed(together)), fate(rehearsed(together), second.address)]).toEqual(["allowed", "allowed"]);
    const apart = [
      answer(web, dns, `${API}.`, [IP], { second: 1 }),
      goes(2, second),
      answer(web, dns, `${API}.`, [second.address], { second: 9 }),
      goes(10),
    ];
    expect([fate(rehearsed(apart)), fate(rehearsed(apart), second.address)]).toEqual([
      "allowed",
      `undecided: no DNS answer seen before it: \`${API}\` was looked up only afterwards`,
    ]);
  });

  it("two names on one address: a rule for either lets both through", () => {
    const lines = [
      answer(web, dns, `${API}.`, [IP], { second: 1 }),
      answer(web, dns, "cdn.example.net.", [IP], { second: 2 }),
      goes(3),
    ];
    expect(fate(rehearsed(lines))).toBe("allowed");
    expect(fate(rehearsed(lines, { policies: policy("{matchName: cdn.example.net}") }))).toBe("allowed");
    expect(fate(rehearsed(lines, { policies: policy("{matchName: other.example.net}") }))).toBe("denied");
  });

  it("of a chain of CNAMEs only the name in the question counts", () => {
    const chain = {
      ...{ query: `${API}.`, cnames: ["edge.cdn.net."], ips: [IP], ttl: 30 },
      observation_source: "proxy",
    };
    const more = { is_reply: true, reply: true, second: 1 };
    const lines = [proxy({ type: "RESPONSE", dns: chain }, dns, web, "53 > 40000 UDP", more), goes(2)];
    expect(fate(rehearsed(lines))).toBe("allowed");
    expect(fate(rehearsed(lines, { policies: policy("{matchName: edge.cdn.net}") }))).toBe("denied");
  });

  it("an answer with an error teaches nothing", () => {
    const failed = { query: `${API}.`, rcode: 2, ips: [IP], ttl: 30, observation_source: "proxy" };
    const more = { is_reply: true, reply: true, second: 1 };
    const lines = [proxy({ type: "RESPONSE", dns: failed }, dns, web, "53 > 40000 UDP", more), goes(2)];
    expect(fate(rehearsed(lines))).toBe("undecided: no DNS answer seen");
  });

  it("more addresses of a name than are kept are said", () => {
    const many = Array.from({ length: 1100 }, (_, index) => `203.0.${index >> 8}.${index & 255}`);
    const traffic = folded([answer(web, dns, `${API}.`, many, { second: 1 })]);
    expect(traffic.names.flatMap((one) => one.addresses)).toHaveLength(1000);
    expect(traffic.coverage.findings).toContainEqual(
      expect.objectContaining({ id: "bound-hit", message: "more names than are kept", count: 100 }),
    );
  });
});

describe("a neighbour's names", () => {
  const own = [asks("other.example.org", 0)];
  const neighbour = [answer(db, dns, `${API}.`, [IP], { second: 1 })];

  it("on the same node work by accident: undecided, and said so", () => {
    expect(fate(rehearsed([...own, ...neighbour, goes(2)]))).toBe(
      `undecided: no DNS answer seen of its own: it works only while shop/db-7b6d5f9f8c-kd8vw on its node looks \`${API}\` up (flaky)`,
    );
  });

  it("on another node teach nothing", () => {
    const lines = [...own, answer(far, dns, `${API}.`, [IP], { on: "n2", second: 1 }), goes(2)];
    expect(fate(rehearsed(lines))).toBe("undecided: no DNS answer seen");
  });

  it("count once the pod asks for itself", () => {
    expect(fate(rehearsed([...neighbour, asks(API, 1), goes(2)]))).toBe("allowed");
  });

  it("say what an address is called, where the recording holds no DNS of the pod", () => {
    expect(fate(rehearsed([...neighbour, goes(2)]))).toBe("allowed");
  });

  it("never make up for rules.dns: a hole that names the neighbour", () => {
    const rehearsal = rehearsed([...own, ...neighbour, goes(2)], { policies: policy(`{matchName: ${API}}`, "") });
    expect(fate(rehearsal)).toBe("denied");
    expect(rehearsal.holes.find((hole) => hole.cause === "fqdn-no-dns-rule")?.sentence).toBe(
      `the DNS rule has no rules.dns: nothing makes names known to Cilium, so the toFQDNs rules match only by accident (while shop/db-7b6d5f9f8c-kd8vw on its node looks ${API} up)`,
    );
  });
});

describe("a resolver's query log", () => {
  const question = (name: string, rcode: string) =>
    `[INFO] ${web.address}:41632 - 5 "A IN ${name}. udp 35 false 512" ${rcode} qr,rd,ra 70 0.001s\n`;
  const log =
    question(`${API}.shop.svc.cluster.local`, "NXDOMAIN") +
    question(API, "NOERROR") +
    question("b.example.net", "NOERROR");
  const lines = [trace(web, dns, "40001 > 53 UDP", { second: 1 }), goes(2)];

  it("names what the pod asks for, where no answer was seen", () => {
    const [open] = rehearsed(lines, { log }).undecided;
    expect(open).toMatchObject({
      missing: "no DNS answer seen",
      remedy: `shop/web asks for ${API}, b.example.net: see which has ${IP} (dig +short ${API} b.example.net), and give it with --names FILE`,
    });
  });

  it("without it, how to find the name is said", () => {
    const [open] = rehearsed(lines).undecided;
    expect(open?.remedy).toContain(`dig -x ${IP} +short`);
  });

  it("holds the DNS rules against the questions: a search suffix that the proxy would refuse is a hole", () => {
    const narrow = policy(`{matchName: ${API}}`, `rules: {dns: [{matchName: ${API}}, {matchName: b.example.net}]}`);
    expect(rehearsed(lines, { policies: narrow }).holes.map((hole) => hole.cause)).not.toContain("fqdn-search-domain");
    const [hole] = rehearsed(lines, { policies: narrow, log }).holes;
    expect(hole).toMatchObject({ cause: "fqdn-search-domain", l7: "denied" });
    expect(hole?.sentence).toContain(`${API}.shop.svc.cluster.local`);
  });

  it("says how much it told, and whose questions it could not place", () => {
    const stranger = question(API, "NOERROR").replace(web.address, "10.244.9.9");
    const { findings, coverage } = rehearsed(lines, { log: log + stranger });
    expect(findings).toMatchObject([
      { id: "names-used", message: expect.stringContaining("3 names asked by 2 addresses") },
    ]);
    expect(coverage.findings).toMatchObject([{ id: "questions-unknown-asker" }]);
  });
});
