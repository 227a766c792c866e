import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FlowEvent } from "#model/flow.ts";
import type { Json } from "#model/json.ts";
import { readFlowEvent } from "./flow.ts";
import { FlowScanner } from "./flow-scanner.ts";

const shared = join(import.meta.dirname, "../../../../shared");

/** The scanner's flow as plain data: its fields are getters over what the line left behind. */
function plain(event: FlowEvent | null): unknown {
  if (event === null || event.kind !== "flow") return event;
  return Object.fromEntries(FLOW_KEYS.map((key) => [key, (event as Record<string, unknown>)[key]]));
}

const FLOW_KEYS = Object.keys(readFlowEvent({ flow: {} }));

function judge(line: string): unknown {
  try {
    return readFlowEvent(JSON.parse(line) as Json);
  } catch {
    return null;
  }
}

function scan(scanner: FlowScanner, line: string): unknown {
  // as in a recording: bytes of other lines before and after
  const bytes = new TextEncoder().encode(`{"flow":{}}\n${line}\n{"flow":{"verdict":"AUDIT"}}\n`);
  const start = 12;
  const end = bytes.length - '{"flow":{"verdict":"AUDIT"}}\n'.length - 1;
  return plain(scanner.scan(bytes, start, end));
}

/** Every line twice by the same scanner: once read member by member, once by the shape that it then knows. */
function expectEqual(lines: readonly string[], scanner = new FlowScanner()): void {
  for (let pass = 0; pass < 2; pass++) {
    for (const line of lines) expect(scan(scanner, line), line).toEqual(judge(line));
  }
}

const text = fc.oneof(
  fc.constantFrom(
    "",
    "web",
    "10.0.0.7",
    "2001:db8::1",
    "a\\b",
    'q"uote',
    "tab\tü",
    "\u2028",
    "reserved:host",
    "ESTABLISHED",
  ),
  fc.string({ maxLength: 12 }),
);
const number = fc.oneof(
  fc.constantFrom(0, 1, 4, 5, 7, 53, 129, 133, 181, 443, 40000, 4294967295, -1, 1.5, 1e21),
  fc.nat(),
);
const noise: fc.Arbitrary<Json> = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;

/** One of the values that belong there, or anything. */
function mostly(values: readonly Json[], other: fc.Arbitrary<Json> = noise): fc.Arbitrary<Json> {
  return fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: other });
}

function object(members: Readonly<Record<string, fc.Arbitrary<Json>>>): fc.Arbitrary<Json> {
  return fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<Json>;
}

const endpoint = object({
  ID: number,
  identity: number,
  cluster_name: text,
  namespace: text,
  labels: fc.array(text, { maxLength: 4 }),
  pod_name: text,
  workloads: mostly([[{ name: "web", kind: "Deployment" }], [], [{}]]),
});
const ports = object({
  source_port: number,
  destination_port: number,
  flags: mostly([{ SYN: true }, { ACK: true, PSH: true }, {}, { SYN: false, NS: true }, { XYZ: true }]),
});
const policies = mostly([[{ name: "p", namespace: "n", kind: "CiliumNetworkPolicy", revision: "11" }], [{}], []]);
const service = mostly([{ name: "postgres", namespace: "webapp" }, {}]);

