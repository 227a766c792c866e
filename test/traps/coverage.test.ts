import { describe, expect, it } from "vitest";
import { readFlowEvent } from "../../src/decode/flow/flow.ts";
import { createFold } from "../../src/traffic/fold.ts";
import { RecordingFold } from "../../src/sources/recording-fold.ts";
import { db, far, outside, pod, web } from "./ends.ts";
import {
  edges,
  findingsOf,
  folded,
  type Line,
  only,
  other,
  reply,
  textOf,
  timeOf,
  trace,
  verdict,
} from "./recording.ts";

const SYN = "40000 > 5432 TCP SYN";
const many = (count: number, line: (index: number) => Line) => Array.from({ length: count }, (_, index) => line(index));
const messages = (lines: readonly Line[], id: string) =>
  folded(lines).coverage.findings.flatMap((one) => (one.id === id ? [one.message] : []));

/** What lines fold into the way files are read: each event once. */
function recorded(texts: readonly string[]) {
  const fold = createFold();
  const recording = new RecordingFold(fold);
  const cutter = recording.begin("flows.jsonl");
  cutter.push(new TextEncoder().encode(texts.map((text) => `${text}\n`).join("")));
  recording.finish(cutter);
  recording.summarize();
  return fold.finish({ inventory: null, config: null, policies: [] });
}

