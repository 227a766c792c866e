import { type NodeRecord, NodeTimeline } from "./node-timeline.ts";

/** The nodes of a recording. Node names are those of the events: `node` or `cluster/node`. */
export class NodeTable {
  readonly list: NodeTimeline[] = [];
  private readonly byName = new Map<string, NodeTimeline>();
  private readonly changes: readonly number[];
  private readonly most: number;
  /** Stands where no node is known yet; in no list. */
  readonly nowhere = new NodeTimeline("", -1, []);
  private lastName = "";
  private last: NodeTimeline | null = null;

  /** `changes`: times at which objects are known to have changed, ascending. */
  constructor(changes: readonly number[], most: number) {
    this.changes = changes;
    this.most = most;
  }

  /** Beyond the bound all further nodes are one, named `…`. */
  get(name: string): NodeTimeline {
    if (this.last !== null && this.lastName === name) return this.last;
    const known = this.byName.get(name) ?? this.add(this.list.length < this.most ? name : "…");
    this.lastName = name;
    this.last = known;
    return known;
  }

  private add(name: string): NodeTimeline {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const node = new NodeTimeline(name, this.list.length, this.changes);
    this.byName.set(name, node);
    this.list.push(node);
    return node;
  }

  changed(time: number): void {
    for (const node of this.list) node.noteChange(time);
  }

  /** Takes over what another worker heard of the nodes, later in the file. */
  merge(records: readonly NodeRecord[]): void {
    for (const record of records) mergeRecord(this.get(record.name).record, record);
  }
}

function mergeRecord(own: NodeRecord, other: NodeRecord): void {
  joinRuns(own, other);
  own.flows += other.flows;
  own.first = Math.min(own.first, other.first);
  own.last = Math.max(own.last, other.last);
  for (const version of other.versions) if (!own.versions.includes(version)) own.versions.push(version);
  own.cuts.push(...other.cuts);
  own.gaps.push(...other.gaps);
  own.lastAudit = Math.max(own.lastAudit, other.lastAudit);
  own.lastRefusal = Math.max(own.lastRefusal, other.lastRefusal);
  const refusals = [own.firstRefusal, other.firstRefusal].filter((time) => time > 0);
  own.firstRefusal = refusals.length === 0 ? 0 : Math.min(...refusals);
  own.cutsDropped += other.cutsDropped;
  own.switchBacks += other.switchBacks;
}

/** The revision may have changed just where the work was divided. */
function joinRuns(own: NodeRecord, other: NodeRecord): void {
  const last = own.runs.at(-1);
  const [first, ...rest] = other.runs;
  if (first === undefined) return;
  if (last !== undefined && last.revision === first.revision) {
    last.last = Math.max(last.last, first.last);
    last.count += first.count;
    own.runs.push(...rest);
    return;
  }
  if (last !== undefined) {
    const cause = first.revision < last.revision ? "agent-started" : "revision";
    own.cuts.push({ from: last.last, to: first.first, cause, revision: first.revision });
  }
  own.runs.push(...other.runs);
}