const flow = object({
  time: mostly([
    "2026-11-21T02:44:53.986203413Z",
    "2026-11-21T02:44:53Z",
    "2024-02-29T23:59:59.5Z",
    "1999-01-01T00:00:00+01:30",
    "soon",
  ]),
  uuid: mostly(["f059ff4b-22f1-4e28-9885-fe5b97bba517", "synthesised-1", "", "0059ff4b-22f1-4e28-9885-fe5b97bba51\\"]),
  emitter: mostly([
    { name: "Hubble", version: "1.20.2" },
    { version: "1.19.6", more: [1] },
  ]),
  verdict: mostly(["FORWARDED", "DROPPED", "AUDIT", "REDIRECTED", "NEWER", 2]),
  drop_reason: mostly([133, 181, 0, 299]),
  ethernet: mostly([{ source: "1a:2b:3c:4d:5e:6f", destination: "33:33:00:00:00:16" }, { source: "x" }]),
  IP: fc.oneof(
    object({ source: text, destination: text, source_xlated: text, ipVersion: text, encrypted: fc.boolean() }),
    mostly([{ source: "10.0.0.1", destination: "10.0.0.2", ipVersion: "IPv4" }]),
  ),
  l4: fc.oneof(
    object({ TCP: ports }),
    object({ UDP: ports }),
    object({ SCTP: ports }),
    object({ ICMPv4: object({ type: number, code: number }) }),
    object({ ICMPv6: object({ type: number, code: number }) }),
    object({ VRRP: object({ type: number, vrid: number }), TCP: ports }),
    noise,
  ),
  tunnel: mostly([{ protocol: "VXLAN", IP: { source: "a" }, l4: { UDP: { source_port: 1 } } }, null]),
  source: fc.oneof(endpoint, noise),
  destination: fc.oneof(endpoint, noise),
  Type: mostly(["L3_L4", "L7", "SOCK", "UNKNOWN_TYPE", 1]),
  node_name: text,
  node_labels: fc.array(text, { maxLength: 3 }),
  source_names: fc.array(text, { maxLength: 2 }),
  destination_names: fc.array(text, { maxLength: 2 }),
  l7: mostly([
    { type: "REQUEST", dns: { query: "a.b.", qtypes: ["A"] } },
    { type: "RESPONSE", latency_ns: "5", dns: { query: "a.b.", ips: ["1.2.3.4"], ttl: 30 } },
    { type: "REQUEST", http: { method: "GET", url: "http://a/b?c=d", headers: [{ key: "A", value: "b" }] } },
    { type: 3, kafka: {} },
  ]),
  reply: mostly([true, false]),
  event_type: mostly([{ type: 4 }, { type: 4, sub_type: 3 }, { type: 5 }, { type: 1, sub_type: 133 }, {}]),
  source_service: service,
  destination_service: service,
  traffic_direction: mostly(["INGRESS", "EGRESS", "TRAFFIC_DIRECTION_UNKNOWN", 1]),
  policy_match_type: mostly([1, 2, 0]),
  trace_observation_point: mostly(["TO_ENDPOINT", "TO_STACK", "UNKNOWN_POINT", 101]),
  trace_reason: mostly(["NEW", "REPLY", "TRACE_REASON_UNKNOWN", 3]),
  file: mostly([{ name: "bpf_lxc.c", line: 1841 }]),
  drop_reason_desc: mostly(["POLICY_DENIED", "DROP_REASON_UNKNOWN", 133]),
  is_reply: mostly([true, false, null]),
  interface: mostly([{ index: 9, name: "lxc1" }]),
  proxy_port: number,
  socket_cookie: mostly(["134000", 134000, ""]),
  cgroup_id: mostly(["8052"]),
  egress_allowed_by: policies,
  ingress_allowed_by: policies,
  egress_denied_by: policies,
  ingress_denied_by: policies,
  policy_log: fc.array(text, { maxLength: 2 }),
  aggregate: mostly([{ ingress_flow_count: 3 }, null]),
  Summary: text,
  brand_new_field: noise,
  "odd ü key": noise,
  nodeName: text,
  isReply: fc.boolean(),
});

const envelope = fc.oneof(
  object({ flow, node_name: text, time: mostly(["2026-11-21T02:44:53.1Z", "2026-11-21T02:44:53Z", 7]), more: noise }),
  flow,
  object({ flow, lost_events: noise }),
  object({ agent_event: noise, time: text }),
);

