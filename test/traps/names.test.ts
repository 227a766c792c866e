import { describe, expect, it } from "vitest";
import type { NameRecord } from "../../src/model/coverage.ts";
import { db, dns, far, outside, web, world } from "./ends.ts";
import { answer, folded, only, proxy, reply, timeOf, trace } from "./recording.ts";

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
