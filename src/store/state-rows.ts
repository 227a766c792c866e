import { createHash } from "node:crypto";
import type { Ended } from "#traffic/connections.ts";
import type { FoldState } from "#traffic/fold-state.ts";
import type { NameState } from "#traffic/name-table.ts";
import type { ConversationState } from "#traffic/raw-conversation.ts";
import { type RawEnd, rawEndKey } from "#traffic/raw-end.ts";
import { eachSlot, type Slots } from "#traffic/slots.ts";
import type { TableName } from "./columns.ts";
import { numberOf, textOf, type Value } from "./duckdb.ts";

/** A table's values by column, in the order of its columns. */
export type Rows = readonly (readonly Value[])[];

/** What of a fold's state stands in the manifest's neighbour `state.json` rather than in a table. */
export type StateRest = Pick<FoldState, "counts" | "namesDropped" | "hit" | "gaps" | "findings"> & {
  readonly nodes: readonly StoredNodeRecord[];
  readonly workloads: readonly (readonly [string, RawEnd["workload"]])[];
  readonly skew: readonly (readonly [
    string,
    { readonly count: number; readonly sum: number; readonly min: number; readonly max: number },
  ])[];
  /** null: without end. */
  readonly reliableUntil: number | null;
};

/** JSON holds no infinity: `first` and `last` are null of a node that no flow with a time came from. */
type StoredNodeRecord = Omit<FoldState["nodes"][number], "first" | "last"> & {
  readonly first: number | null;
  readonly last: number | null;
};

/** Connections closed or unanswered this long before the hour's end are over: nothing later will join them. */
const FORGOTTEN_MS = 120_000;

export type StateTables = { readonly rest: StateRest; readonly tables: Readonly<Record<StateTable, Rows>> };
type StateTable = Extract<TableName, "ends" | "conversations" | "names" | "connections">;