/** JSON text with its members in another order, with white space between tokens, and with some letters escaped. */
function written(value: Json, next: () => number): string {
  const space = () => ["", "", "", " ", "\t", " \r "][next() % 6];
  if (Array.isArray(value)) {
    return `[${space()}${value.map((entry) => written(entry as Json, next)).join(`${space()},${space()}`)}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .map(
        ([key, entry]) =>
          [next(), `${writtenText(key, next)}${space()}:${space()}${written(entry as Json, next)}`] as const,
      )
      .sort((a, b) => a[0] - b[0]);
    return `{${space()}${members.map((member) => member[1]).join(`${space()},${space()}`)}${space()}}`;
  }
  return typeof value === "string" ? writtenText(value, next) : (JSON.stringify(value) ?? "null");
}

function writtenText(value: string, next: () => number): string {
  const json = JSON.stringify(value);
  if (next() % 9 !== 0 || value.length === 0) return json;
  const code = value.charCodeAt(0).toString(16).padStart(4, "0");
  return `"\\u${code}${JSON.stringify(value.slice(1)).slice(1)}`;
}

describe("the scanner and JSON.parse read the same", () => {
  it("in the order that Hubble writes, whatever is masked", () => {
    fc.assert(
      fc.property(fc.array(envelope, { minLength: 1, maxLength: 4 }), (values) => {
        expectEqual(values.map((value) => JSON.stringify(value)));
      }),
      { numRuns: 120 },
    );
  });

  it("in any order and spacing, with escapes", () => {
    fc.assert(
      fc.property(envelope, fc.infiniteStream(fc.nat({ max: 1000 })), (value, stream) => {
        expectEqual([written(value, () => stream.next().value ?? 0)]);
      }),
      { numRuns: 120 },
    );
  });

  it("when bytes of a line are changed, cut or inserted", () => {
    const scanner = new FlowScanner();
    const lines = readFileSync(join(import.meta.dirname, "../../../test/fixtures/flows-shapes.jsonl"), "utf8")
      .trim()
      .split("\n");
    expectEqual(lines, scanner);
    const edits = fc.record({
      line: fc.nat(),
      at: fc.nat(),
      cut: fc.nat({ max: 3 }),
      put: fc.string({ maxLength: 2, unit: "grapheme-ascii" }),
    });
    fc.assert(
      fc.property(edits, fc.constantFrom('"', "\\", "{", "}", ",", ":", "0", ".", " ", "]"), (edit, sharp) => {
        const line = lines[edit.line % lines.length] ?? "";
        const at = edit.at % (line.length + 1);
        for (const put of [edit.put, sharp, ""]) {
          const changed = line.slice(0, at) + put + line.slice(at + edit.cut);
          expect(scan(scanner, changed), changed).toEqual(judge(changed));
        }
      }),
      { numRuns: 120 },
    );
  });

  it("never takes a key for another that begins or ends alike", () => {
    expectEqual([
      '{"flow":{"destinatio":{"identity":1},"destinations":{"identity":2},"drop_reason":133,"drop_reasons":1}}',
      '{"flow":{"verdict":"DROPPED","verdicts":"AUDIT","tim":"2026-11-21T02:44:53Z","IPs":{"source":"10.0.0.1"}}}',
    ]);
  });

  it("reads bytes that are no UTF-8 with replacement characters, and counts the lines", () => {
    const scanner = new FlowScanner();
    const line = '{"flow":{"verdict":"AUDIT","source":{"namespace":"a?b","pod_name":"x"}}}';
    const bytes = new TextEncoder().encode(line);
    bytes[line.indexOf("?")] = 0xff;
    const event = scanner.scan(bytes, 0, bytes.length);
    expect(event).toMatchObject({ kind: "flow", source: { namespace: "a\ufffdb" } });
    expect(scanner.invalidUtf8()).toBe(1);
  });

  const recordings = [
    "real/lab/audit/flows.jsonl.gz",
    "real/lab2/fixed/flows.jsonl.gz",
    "hubble/flows-a.jsonl",
    "hubble/real/http-348.jsonl",
  ];
  const present = recordings.map((name) => join(shared, name)).filter((path) => existsSync(path));
  if (present.length === 0) console.warn("../shared is absent: the scanner is not held against real recordings");
  it.skipIf(present.length === 0)("on real recordings", () => {
    for (const path of present) {
      const raw = readFileSync(path);
      const bytes = new Uint8Array(path.endsWith(".gz") ? gunzipSync(raw) : raw);
      compareAll(bytes);
    }
  });
});

/** Line by line in place, as the recording source does; a sample of lines is compared field by field. */
function compareAll(bytes: Uint8Array): void {
  const scanner = new FlowScanner();
  const decoder = new TextDecoder();
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    const got = JSON.stringify(plain(scanner.scan(bytes, start, end)));
    const line = decoder.decode(bytes.subarray(start, end));
    if (got !== JSON.stringify(judge(line))) expect(JSON.parse(got), line).toEqual(judge(line));
    start = end + 1;
  }
}
