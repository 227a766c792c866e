import { compareMoments, type Moment, momentOf } from "#hubble/go-time.ts";
import { type Message, partOf, textOf } from "#hubble/message.ts";
import type { HistoryNamespace, HistoryNode, HistorySummary } from "./flow-history.ts";

/** More names than a cluster has; what is beyond is not told. */
const MOST_NAMES = 100_000;

type NodeTally = { version: string; flows: number; first: Moment | null; last: Moment | null };

/** Counts what a history holds. */
export class HistoryTally {
  private readonly all: NodeTally = { version: "", flows: 0, first: null, last: null };
  private readonly nodes = new Map<string, NodeTally>();
  private readonly namespaces = new Map<string, HistoryNamespace>();

  add(response: Message): void {
    const flow = partOf(response, "flow");
    if (flow === undefined) return;
    const text = textOf(response, "time") || textOf(flow, "time");
    const time = text === "" ? null : momentOf(text);
    count(this.all, time);
    this.addNode(textOf(flow, "node_name") || textOf(response, "node_name"), flow, time);
    for (const end of ["source", "destination"]) this.addNamespace(partOf(flow, end));
  }

  private addNode(name: string, flow: Message, time: Moment | null): void {
    if (name === "") return;
    let node = this.nodes.get(name);
    if (node === undefined) {
      if (this.nodes.size >= MOST_NAMES) return;
      node = { version: "", flows: 0, first: null, last: null };
      this.nodes.set(name, node);
    }
    node.version = textOf(partOf(flow, "emitter"), "version") || node.version;
    count(node, time);
  }

  private addNamespace(end: Message | undefined): void {
    const namespace = textOf(end, "namespace");
    if (namespace === "") return;
    const cluster = textOf(end, "cluster_name");
    const key = `${cluster}/${namespace}`;
    if (!this.namespaces.has(key) && this.namespaces.size < MOST_NAMES)
      this.namespaces.set(key, { cluster, namespace });
  }

  summary(): HistorySummary {
    const { flows, first, last } = this.all;
    const nodes = [...this.nodes].map(([name, node]): HistoryNode => ({ name, ...node, seen: node.flows }));
    return { flows, seen: flows, first, last, nodes: nodes.sort((a, b) => compareTexts(a.name, b.name)) };
  }

  namespacesInOrder(): readonly HistoryNamespace[] {
    const inOrder = (a: HistoryNamespace, b: HistoryNamespace) =>
      compareTexts(a.cluster, b.cluster) || compareTexts(a.namespace, b.namespace);
    return [...this.namespaces.values()].sort(inOrder);
  }
}

function count(tally: NodeTally, time: Moment | null): void {
  tally.flows++;
  if (time === null) return;
  if (tally.first === null || compareMoments(time, tally.first) < 0) tally.first = time;
  if (tally.last === null || compareMoments(time, tally.last) > 0) tally.last = time;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
