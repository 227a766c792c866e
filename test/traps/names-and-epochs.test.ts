import { describe, expect, it } from "vitest";
import type { NameRecord } from "../../src/model/coverage.ts";
import type { PolicyObject } from "../../src/model/policy.ts";
import type { Traffic } from "../../src/model/snapshot.ts";
import { db, dns, far, outside, web, world } from "./ends.ts";
import {
  answer,
  findingsOf,
  folded,
  type Line,
  named,
  only,
  other,
  proxy,
  reply,
  type Seen,
  timeOf,
  trace,
  verdict,
} from "./recording.ts";

const HTTPS = "40000 > 443 TCP SYN";
const API = "api.example.org";

describe("replay traps, folding: names", () => {
  it("trap 16: DNS answers make a timeline: who asked, on which node, from when to when, with the last TTL", () => {
    const traffic = folded([
      answer(web, dns, "API.Example.org.", [outside.address], { second: 1 }),
      answer(web, dns, `${API}.`, [outside.address], { second: 61 }),
    ]);
    expect(traffic.names).toEqual([
      {
        ...{ name: API, addresses: ["198.51.100.7"], source: "dns", node: "n1", askedBy: "shop/web-7b6d5f9f8c-kd8vw" },
        ...{ firstSeen: timeOf(1), lastSeen: timeOf(61), ttlSeconds: 30 },
      },
    ]);
  });

  it("trap 16: addresses known at different times stay apart", () => {
    const traffic = folded([
      answer(web, dns, `${API}.`, ["198.51.100.7"], { second: 1 }),
      answer(web, dns, `${API}.`, ["198.51.100.8", "198.51.100.9"], { second: 31 }),
    ]);
    expect(traffic.names.map((one) => [one.addresses, one.firstSeen])).toEqual([
      [["198.51.100.7"], timeOf(1)],
      [["198.51.100.8", "198.51.100.9"], timeOf(31)],
    ]);
  });

  it("trap 16: names are those really asked, search suffixes included; only the answered one has an address", () => {
    const suffixed = `${API}.shop.svc.cluster.local.`;
    const none = { query: suffixed, rcode: 3, ttl: 4_294_967_295, observation_source: "proxy", qtypes: ["A"] };
    const asked = { type: "REQUEST", dns: { query: suffixed, observation_source: "proxy" } };
    const traffic = folded([
      proxy(asked, web, dns, "40000 > 53 UDP"),
      proxy({ type: "RESPONSE", dns: none }, dns, web, "53 > 40000 UDP", { is_reply: true }),
      answer(web, dns, `${API}.`, [outside.address]),
    ]);
    expect(traffic.names.map((one) => one.name)).toEqual([API]);
    expect(only(traffic).requests.map((one) => one.request)).toEqual([
      { kind: "dns", name: `${API}.shop.svc.cluster.local` },
    ]);
  });

  it("traps 16, 37: what another pod or node learned is a record of its own", () => {
    const lines = [
      answer(web, dns, `${API}.`, [outside.address]),
      answer(db, dns, `${API}.`, [outside.address]),
      answer(far, dns, `${API}.`, [outside.address], { on: "n2" }),
    ];
    expect(folded(lines).names.map((one) => [one.askedBy, one.node])).toEqual([
      ["shop/db-7b6d5f9f8c-kd8vw", "n1"],
      ["shop/web-7b6d5f9f8c-kd8vw", "n1"],
      ["shop/far-7b6d5f9f8c-kd8vw", "n2"],
    ]);
  });

  it("trap 37: destination_names are the source's own lookups, another source than the proxy's answers", () => {
    const traffic = folded([
      answer(web, dns, `${API}.`, [outside.address]),
      trace(web, outside, HTTPS, { destination_names: [API], point: "TO_STACK" }),
    ]);
    expect(traffic.names.map((one) => [one.source, one.askedBy, one.ttlSeconds])).toEqual([
      ["destination-names", "shop/web-7b6d5f9f8c-kd8vw", null],
      ["dns", "shop/web-7b6d5f9f8c-kd8vw", 30],
    ]);
    expect(traffic.conversations.map((one) => one.destinationNames).sort()).toEqual([[], [API]]);
  });

  it("trap 37: destination_names of one source say nothing of another's", () => {
    const traffic = folded([
      trace(web, outside, HTTPS, { destination_names: [API], point: "TO_STACK" }),
      trace(db, outside, HTTPS, { point: "TO_STACK" }),
    ]);
    const names = traffic.conversations.map((one) => [
      one.from.kind === "pod" && one.from.workload?.name,
      one.destinationNames,
    ]);
    expect(names.sort()).toEqual([
      ["db", []],
      ["web", [API]],
    ]);
    expect(traffic.names.map((one) => one.askedBy)).toEqual(["shop/web-7b6d5f9f8c-kd8vw"]);
  });

  it("trap 37: a reply's source_names are its request's destination_names", () => {
    const traffic = folded([reply(outside, web, "443 > 40000 TCP ACK", { source_names: [API] })]);
    expect(only(traffic).destinationNames).toEqual([API]);
    expect(traffic.names).toMatchObject([{ addresses: ["198.51.100.7"], askedBy: "shop/web-7b6d5f9f8c-kd8vw" }]);
  });

  it("trap 37: a request's source_names name nobody that was asked for", () => {
    const traffic = folded([
      trace(web, outside, HTTPS, { source_names: ["web.shop.svc.cluster.local"], point: "TO_STACK" }),
    ]);
    expect([only(traffic).destinationNames, traffic.names]).toEqual([[], []]);
  });

  it("trap 16: no answer recorded, no name known: an address stays without any", () => {
    const traffic = folded([trace(web, world("198.51.100.9"), HTTPS, { point: "TO_STACK" })]);
    expect([traffic.names, only(traffic).to]).toEqual([
      [],
      { kind: "address", address: "198.51.100.9", names: [], labels: ["reserved:world"] },
    ]);
  });

  it("an address is shown under every name that anybody knew, and under given ones", () => {
    const given: NameRecord = {
      ...{ name: "backup.example.org", addresses: [outside.address], source: "file", node: null, askedBy: null },
      ...{ firstSeen: null, lastSeen: null, ttlSeconds: null },
    };
    const lines = [answer(db, dns, `${API}.`, [outside.address]), trace(web, outside, HTTPS, { point: "TO_STACK" })];
    const traffic = folded(lines, { context: { names: [given] } });
    const shown = traffic.conversations.find((one) => one.port === 443)?.to;
    expect(shown).toMatchObject({ kind: "address", names: [API, "backup.example.org"] });
    expect(traffic.names.map((one) => one.source)).toEqual(["dns", "file"]);
  });

  it("trap 45: a redacted question names nothing but itself", () => {
    const traffic = folded([answer(web, dns, "HUBBLE_REDACTED", [])]);
    expect(traffic.names).toEqual([]);
  });
});

