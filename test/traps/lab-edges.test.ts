import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import type { Conversation, End } from "../../src/model/conversation.ts";
import type { Traffic } from "../../src/model/snapshot.ts";
import { readRecording } from "../../src/sources/recording.ts";

/*
 * Recordings of a real Cilium held against what the lab's own scripts read out of them: expected.json, written by another
 * program in another language from the same lines.
 */
const shared = join(import.meta.dirname, "../../../shared/real");
const isPresent = existsSync(shared);
if (!isPresent) console.warn("../shared is absent: the fold is not held against the lab's recordings");

/** An edge of a phase's expected.json: its verdict events (type 5), by ends as that script names them. */
type Edge = {
  readonly direction: "EGRESS" | "INGRESS";
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly protocol: string;
  readonly verdicts: Readonly<Record<string, number>>;
};
type Forwarded = Omit<Edge, "direction" | "verdicts"> & { readonly n: number; readonly at: string };
type Expected = { readonly flows: number; readonly edges: readonly Edge[]; readonly forwarded: readonly Forwarded[] };

const phases = ["lab", "lab2"].flatMap((lab) =>
  ["baseline", "audit", "enforced", "fixed"].map((phase) => [`${lab}/${phase}`] as const),
);

describe.skipIf(!isPresent).each(phases)("%s", (name) => {
  const folder = join(shared, name);
  let traffic: Traffic;
  let expected: Expected;
  let lines: readonly string[];
  beforeAll(async () => {
    const fold = await readRecording([join(folder, "flows.jsonl.gz")]);
    traffic = fold.finish({ inventory: null, config: null, policies: [] });
    expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
    lines = gunzipSync(readFileSync(join(folder, "flows.jsonl.gz")))
      .toString()
      .split("\n");
  });

  it("reads every flow and accounts for every line", () => {
    const { coverage } = traffic;
    const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, one) => all + one, 0);
    expect(coverage.flows).toBe(expected.flows);
    expect(coverage.lines).toBe(lines.filter((line) => line !== "").length);
    expect(sum(coverage.kinds) + sum(coverage.skipped)).toBe(coverage.lines);
  });

  it("has a conversation for every edge that was forwarded, with at least its events", () => {
    const missing = expected.forwarded.filter((edge) => {
      if (edge.protocol === "ICMPv6") return false;
      const found = traffic.conversations.filter((one) => isEdge(one, edge));
      return found.reduce((sum, one) => sum + one.flows, 0) < edge.n;
    });
    expect(missing).toEqual([]);
  });

  it("keeps every policy verdict, on its side", () => {
    const wrong = expected.edges.filter((edge) => {
      const side = edge.direction === "EGRESS" ? "egress" : "ingress";
      const verdicts = traffic.conversations.filter((one) => isEdge(one, edge)).flatMap((one) => one.verdicts);
      return Object.entries(edge.verdicts).some(
        ([verdict, count]) =>
          verdicts
            .filter((one) => one.side === side && one.verdict === verdict)
            .reduce((sum, one) => sum + one.count, 0) < count,
      );
    });
    expect(wrong).toEqual([]);
    const recorded = traffic.conversations.flatMap((one) => one.verdicts).reduce((sum, one) => sum + one.count, 0);
    const events = expected.edges.flatMap((edge) => Object.values(edge.verdicts)).reduce((sum, one) => sum + one, 0);
    expect(recorded).toBe(events);
  });

  it("makes no conversation of anything else", () => {
    const seen = [...expected.forwarded, ...expected.edges];
    const invented = traffic.conversations.filter((one) => !seen.some((edge) => isEdge(one, edge)));
    expect(invented.map(describeEdge)).toEqual([]);
  });
});

/** Whether an edge, whose ends are named by pod or by reserved labels and address, is of this conversation. */
function isEdge(one: Conversation, edge: Omit<Edge, "direction" | "verdicts">): boolean {
  const port = one.port ?? one.icmpType;
  return (
    one.protocol === edge.protocol &&
    port === edge.port &&
    isEnd(one.from, edge.source) &&
    isEnd(one.to, edge.destination)
  );
}

/** `argocd/argocd-server-5c…`, `host`, `world[198.51.100.10]`, `kube-apiserver+remote-node[192.0.2.11=names]`. */
function isEnd(end: End, text: string): boolean {
  const [, labels = text, address = ""] = /^([^[]+)\[([^\]=]*)/.exec(text) ?? [];
  switch (end.kind) {
    case "pod":
      return end.pods.includes(text.slice(text.indexOf("/") + 1)) && text.startsWith(`${end.namespace}/`);
    case "reserved":
      return end.labels.map((label) => label.replace("reserved:", "")).join("+") === labels;
    case "address":
      return end.address === address && labels.includes("world");
    case "unknown":
      return end.address === address;
  }
}

const describeEdge = ({ from, to, protocol, port }: Conversation) =>
  `${JSON.stringify([from, to])} ${protocol} ${port}`;
