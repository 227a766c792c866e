import { CanonicalScanner } from "./canonical/scanner.ts";
import { type Message, partOf } from "./message.ts";
import type { ObserverParts } from "./observer.ts";
import type { ObserveRequest } from "./observe-request.ts";
import { CompactLines } from "./print/compact-lines.ts";
import { createPrinter, type Printer } from "./printer.ts";
import { type LogWarning, ResponseReader } from "./response-reader.ts";

const NEWLINE = 10;

export type LivePrinterParts = Pick<ObserverParts, "sink" | "decide" | "take"> & { readonly warn: LogWarning };

/** Prints what a server has selected itself: lines in canonical form, and the status of its nodes. */
export class LivePrinter {
  private readonly scanner = new CanonicalScanner();
  private readonly reader: ResponseReader;
  private readonly printer: Printer;
  private readonly parts: LivePrinterParts;
  /** Whether lines are printed by their bytes. */
  private readonly isPassed: boolean;
  private readonly compactLines: CompactLines | null;

  constructor(request: ObserveRequest, parts: LivePrinterParts) {
    const { sink, decide, take, warn } = parts;
    this.parts = parts;
    this.reader = new ResponseReader(warn);
    const heard = request.isSilent ? { ...sink, err: () => {} } : sink;
    this.printer = createPrinter(request.print, heard, decide ?? null);
    const isPlain = decide === undefined && take === undefined;
    this.isPassed = request.print.output === "jsonpb" && isPlain;
    this.compactLines = isPlain ? CompactLines.of(this.scanner, request.print) : null;
  }

  /** Whole lines. */
  lines(bytes: Uint8Array): void {
    if (this.isPassed) return this.parts.sink.line(bytes, 0, bytes.length - 1);
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(NEWLINE, start);
      const scanned = this.scanner.scan(bytes, start, end);
      const message = scanned ?? this.reader.read(bytes.subarray(start, end));
      if (scanned === null || !this.isCompact(scanned)) {
        if (message !== null) this.take(message);
      }
      start = end + 1;
    }
  }

  /** Whether the line just scanned could be printed from its bytes, and was. */
  private isCompact(scanned: Message): boolean {
    if (this.compactLines?.print(partOf(scanned, "flow")) !== true) return false;
    const { out } = this.compactLines;
    this.parts.sink.line(out.bytes, 0, out.length);
    return true;
  }

  status(message: Message): void {
    this.printer.response(message);
  }

  /** Prints what waits for the end. */
  finish(): void {
    this.printer.close();
  }

  private take(message: Message): void {
    if (this.parts.take === undefined) this.printer.response(message);
    else this.parts.take(message);
  }
}
