import type { Flow, FlowEvent } from "#model/flow.ts";
import { eventKind } from "#traffic/event-kind.ts";
import type { EventLook } from "./kept-events.ts";

/** Kept one by one: what policies and proxies said. */
const WHOLE: ReadonlySet<string> = new Set(["verdict", "drop", "l7"]);
/** Samples of an hour: so many, and one for so many flows. */
const FREE_SAMPLES = 200;
const FLOWS_A_SAMPLE = 50;
/** Further looks of events count as one. */
const MAX_LOOKS = 1 << 18;

/**
 * Chooses the events that are kept as they came: all policy verdicts, drops and L7 events (DNS answers among them), all
 * that tells of losses, nodes and agents; of the rest the first of each look (ends, kind, port) an hour and every
 * thousandth, as long as they are few among all.
 */
export class EventKeeper {
  private readonly seen = new Map<number, number>();
  private readonly sampleEvery: number;
  private flows = 0;
  private samples = 0;

  constructor(sampleEvery: number) {
    this.sampleEvery = sampleEvery;
  }

  /** What the event is kept as; null when it is not. */
  lookOf(event: FlowEvent): EventLook | null {
    if (event.kind !== "flow") return event.kind === "debug" ? null : { kind: event.kind, verdict: "" };
    this.flows++;
    const kind = eventKind(event);
    const look = { kind, verdict: event.verdict };
    return WHOLE.has(kind) || this.isSample(event) ? look : null;
  }

  /** A new hour: the first of each look again. */
  begin(): void {
    this.seen.clear();
    this.flows = 0;
    this.samples = 0;
  }

  private isSample(flow: Flow): boolean {
    if (this.samples >= FREE_SAMPLES + this.flows / FLOWS_A_SAMPLE) return false;
    const found = lookNumber(flow);
    const key = this.seen.size < MAX_LOOKS || this.seen.has(found) ? found : 0;
    const count = this.seen.get(key) ?? 0;
    this.seen.set(key, count + 1);
    if (count % this.sampleEvery !== 0) return false;
    this.samples++;
    return true;
  }
}

/** Two looks rarely have one number: then one of them has a sample less. */
function lookNumber(flow: Flow): number {
  const { serials, source, destination } = flow;
  const ends =
    serials !== undefined && serials.source !== 0 && serials.destination !== 0
      ? mix(serials.source, serials.destination)
      : mix(
          textNumber(source?.podName ?? flow.sourceAddress),
          textNumber(destination?.podName ?? flow.destinationAddress),
        );
  const ports = flow.isReply === true ? flow.sourcePort : flow.destinationPort;
  return mix(mix(ends, ports), mix(flow.subType, textNumber(flow.verdict) ^ textNumber(flow.node)));
}

function mix(one: number, other: number): number {
  const mixed = Math.imul(one ^ (other + 0x7f4a7c15), 0x9e3779b1);
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) ^ other;
}

function textNumber(text: string): number {
  let number = 0;
  for (let index = 0; index < text.length; index++) number = Math.imul(number, 31) + text.charCodeAt(index);
  return number;
}
