import { FlowScanner } from "#decode/flow/flow-scanner.ts";
import type { FlowEvent } from "#model/flow.ts";
import { DuplicateWindow } from "./recording-duplicates.ts";
import type { EventTaker } from "./recording-fold.ts";

/** Takes the events of a server, and is told of those that came before. */
export type LiveTaker = Pick<EventTaker, "add" | "skip"> & { readonly again: (node: string) => void };

const NEWLINE = 10;
/** Lost between the ring and this very client: never told twice. */
const OF_THIS_STREAM = "HUBBLE_RING_BUFFER";

/**
 * Reads the lines of one or more servers: each event is handed out once, whichever of them tells it, and however often. An
 * event is known again by its uuid as long as it is one of the last half a million.
 */
export class RelayEvents {
  private readonly scanner = new FlowScanner();
  private readonly duplicates = new DuplicateWindow();

  /** Whole lines. */
  push(lines: Uint8Array, taker: LiveTaker): void {
    for (let start = 0; start < lines.length; ) {
      const end = lines.indexOf(NEWLINE, start);
      if (end < 0) throw new Error("a line of a server has no end");
      this.line(lines, start, end, taker);
      start = end + 1;
    }
  }

  private line(lines: Uint8Array, start: number, end: number, taker: LiveTaker): void {
    const event = this.scanner.scan(lines, start, end);
    if (event === null || (event.kind === "unknown" && event.what === "")) {
      // A response of a kind that a newer Hubble has is written as an empty object.
      taker.skip("not-an-event");
    } else if (this.isKnown(event)) {
      taker.skip("duplicate");
      if (event.kind === "flow") taker.again(event.node);
    } else taker.add(event, lines, start, end);
  }

  /** What the kernel's buffer lost stands in the ring as flows do, and comes again with them. */
  private isKnown(event: FlowEvent): boolean {
    if (event.kind === "flow") return this.duplicates.isKnown(event.uuidHigh, event.uuidLow, event.time ?? 0);
    if (event.kind !== "lost" || event.time === null || event.source === OF_THIS_STREAM) return false;
    return this.duplicates.isKnown(textNumber(`${event.node} ${event.source}`) | 1, event.count, event.time);
  }
}

function textNumber(text: string): number {
  let number = 0;
  for (let index = 0; index < text.length; index++) number = (Math.imul(number, 31) + text.charCodeAt(index)) | 0;
  return number;
}