const SYN = "40000 > 5432 TCP SYN";
const allowedAt = (second: number, revision: string, more: Seen = {}): Line =>
  verdict("FORWARDED egress", web, db, SYN, { second, egress_allowed_by: [named("shop/web", revision)], ...more });
const seenAt = (second: number, more: Seen = {}): Line => trace(web, db, SYN, { second, ...more });

/** `from–to cause revision`, seconds since the recording began. */
const epochsOf = (traffic: Traffic) =>
  traffic.epochs.map(
    (one) => `${one.node} ${(one.from - timeOf(0)) / 1000}–${(one.to - timeOf(0)) / 1000} ${one.cause} ${one.revision}`,
  );
/** Verdict groups with the cause of their epoch. */
const verdictsOf = (traffic: Traffic) =>
  only(traffic).verdicts.map((one) => `${one.count} ${one.verdict} ${traffic.epochs[one.epoch]?.cause}`);

function policyMadeAt(second: number): PolicyObject {
  const metadata = { name: "web", namespace: "shop", creationTimestamp: new Date(timeOf(second)).toISOString() };
  return { value: { metadata } } as unknown as PolicyObject;
}

describe("replay traps, folding: epochs", () => {
  it("one set of policies is one epoch a node", () => {
    expect(epochsOf(folded([allowedAt(0, "11"), allowedAt(30, "11"), seenAt(10, { on: "n2" })]))).toEqual([
      "n1 0–30 recording 11",
      "n2 10–10 recording null",
    ]);
  });

  it("revision changing during the recording: verdicts belong to the revision that they name", () => {
    const traffic = folded([allowedAt(0, "11"), allowedAt(20, "11"), allowedAt(40, "12"), allowedAt(60, "12")]);
    expect(epochsOf(traffic)).toEqual(["n1 0–20 recording 11", "n1 20–42 settling null", "n1 42–60 revision 12"]);
    expect(verdictsOf(traffic)).toEqual([
      "1 FORWARDED recording",
      "1 FORWARDED settling",
      "1 FORWARDED settling",
      "1 FORWARDED revision",
    ]);
  });

  it("trap 52: a revision that falls for good is an agent that began anew", () => {
    const traffic = folded([allowedAt(0, "11"), allowedAt(20, "11"), allowedAt(40, "2"), allowedAt(60, "2")]);
    expect(epochsOf(traffic)).toEqual(["n1 0–20 recording 11", "n1 20–42 settling null", "n1 42–60 agent-started 2"]);
  });

  it("trap 52: a late endpoint that names the old revision once more cuts nothing", () => {
    const traffic = folded([
      allowedAt(0, "11"),
      allowedAt(10, "11"),
      allowedAt(20, "12"),
      allowedAt(21, "11"),
      allowedAt(40, "12"),
    ]);
    expect(traffic.epochs.map((one) => one.cause)).toEqual(["recording", "settling", "revision"]);
  });

  it("trap 52: revisions that alternate all the time tell no change, and that is said", () => {
    const lines = Array.from({ length: 14 }, (_, index) => allowedAt(index * 10, index % 2 === 0 ? "11" : "12"));
    const traffic = folded(lines);
    expect(traffic.epochs.map((one) => [one.cause, one.revision])).toEqual([["recording", null]]);
    expect(findingsOf(traffic)).toContain("revisions-mixed");
  });

  it("trap 52: each node has its own revisions: 11 here and 3 there are no change", () => {
    const there = verdict("FORWARDED egress", far, db, SYN, {
      on: "n2",
      second: 5,
      egress_allowed_by: [named("shop/far", "3")],
    });
    expect(epochsOf(folded([allowedAt(0, "11"), there, allowedAt(20, "11")]))).toEqual([
      "n1 0–20 recording 11",
      "n2 5–5 recording 3",
    ]);
  });

  it("traps 48, 52: what settles after a change belongs to neither side", () => {
    const update = other("agent_event", { type: "POLICY_UPDATED", policy_update: { revision: "12" } }, { second: 20 });
    const traffic = folded([
      seenAt(0),
      update,
      verdict("AUDIT egress", web, db, SYN, { second: 21 }),
      verdict("AUDIT egress", web, db, SYN, { second: 30 }),
    ]);
    expect(epochsOf(traffic)).toEqual([
      "n1 0–20 recording null",
      "n1 20–22 settling null",
      "n1 22–30 policy-updated null",
    ]);
    expect(verdictsOf(traffic)).toEqual(["1 AUDIT settling", "1 AUDIT policy-updated"]);
  });

  it.each(["POLICY_UPDATED", "POLICY_DELETED"])("agent events cut: %s", (type) => {
    const traffic = folded([seenAt(0), other("agent_event", { type }, { second: 20 }), seenAt(40)]);
    expect(traffic.epochs.map((one) => one.cause)).toEqual(["recording", "settling", "policy-updated"]);
  });

  it("agent events that change no policy cut nothing", () => {
    const traffic = folded([
      seenAt(0),
      other("agent_event", { type: "ENDPOINT_REGENERATE_SUCCESS" }, { second: 20 }),
      seenAt(40),
    ]);
    expect(traffic.epochs.map((one) => one.cause)).toEqual(["recording"]);
    expect(traffic.coverage.kinds).toEqual({ trace: 2, agent: 1 });
  });

  it("trap 52: an agent's start cuts and leaves a gap", () => {
    const start = other(
      "agent_event",
      { type: "AGENT_STARTED", agent_start: { time: new Date(timeOf(20)).toISOString() } },
      { second: 25 },
    );
    const traffic = folded([seenAt(0), start, seenAt(40)]);
    expect(traffic.epochs.map((one) => one.cause)).toEqual(["recording", "settling", "agent-started"]);
    expect(traffic.coverage.gaps).toEqual([
      { node: "n1", from: timeOf(0), to: timeOf(20), reason: "the agent was started" },
    ]);
  });

  it("a change of the agent's version cuts, on that node, and several versions are said", () => {
    const newer = { emitter: { name: "Hubble", version: "1.20.3" } };
    const traffic = folded([seenAt(0), seenAt(10), seenAt(20, newer), seenAt(40, newer), seenAt(30, { on: "n2" })]);
    const causes = traffic.epochs.map((one) => [one.node, one.cause]);
    expect(causes).toEqual([
      ["n1", "recording"],
      ["n1", "settling"],
      ["n1", "agent-version"],
      ["n2", "recording"],
    ]);
    expect(traffic.coverage.nodes.map((node) => node.agentVersions)).toEqual([["1.20.2", "1.20.3"], ["1.20.2"]]);
    expect(findingsOf(traffic)).toContain("agent-versions-differ");
  });

  it("a policy object's time cuts every node, to the second that it is cut to", () => {
    const lines = [seenAt(0), seenAt(30), seenAt(0, { on: "n2" }), seenAt(30, { on: "n2" })];
    expect(epochsOf(folded(lines, { context: { policies: [policyMadeAt(20)] } }))).toEqual([
      "n1 0–20 recording null",
      "n1 20–23 settling null",
      "n1 23–30 object-changed null",
      "n2 0–20 recording null",
      "n2 20–23 settling null",
      "n2 23–30 object-changed null",
    ]);
  });

  it("a policy older than the recording cuts nothing", () => {
    const traffic = folded([seenAt(0), seenAt(30)], { context: { policies: [policyMadeAt(-3600)] } });
    expect(traffic.epochs).toHaveLength(1);
  });

  it("trap 48: events from both sides of a change stand in both epochs", () => {
    const traffic = folded([seenAt(0), seenAt(60)], { context: { policies: [policyMadeAt(20)] } });
    expect(only(traffic).epochs.map((index) => traffic.epochs[index]?.cause)).toEqual(["recording", "object-changed"]);
  });

  it("audit flag at record time: AUDIT and refusals on one node say that it was on for a part only", () => {
    const audit = verdict("AUDIT egress", web, db, SYN, { second: 0 });
    const refused = verdict("DROPPED egress", web, db, SYN, { second: 60 });
    expect(findingsOf(folded([audit, refused]))).toContain("audit-mode-changed");
    expect(findingsOf(folded([audit]))).not.toContain("audit-mode-changed");
  });
});
