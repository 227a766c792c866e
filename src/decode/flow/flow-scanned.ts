import type { Protocol, Verdict } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { Flow, FlowEndpoint, FlowL7, FlowPolicy, FlowSerials } from "#model/flow.ts";
import { dropReasonOf, observationPointOf } from "./flow-parts.ts";

const NOTHING: readonly never[] = [];

/** Members of a flow that are few words and belong to the shape of a line (see FlowShapes). */
export type ShapeFacts = Pick<
  ScannedFlow,
  "verdict" | "dropNumber" | "agentVersion" | "protocol" | "tcpFlags" | "icmpType" | "icmpCode" | "tunnel"
>;

/** Members of a flow that Hubble writes after its ends. They repeat from line to line, so they are read and kept as one. */
export class TailFacts {
  flowType = "";
  node = "";
  eventType = 0;
  subType = 0;
  direction: Direction | null = null;
  observation = "";
  traceReason = "";
  isReply: boolean | null = null;
  wasReply = false;
  dropName = "";
  policyMatchType = 0;
  sourceNames: readonly string[] = NOTHING;
  destinationNames: readonly string[] = NOTHING;
  sourceService = "";
  destinationService = "";
  egressAllowedBy: readonly FlowPolicy[] = NOTHING;
  ingressAllowedBy: readonly FlowPolicy[] = NOTHING;
  egressDeniedBy: readonly FlowPolicy[] = NOTHING;
  ingressDeniedBy: readonly FlowPolicy[] = NOTHING;
  count = 1;
  isAggregated = false;
  /** Number of what is remembered; 0 for a part that is not, so that it may come again as another object. */
  serial = 0;
  /** Parts that this one was joined with, and what came of it. */
  joins: { readonly second: TailFacts; readonly both: TailFacts }[] = [];
}

export const NO_TAIL: TailFacts = Object.freeze(new TailFacts());

const MAX_JOINS = 32;
let lastSerial = 0;

/** A number for facts that are remembered. */
export function nextSerial(): number {
  lastSerial++;
  return lastSerial;
}

/** Two parts of one tail as one: what a part does not hold is at its default there. The first part keeps what came of it. */
export function joinTails(first: TailFacts, second: TailFacts): TailFacts {
  if (first === NO_TAIL) return second;
  const { joins } = first;
  for (const join of joins) if (join.second === second) return join.both;
  const serial = first.serial === 0 || second.serial === 0 ? 0 : nextSerial();
  const both = Object.assign(new TailFacts(), first, presentFacts(second), { joins: [], serial });
  if (joins.length >= MAX_JOINS) joins.length = 0;
  joins.push({ second, both });
  return both;
}

function presentFacts(facts: TailFacts): Partial<TailFacts> {
  const defaults = new Map<string, unknown>(Object.entries(NO_TAIL));
  return Object.fromEntries(
    Object.entries(facts).filter(
      ([name, value]) => name !== "joins" && name !== "serial" && value !== defaults.get(name),
    ),
  );
}

class ScannedSerials implements FlowSerials {
  private readonly flow: ScannedFlow;
  constructor(flow: ScannedFlow) {
    this.flow = flow;
  }
  get source(): number {
    return this.flow.sourceSerial;
  }
  get destination(): number {
    return this.flow.destinationSerial;
  }
  get shape(): number {
    return this.flow.shapeSerial;
  }
  get tail(): number {
    return this.flow.tail.serial;
  }
}

/**
 * The flow that the scanner hands out: one object, filled anew by every line. The uuid's text is made only when asked
 * for, from the line's bytes: before the next scan.
 */
export class ScannedFlow implements Flow {
  readonly kind = "flow";
  tail: TailFacts = NO_TAIL;
  time: number | null = null;
  /** The envelope's, where the flow has none. */
  envelopeNode = "";
  uuidHigh = 0;
  uuidLow = 0;
  verdict: Verdict = "VERDICT_UNKNOWN";
  dropNumber = 0;
  agentVersion = "";
  sourceAddress = "";
  destinationAddress = "";
  sourceXlated = "";
  source: FlowEndpoint | null = null;
  destination: FlowEndpoint | null = null;
  protocol: Protocol = "";
  sourcePort = 0;
  destinationPort = 0;
  icmpType = 0;
  icmpCode = 0;
  tcpFlags = -1;
  tunnel = false;
  l7: FlowL7 | null = null;
  socketCookie = "";
  /** What was recognised; `tail` is the tail's own. */
  sourceSerial = 0;
  destinationSerial = 0;
  shapeSerial = 0;
  private readonly readUuid: () => string;