/** A fold's state as rows. */
export function stateToRows(state: FoldState): StateTables {
  const keys = state.ends.map(endHash);
  const connections = sortConnections(state);
  const { counts, namesDropped, hit, gaps, findings } = state;
  return {
    rest: {
      counts,
      namesDropped,
      hit,
      gaps,
      findings,
      nodes: state.nodes.map((node) => ({ ...node, first: finiteOrNull(node.first), last: finiteOrNull(node.last) })),
      workloads: [...state.workloads],
      skew: [...state.skew],
      reliableUntil: finiteOrNull(state.reliableUntil),
    },
    tables: {
      ends: transposed(
        state.ends.map((end, index) => endRow(end, index, keys[index] ?? 0n)),
        12,
      ),
      conversations: transposed(
        state.conversations.map((conversation, index) =>
          conversationRow(withLongest(conversation, connections.longest.get(index)), index, keys),
        ),
        15,
      ),
      names: transposed(state.names.flatMap(nameRows), 9),
      connections: transposed(connectionRows(connections), 7),
    },
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function transposed(rows: readonly (readonly Value[])[], columns: number): Rows {
  return Array.from({ length: columns }, (_, column) => rows.map((row) => row[column] ?? null));
}

/** The same in every segment: what tells ends apart, as 64 bits. */
function endHash(end: RawEnd): bigint {
  return createHash("sha256").update(rawEndKey(end)).digest().readBigInt64LE(0);
}

function endRow(end: RawEnd, index: number, key: bigint): readonly Value[] {
  const { sort, name, workload, pod, address, identity, cluster } = end;
  const seen = [end.pods, end.addresses, end.nodes, end.outsideLabels].map((one) => [...one]);
  return [
    index,
    String(key),
    sort,
    name,
    workload?.kind ?? null,
    workload?.name ?? null,
    pod,
    address,
    identity,
    cluster,
    JSON.stringify(end.labels),
    JSON.stringify([...seen, workload]),
  ];
}

function conversationRow(state: ConversationState, index: number, keys: readonly bigint[]): readonly Value[] {
  const { key, flows, recorded, first, last, ...others } = state;
  const detail = {
    ...others,
    recorded,
    hours: [...state.hours],
    seen: [...state.seen],
    services: [...state.services],
    names: [...state.names],
    xlated: [...state.xlated],
  };
  return [
    index,
    key.from,
    key.to,
    keys[key.from] ?? 0n,
    keys[key.to] ?? 0n,
    key.protocol,
    key.port,
    key.icmpType,
    key.icmpCode,
    flows,
    recorded["DROPPED"] ?? 0,
    recorded["AUDIT"] ?? 0,
    finiteOrNull(first),
    finiteOrNull(last),
    JSON.stringify(detail),
  ];
}

function nameRows({ key, answers }: NameState[number], index: number): readonly (readonly Value[])[] {
  const { name, source, node, askedBy } = key;
  return [...answers].map(([address, { first, last, ttlSeconds }]) => [
    index,
    name,
    source,
    node,
    askedBy,
    address,
    first,
    last,
    ttlSeconds,
  ]);
}

type SortedConnections = {
  readonly open: readonly Ended[];
  readonly orphans: readonly Ended[];
  /** Of connections that are over: the longest, in milliseconds, by conversation. */
  readonly longest: ReadonlyMap<number, number>;
};

/** A later hour can only continue what is open; the others are reckoned with now, as far as their SYN was seen. */
function sortConnections({ connections, orphans, nodes }: FoldState): SortedConnections {
  const end = Math.max(0, ...nodes.map((node) => node.last).filter(Number.isFinite));
  const open: Ended[] = [];
  const lost: Ended[] = [...orphans];
  const longest = new Map<number, number>();
  for (const ended of connections) {
    const { conversation, first, last, isClosed, isEstablished, sawSyn } = ended;
    if ((isEstablished && !isClosed) || end - last < FORGOTTEN_MS) open.push(ended);
    else if (isEstablished && !sawSyn) lost.push(ended);
    else longest.set(conversation, Math.max(longest.get(conversation) ?? 0, last - first));
  }
  return { open, orphans: lost, longest };
}

function withLongest(conversation: ConversationState, longestMs: number | undefined): ConversationState {
  if (longestMs === undefined || longestMs <= conversation.longestMs) return conversation;
  return { ...conversation, longestMs };
}

function connectionRows({ open, orphans }: SortedConnections): readonly (readonly Value[])[] {
  return [...open.map((one) => connectionRow(one, 0)), ...orphans.map((one) => connectionRow(one, 1))];
}

function connectionRow(ended: Ended, orphan: number): readonly Value[] {
  const state = (ended.sawSyn ? 1 : 0) | (ended.isEstablished ? 2 : 0) | (ended.isClosed ? 4 : 0);
  return [orphan, ended.conversation, ended.first, ended.last, state, ended.high, ended.low];
}

/** What `rowsToState` takes back. `isCoarse`: stretches of one phase become one, where weeks are read at once. */
export type StoredRows = StateTables & { readonly isCoarse: boolean };

/** The state that was taken apart. */
export function rowsToState({ rest, tables, isCoarse }: StoredRows): FoldState {
  const connections = eachRow(tables.connections).map((row) => ({ orphan: numberOf(row[0]), ended: endedOf(row) }));
  return {
    counts: rest.counts,
    namesDropped: rest.namesDropped,
    hit: rest.hit,
    gaps: rest.gaps,
    findings: rest.findings,
    nodes: rest.nodes.map((node) => ({
      ...node,
      first: node.first ?? Number.POSITIVE_INFINITY,
      last: node.last ?? Number.NEGATIVE_INFINITY,
    })),
    workloads: new Map(rest.workloads.flatMap(([pod, workload]) => (workload === null ? [] : [[pod, workload]]))),
    skew: new Map(rest.skew),
    reliableUntil: rest.reliableUntil ?? Number.POSITIVE_INFINITY,
    ends: eachRow(tables.ends).map(endOf),
    conversations: eachRow(tables.conversations).map((row) => conversationOf(row, isCoarse)),
    names: namesOf(tables.names),
    connections: connections.filter(({ orphan }) => orphan === 0).map(({ ended }) => ended),
    orphans: connections.filter(({ orphan }) => orphan === 1).map(({ ended }) => ended),
  };
}

function eachRow(rows: Rows): readonly (readonly (Value | undefined)[])[] {
  return (rows[0] ?? []).map((_, index) => rows.map((column) => column[index]));
}

type Row = readonly (Value | undefined)[];

function endOf(row: Row): RawEnd {
  const labels: readonly string[] = JSON.parse(textOf(row[10]));
  const [pods, addresses, nodes, outsideLabels, workload] = JSON.parse(textOf(row[11]));
  return {
    sort: sortOf(textOf(row[2])),
    name: textOf(row[3]),
    workload,
    pod: textOf(row[6]),
    address: textOf(row[7]),
    identity: numberOf(row[8]),
    cluster: textOf(row[9]),
    labels,
    pods: new Set(pods),
    addresses: new Set(addresses),
    nodes: new Set(nodes),
    outsideLabels: new Set(outsideLabels),
  };
}

const SORTS: readonly RawEnd["sort"][] = ["pod", "reserved", "outside", "unknown", "address"];

function sortOf(text: string): RawEnd["sort"] {
  return SORTS.find((sort) => sort === text) ?? "unknown";
}

function conversationOf(row: Row, isCoarse: boolean): ConversationState {
  const detail = JSON.parse(textOf(row[14]));
  const seen: readonly (readonly [string, Slots])[] = detail.seen;
  const groups: ConversationState["groups"] = detail.groups;
  return {
    ...detail,
    key: {
      from: numberOf(row[1]),
      to: numberOf(row[2]),
      protocol: textOf(row[5]),
      port: numberOf(row[6]),
      icmpType: numberOf(row[7]),
      icmpCode: numberOf(row[8]),
    },
    flows: numberOf(row[9]),
    first: row[12] === null ? Number.POSITIVE_INFINITY : numberOf(row[12]),
    last: row[13] === null ? Number.NEGATIVE_INFINITY : numberOf(row[13]),
    hours: new Map(detail.hours),
    seen: new Map(isCoarse ? seen.map(([node, slots]) => [node, coarse(slots)]) : seen),
    groups: isCoarse ? groups.map((group) => ({ ...group, slots: coarse(group.slots) })) : groups,
    services: new Set(detail.services),
    names: new Set(detail.names),
    xlated: new Set(detail.xlated),
  };
}

/** One stretch a phase. */
function coarse(slots: Slots): Slots {
  const phases = new Map<number, [first: number, last: number, count: number]>();
  for (const { phase, first, last, count } of eachSlot(slots.values)) {
    const known = phases.get(phase);
    if (known === undefined) phases.set(phase, [first, last, count]);
    else {
      known[0] = Math.min(known[0], first);
      known[1] = Math.max(known[1], last);
      known[2] += count;
    }
  }
  return { ...slots, values: [...phases].flatMap(([phase, stretch]) => [phase, ...stretch]) };
}

function namesOf(rows: Rows): NameState {
  const found = new Map<
    number,
    NameState[number] & { readonly answers: Map<string, { first: number; last: number; ttlSeconds: number | null }> }
  >();
  for (const row of eachRow(rows)) {
    const number = numberOf(row[0]);
    const source = textOf(row[2]) === "dns" ? "dns" : "destination-names";
    const known = found.get(number) ?? {
      key: { name: textOf(row[1]), source, node: textOf(row[3]), askedBy: textOf(row[4]) },
      answers: new Map(),
    };
    found.set(number, known);
    const ttlSeconds = row[8] === null ? null : numberOf(row[8]);
    known.answers.set(textOf(row[5]), { first: numberOf(row[6]), last: numberOf(row[7]), ttlSeconds });
  }
  return [...found.values()];
}

function endedOf(row: Row): Ended {
  const state = numberOf(row[4]);
  return {
    conversation: numberOf(row[1]),
    first: numberOf(row[2]),
    last: numberOf(row[3]),
    sawSyn: (state & 1) !== 0,
    isEstablished: (state & 2) !== 0,
    isClosed: (state & 4) !== 0,
    high: numberOf(row[5]),
    low: numberOf(row[6]),
  };
}