describe("replay traps, folding: coverage", () => {
  it("trap 24: every line is accounted for: kinds and skipped make up the lines", () => {
    const { coverage } = folded([
      trace(web, db, SYN),
      verdict("AUDIT egress", web, db, SYN),
      trace(web, db, SYN, { point: "FROM_ENDPOINT" }),
      other("lost_events", { source: "HUBBLE_RING_BUFFER", num_events_lost: "3" }),
      other("node_status", { state_change: "NODE_CONNECTED", node_names: ["lab/n1"] }),
      other("agent_event", { type: "AGENT_STARTED" }),
      other("debug_event", { type: "DBG_CT_VERDICT" }),
      other("weather", { sunny: true }),
    ]);
    expect(coverage).toMatchObject({
      ...{ lines: 8, flows: 3, skipped: {}, leftOut: { "from-point": 1 } },
      kinds: { trace: 2, verdict: 1, lost: 1, "node-status": 1, agent: 1, debug: 1, unknown: 1 },
    });
  });

  it("traps 24, 31: lost events by source, with the stretch that they name as a gap", () => {
    const span = { first: new Date(timeOf(5)).toISOString(), last: new Date(timeOf(9)).toISOString() };
    const { coverage } = folded([
      trace(web, db, SYN, { second: 0 }),
      other("lost_events", { source: "PERF_EVENT_RING_BUFFER", num_events_lost: "7", cpu: 1 }, { second: 3 }),
      other("lost_events", { source: "HUBBLE_RING_BUFFER", num_events_lost: 2, ...span }, { second: 9 }),
    ]);
    expect(coverage).toMatchObject({
      lostEvents: 9,
      lostBySource: { PERF_EVENT_RING_BUFFER: 7, HUBBLE_RING_BUFFER: 2 },
      gaps: [{ node: "n1", from: timeOf(5), to: timeOf(9), reason: "events were lost" }],
    });
  });

  it("int64 as text and as number are the same count", () => {
    const lost = (count: string | number) =>
      folded([other("lost_events", { num_events_lost: count })]).coverage.lostEvents;
    expect([lost("4294967296"), lost(4_294_967_296)]).toEqual([4_294_967_296, 4_294_967_296]);
  });

  it("trap 24: a node that Relay cannot reach is a gap until it can", () => {
    const status = (state: string, second: number) =>
      other("node_status", { state_change: state, node_names: ["lab/n2"] }, { second });
    const { gaps } = folded([
      trace(web, db, SYN, { second: 0 }),
      status("NODE_UNAVAILABLE", 10),
      status("NODE_CONNECTED", 40),
      status("NODE_GONE", 50),
      trace(web, db, SYN, { second: 60 }),
    ]).coverage;
    expect(gaps).toEqual([
      { node: "n2", from: timeOf(10), to: timeOf(40), reason: "unreachable" },
      { node: "n2", from: timeOf(50), to: timeOf(60), reason: "unreachable" },
    ]);
  });

  it("trap 24: a node is back with its first event after a failure: Relay does not say so of a restarted agent", () => {
    const failed = (second: number) =>
      other("node_status", { state_change: "NODE_ERROR", node_names: ["lab/n2"], message: "EOF" }, { second });
    const { gaps } = folded([
      trace(web, db, SYN, { on: "n2", second: 0 }),
      failed(10),
      // What Relay held back is older.
      trace(web, db, SYN, { on: "n2", second: 9 }),
      trace(web, db, SYN, { on: "n1", second: 12 }),
      failed(13),
      trace(web, db, SYN, { on: "n2", second: 17 }),
      trace(web, db, SYN, { on: "n2", second: 30 }),
    ]).coverage;
    expect(gaps).toEqual([{ node: "n2", from: timeOf(10), to: timeOf(17), reason: "unreachable" }]);
  });

  it("trap 24: a node that falls silent for long is a gap, the others are not", () => {
    const busy = many(40, (second) => trace(web, db, SYN, { second }));
    const again = [trace(web, db, SYN, { second: 1000 }), trace(far, db, SYN, { second: 999, on: "n2" })];
    expect(folded([...busy, ...again]).coverage.gaps).toEqual([
      { node: "n1", from: timeOf(39), to: timeOf(1000), reason: "silent" },
    ]);
  });

  it("trap 24: each node has the time in which it was heard, the window is all of theirs", () => {
    const { coverage } = folded([
      trace(web, db, SYN, { second: 0 }),
      trace(web, db, SYN, { second: 30 }),
      trace(far, db, SYN, { second: 90, on: "n2" }),
    ]);
    expect(coverage).toMatchObject({
      ...{ from: timeOf(0), to: timeOf(90), windowSeconds: 90 },
      nodes: [
        { name: "n1", flows: 2, from: timeOf(0), to: timeOf(30) },
        { name: "n2", flows: 1, from: timeOf(90), to: timeOf(90) },
      ],
    });
  });

  it("trap 24: an empty recording proves nothing, and says so", () => {
    expect(findingsOf(folded([]))).toEqual(["recording-empty"]);
    expect(findingsOf(folded([other("lost_events", { num_events_lost: 1 })]))).toEqual(["recording-empty"]);
  });

  const masks: readonly (readonly [string, string, object])[] = [
    ["is_reply", "replies are told from requests by ports alone", { is_reply: undefined }],
    ["IP", "addresses outside the cluster are not known", { IP: undefined }],
    ["l4", "nothing with ports can be decided", { l4: undefined }],
    ["traffic_direction", "is guessed from its ends", { traffic_direction: undefined }],
    ["event_type", "told from traces by other fields", { event_type: undefined }],
    ["verdict", "recorded verdicts are not known", { verdict: undefined }],
    ["uuid", "counted twice", { uuid: undefined }],
  ];
  it.each(masks)("traps 24, 31: a mask without %s is seen and its loss said", (field, loss, without) => {
    const found = (lines: readonly Line[]) =>
      messages(lines, "field-missing").filter((one) => one.startsWith(`no flow holds ${field}:`));
    expect(found([trace(web, db, SYN, { ...without })])).toEqual([expect.stringContaining(loss)]);
    expect(found([trace(web, db, SYN)])).toEqual([]);
  });

  it("traps 18, 24: labels, ids and flags that a mask took are said too", () => {
    const strip = (party: typeof web) => ({ ...party, node: "", endpoint: { pod_name: "p", namespace: "shop" } });
    const said = messages([trace(strip(web), strip(db), "40000 > 5432 TCP")], "field-missing").join("\n");
    for (const field of ["source.labels", "source.ID", "l4.TCP.flags"]) expect(said).toContain(field);
  });

  it("a field that only some events lack is no mask", () => {
    const traffic = folded([trace(web, db, SYN), trace(web, db, SYN, { is_reply: undefined, uuid: undefined })]);
    expect(findingsOf(traffic)).not.toContain("field-missing");
  });

  it("trap 32: an aggregated line stands for its flows and has the time of the first", () => {
    const aggregate = { ingress_flow_count: 2, egress_flow_count: 40, unknown_direction_flow_count: 1 };
    const traffic = folded([trace(web, db, SYN, { aggregate, second: 5 }), trace(web, db, SYN, { second: 6 })]);
    expect(only(traffic)).toMatchObject({
      flows: 44,
      recorded: { FORWARDED: 44 },
      firstSeen: timeOf(5),
      lastSeen: timeOf(6),
    });
    expect(messages([trace(web, db, SYN, { aggregate })], "flows-aggregated")).toEqual([
      expect.stringContaining("1 lines stand for 43 flows"),
    ]);
    expect(findingsOf(folded([trace(web, db, SYN)]))).not.toContain("flows-aggregated");
  });

  const others = (index: number) => pod(`ns${index % 5}/app`, `10.244.1.${index % 5}`);
  const sided: readonly (readonly [string, readonly Line[], string | null])[] = [
    [
      "only refusals",
      many(120, (index) => verdict("DROPPED egress", others(index), others(index + 1), SYN)),
      "every flow was dropped",
    ],
    [
      "no traces",
      many(120, (index) => verdict("FORWARDED egress", others(index), others(index + 1), SYN)),
      "there are no trace events",
    ],
    ["one namespace", many(120, (index) => trace(others(index), web, SYN)), "in namespace shop"],
    ["a whole one", many(120, (index) => trace(others(index), others(index + 1), SYN)), null],
    ["too few to tell", many(20, (index) => verdict("DROPPED egress", others(index), others(index + 1), SYN)), null],
  ];
  it.each(sided)("trap 31: a one-sided recording is recognised: %s", (_, lines, said) => {
    expect(messages(lines, "recording-one-sided")).toEqual(said === null ? [] : [expect.stringContaining(said)]);
  });

  it("duplicate uuids of a reconnect are counted once, and said", () => {
    const texts = [trace(web, db, SYN, { second: 0 }), trace(web, db, SYN, { second: 1 })].map(textOf);
    const traffic = recorded([...texts, ...texts]);
    expect(only(traffic).flows).toBe(2);
    expect(traffic.coverage).toMatchObject({ lines: 4, flows: 2, skipped: { duplicate: 2 } });
    expect(findingsOf(traffic)).toContain("duplicate-lines");
  });

  it("events of unknown kinds are counted and named, lines that are no events skipped", () => {
    const traffic = recorded([textOf(trace(web, db, SYN), 0), '{"weather":{"sunny":true},"node_name":"n1"}', "[]"]);
    expect(traffic.coverage).toMatchObject({
      lines: 3,
      flows: 1,
      skipped: { "not-an-event": 1 },
      kinds: { trace: 1, unknown: 1 },
    });
    expect(traffic.coverage.findings).toContainEqual(
      expect.objectContaining({ id: "unknown-events", message: "events of unknown kinds: weather" }),
    );
  });

  it("enums by number, and of a later version, are read as far as they are known", () => {
    const numbers = { verdict: 4, Type: 1, traffic_direction: 2 };
    expect(only(folded([verdict("AUDIT egress", web, db, SYN, numbers)])).verdicts).toMatchObject([
      { side: "egress", verdict: "AUDIT" },
    ]);
    const later = folded([
      trace(web, db, SYN, {
        verdict: 99,
        trace_observation_point: 77,
        Type: "SOMETHING_NEW",
        event_type: { type: 99 },
      }),
    ]);
    expect([later.conversations, later.coverage.leftOut]).toEqual([[], { capture: 1 }]);
    expect(only(folded([trace(web, db, SYN, { verdict: "FROM_A_LATER_VERSION" })])).recorded).toEqual({
      VERDICT_UNKNOWN: 1,
    });
  });

  it("Summary is for people: what it says changes nothing", () => {
    const lines = (summary: string | undefined) => [trace(web, db, SYN, { Summary: summary })];
    expect(folded(lines("UDP DNS Query evil.example.org"))).toEqual(folded(lines(undefined)));
  });

  it("a bare flow without envelope is the same flow", () => {
    const line = JSON.parse(textOf(trace(web, db, SYN, { second: 1 }), 0)) as { flow: Line };
    const fold = createFold();
    fold.add(readFlowEvent(line.flow));
    expect(fold.finish({ inventory: null, config: null, policies: [] })).toEqual(
      folded([trace(web, db, SYN, { second: 1 })]),
    );
  });

  it("trap 24: conversations beyond the bound are left out and said aloud", () => {
    const traffic = folded([trace(web, db, SYN), trace(web, outside, SYN)], { fold: { bounds: { conversations: 1 } } });
    expect(edges(traffic)).toEqual(["shop/web > shop/db 5432 TCP"]);
    expect(traffic.coverage.leftOut).toEqual({ bound: 1 });
    expect(traffic.coverage.findings).toContainEqual(expect.objectContaining({ id: "bound-hit", severity: "warn" }));
  });

  it("pods selected only later: every pod that talks is an end, whatever was enforced then", () => {
    const traffic = folded([trace(web, db, SYN), reply(db, far, "5432 > 41000 TCP ACK")]);
    expect(edges(traffic)).toEqual(["shop/far-7b6d5f9f8c-kd8vw > shop/db 5432 TCP", "shop/web > shop/db 5432 TCP"]);
  });
});