  constructor(readUuid: () => string) {
    this.readUuid = readUuid;
  }

  clear(): void {
    this.tail = NO_TAIL;
    this.time = null;
    this.envelopeNode = "";
    this.uuidHigh = 0;
    this.uuidLow = 0;
    this.verdict = "VERDICT_UNKNOWN";
    this.dropNumber = 0;
    this.agentVersion = "";
    this.clearAddresses();
    this.source = null;
    this.destination = null;
    this.tunnel = false;
    this.l7 = null;
    this.socketCookie = "";
    this.sourceSerial = 0;
    this.destinationSerial = 0;
    this.shapeSerial = 0;
    this.clearL4();
  }

  clearAddresses(): void {
    this.sourceAddress = "";
    this.destinationAddress = "";
    this.sourceXlated = "";
  }

  clearL4(): void {
    this.protocol = "";
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.icmpType = 0;
    this.icmpCode = 0;
    this.tcpFlags = -1;
  }

  setShape(facts: ShapeFacts, serial: number): void {
    this.shapeSerial = serial;
    this.verdict = facts.verdict;
    this.dropNumber = facts.dropNumber;
    this.agentVersion = facts.agentVersion;
    this.protocol = facts.protocol;
    this.tcpFlags = facts.tcpFlags;
    this.icmpType = facts.icmpType;
    this.icmpCode = facts.icmpCode;
    this.tunnel = facts.tunnel;
  }

  shape(): ShapeFacts {
    const { verdict, dropNumber, agentVersion, protocol, tcpFlags, icmpType, icmpCode, tunnel } = this;
    return { verdict, dropNumber, agentVersion, protocol, tcpFlags, icmpType, icmpCode, tunnel };
  }

  readonly serials: FlowSerials = new ScannedSerials(this);

  get uuid(): string {
    return this.readUuid();
  }
  get node(): string {
    return this.tail.node === "" ? this.envelopeNode : this.tail.node;
  }
  get flowType(): string {
    return this.tail.flowType;
  }
  get eventType(): number {
    return this.tail.eventType;
  }
  get subType(): number {
    return this.tail.subType;
  }
  get direction(): Direction | null {
    return this.tail.direction;
  }
  get observationPoint(): string {
    const tail = this.tail;
    return tail.observation === "" ? observationPointOf("", tail.eventType, tail.subType) : tail.observation;
  }
  get traceReason(): string {
    return this.tail.traceReason;
  }
  get isReply(): boolean | null {
    return this.tail.isReply ?? (this.tail.wasReply ? true : null);
  }
  get dropReason(): string | null {
    return dropReasonOf(this.tail.dropName, this.dropNumber, this.tail.eventType, this.tail.subType);
  }
  get policyMatchType(): number {
    return this.tail.policyMatchType;
  }
  get sourceNames(): readonly string[] {
    return this.tail.sourceNames;
  }
  get destinationNames(): readonly string[] {
    return this.tail.destinationNames;
  }
  get sourceService(): string {
    return this.tail.sourceService;
  }
  get destinationService(): string {
    return this.tail.destinationService;
  }
  get egressAllowedBy(): readonly FlowPolicy[] {
    return this.tail.egressAllowedBy;
  }
  get ingressAllowedBy(): readonly FlowPolicy[] {
    return this.tail.ingressAllowedBy;
  }
  get egressDeniedBy(): readonly FlowPolicy[] {
    return this.tail.egressDeniedBy;
  }
  get ingressDeniedBy(): readonly FlowPolicy[] {
    return this.tail.ingressDeniedBy;
  }
  get count(): number {
    return this.tail.count;
  }
  get isAggregated(): boolean {
    return this.tail.isAggregated;
  }
}
