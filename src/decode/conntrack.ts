import type { Flow } from "#model/flow.ts";
import { TcpFlag } from "#model/flow.ts";

/** A connection that an agent's conntrack table holds open. */
export type ConntrackEntry = {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly packets: number;
};

export type ReadConntrack = {
  readonly entries: readonly ConntrackEntry[];
  /** Lines left out: `service` (translations), `related`, `closing`, `expired`, `other-protocol`, `unreadable`, `bound`. */
  readonly leftOut: Readonly<Record<string, number>>;
};

const MAX_ENTRIES = 1_000_000;
const LINE =
  /^(\S+) (IN|OUT|SVC) (?:\[([0-9a-fA-F:.]+)\]|([0-9a-fA-F:.]+)):(\d+) -> (?:\[([0-9a-fA-F:.]+)\]|([0-9a-fA-F:.]+)):(\d+) (.*)$/;

/** Takes the lines of `cilium-dbg bpf ct list`, of any number of agents. */
export type ConntrackReader = { readonly add: (line: string) => void; readonly end: () => ReadConntrack };

/**
 * Reads what `cilium-dbg bpf ct list` prints, with or without `--time-diff`. An entry stands for a connection from its
 * opener, whichever side the agent saw it on; one whose two sides run on the node stands in the table twice and is told
 * once. Closing and expired ones are nobody's connections any more.
 * Upstream: pkg/maps/ctmap/types.go CtKey4Global.Dump, CtEntry.StringWithTimeDiff.
 */
export function createConntrackReader(): ConntrackReader {
  const entries = new Map<string, ConntrackEntry>();
  const leftOut: Record<string, number> = {};
  const leave = (reason: string) => {
    leftOut[reason] = (leftOut[reason] ?? 0) + 1;
  };
  return {
    add: (line) => {
      const read = entryOf(line.trim());
      if (read === null) return;
      if (typeof read === "string") leave(read);
      else if (entries.size >= MAX_ENTRIES && !entries.has(keyOf(read))) leave("bound");
      else entries.set(keyOf(read), read);
    },
    end: () => ({ entries: [...entries.values()], leftOut }),
  };
}

function keyOf({ protocol, source, sourcePort, destination, destinationPort }: ConntrackEntry): string {
  return `${protocol} ${source} ${sourcePort} ${destination} ${destinationPort}`;
}

/** An entry, why a line is none, or null for what is no line of the table (headings, fences, messages). */
function entryOf(line: string): ConntrackEntry | string | null {
  const found = LINE.exec(line);
  if (found === null) return / expires=\d/.test(line) ? "unreadable" : null;
  const [, protocol = "", kind, source6, source4, sourcePort, destination6, destination4, destinationPort, rest = ""] =
    found;
  if (kind === "SVC") return "service";
  if (rest.startsWith("related ")) return "related";
  if (protocol !== "TCP" && protocol !== "UDP" && protocol !== "SCTP") return "other-protocol";
  if (/ (RxClosing|TxClosing) /.test(rest)) return "closing";
  if (/\(expired\b|remaining: -/.test(rest)) return "expired";
  return {
    protocol,
    source: source6 ?? source4 ?? "",
    sourcePort: Number(sourcePort),
    destination: destination6 ?? destination4 ?? "",
    destinationPort: Number(destinationPort),
    packets: Number(/ Packets=(\d+)/.exec(` ${rest}`)?.[1] ?? 0),
  };
}

/** Begins the uuid of a flow that stands for a conntrack entry. */
export const CONNTRACK_UUID = "conntrack-";

/**
 * An open connection as a flow, so that it is joined and decided like all others: an established trace of no node, by
 * addresses alone. It is evidence of the connection, never of a node having been heard.
 */
export function conntrackFlow(entry: ConntrackEntry, index: number, time: number): Flow {
  return {
    ...EMPTY_FLOW,
    time,
    uuid: `${CONNTRACK_UUID}${index}`,
    uuidHigh: 0x636f6e6e,
    uuidLow: index,
    sourceAddress: entry.source,
    destinationAddress: entry.destination,
    protocol: entry.protocol,
    sourcePort: entry.sourcePort,
    destinationPort: entry.destinationPort,
    tcpFlags: entry.protocol === "TCP" ? TcpFlag.ack : -1,
  };
}

const EMPTY_FLOW: Flow = {
  kind: "flow",
  time: null,
  node: "",
  uuid: "",
  uuidHigh: 0,
  uuidLow: 0,
  verdict: "FORWARDED",
  eventType: 4,
  subType: 0,
  flowType: "L3_L4",
  observationPoint: "TO_ENDPOINT",
  traceReason: "ESTABLISHED",
  isReply: false,
  direction: null,
  dropReason: null,
  policyMatchType: 0,
  source: null,
  destination: null,
  sourceAddress: "",
  destinationAddress: "",
  sourceXlated: "",
  protocol: "TCP",
  sourcePort: 0,
  destinationPort: 0,
  icmpType: 0,
  icmpCode: 0,
  tcpFlags: -1,
  tunnel: false,
  sourceNames: [],
  destinationNames: [],
  sourceService: "",
  destinationService: "",
  l7: null,
  egressAllowedBy: [],
  ingressAllowedBy: [],
  egressDeniedBy: [],
  ingressDeniedBy: [],
  socketCookie: "",
  count: 1,
  isAggregated: false,
  agentVersion: "",
};
