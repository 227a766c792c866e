import { CanonicalScanner } from "./canonical/scanner.ts";
import { type Message, partOf } from "./message.ts";
import { Observation } from "./observation.ts";
import type { ObserveRequest } from "./observe-request.ts";
import { CompactLines } from "./print/compact-lines.ts";
import type { Decide, PrintSink } from "./print/format.ts";
import { createPrinter, type Printer } from "./printer.ts";
import { writeProtojson } from "./protojson/write.ts";
import { type LogWarning, ResponseReader } from "./response-reader.ts";

/** Where printed text goes, and lines that need no change. */
export type ObserveSink = PrintSink & {
  /** The line in bytes[start, end), without its newline. The bytes are the taker's only during the call. */
  readonly line: (bytes: Uint8Array, start: number, end: number) => void;
};

/** Keeps the last lines that were put into it, for `--last`. */
export type LastLines = {
  readonly add: (bytes: Uint8Array, start: number, end: number) => void;
  /** Hands out what is kept, in order and in stretches of lines that each end with a newline, and forgets it. */
  readonly drain: () => Iterable<Uint8Array>;
};

export type ObserverParts = {
  readonly sink: ObserveSink;
  readonly last: LastLines;
  readonly warn: LogWarning;
  /** What policies say of a flow, to be printed beside it. */
  readonly decide?: Decide;
  /** Takes what would be printed, instead of the printer. */
  readonly take?: (response: Message) => void;
};

const NEWLINE = 0x0a;
const encoder = new TextEncoder();

/** Takes the lines of recordings and prints what a request asks for. Throws FilterError when it cannot be built. */
export class Observer {
  private readonly observation: Observation;
  private readonly scanner = new CanonicalScanner();
  private readonly reader: ResponseReader;
  private readonly printer: Printer;
  private readonly sink: ObserveSink;
  private readonly last: LastLines;
  private readonly taken: (response: Message) => void;
  /** Whether lines are printed by their bytes. */
  private readonly isPassed: boolean;
  private readonly compactLines: CompactLines | null;

  constructor(request: ObserveRequest, { sink, last, warn, decide, take }: ObserverParts) {
    this.observation = new Observation(request, (message, error) => warn("ERROR", message, [["error", error]]));
    this.reader = new ResponseReader(warn);
    const heard = request.isSilent ? { ...sink, err: () => {} } : sink;
    this.printer = createPrinter(request.print, heard, decide ?? null);
    this.taken = take ?? ((response) => this.printer.response(response));
    this.sink = sink;
    this.last = last;
    const isPlain = decide === undefined && take === undefined;
    this.isPassed = request.print.output === "jsonpb" && isPlain;
    this.compactLines = isPlain ? CompactLines.of(this.scanner, request.print) : null;
  }

  /** True when nothing more is asked for. */
  isDone(): boolean {
    return this.observation.isDone();
  }

  /** The line in bytes[start, end), without its newline. */
  line(bytes: Uint8Array, start: number, lineEnd: number): void {
    if (this.observation.isDone()) return;
    const end = lineEnd > start && bytes[lineEnd - 1] === 0x0d ? lineEnd - 1 : lineEnd;
    const scanned = this.scanner.scan(bytes, start, end);
    if (scanned !== null) {
      const choice = this.observation.choose(scanned);
      if (choice === "print") this.printLine(scanned, bytes, [start, end]);
      else if (choice === "keep") this.last.add(bytes, start, end);
      return;
    }
    const message = this.reader.read(bytes.subarray(start, end));
    if (message !== null) this.message(message);
  }

  /** A response that came as one, in canonical form. */
  message(message: Message): void {
    const choice = this.observation.choose(message);
    if (choice === "print") this.taken(message);
    if (choice !== "keep") return;
    const line = encoder.encode(writeProtojson(message));
    this.last.add(line, 0, line.length);
  }

  /** Prints what waits for the end; it gives each stretch of bytes before their lines are printed, so that what was printed before can be written. */
  *finish(): Generator<Uint8Array> {
    const reader = new ResponseReader(() => {});
    for (const bytes of this.last.drain()) {
      yield bytes;
      for (let start = 0; start < bytes.length; ) {
        const end = bytes.indexOf(NEWLINE, start);
        const scanned = this.scanner.scan(bytes, start, end);
        const message = scanned ?? reader.read(bytes.subarray(start, end));
        if (scanned !== null) this.printLine(scanned, bytes, [start, end]);
        else if (message !== null) this.printMessage(message, bytes, [start, end]);
        start = end + 1;
      }
    }
    this.printer.close();
  }

  /** A line that the scanner has just read. */
  private printLine(scanned: Message, bytes: Uint8Array, place: readonly [number, number]): void {
    if (this.compactLines?.print(partOf(scanned, "flow")) === true) {
      const { out } = this.compactLines;
      this.sink.line(out.bytes, 0, out.length);
    } else this.printMessage(scanned, bytes, place);
  }

  /** Flows and lost events in canonical form are printed as JSON by their bytes. */
  private printMessage(message: Message, bytes: Uint8Array, [start, end]: readonly [number, number]): void {
    if (this.isPassed && message["flow"] !== undefined) this.sink.line(bytes, start, end);
    else this.taken(message);
  }
}
