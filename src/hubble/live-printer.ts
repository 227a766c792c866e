import { CanonicalScanner } from "./canonical/scanner.ts";
import type { Message } from "./message.ts";
import type { ObserverParts } from "./observer.ts";
import type { ObserveRequest } from "./observe-request.ts";
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

  constructor(request: ObserveRequest, parts: LivePrinterParts) {
    const { sink, decide, take, warn } = parts;
    this.parts = parts;
    this.reader = new ResponseReader(warn);
    const heard = request.isSilent ? { ...sink, err: () => {} } : sink;
    this.printer = createPrinter(request.print, heard, decide ?? null);
    this.isPassed = request.print.output === "jsonpb" && decide === undefined && take === undefined;
  }

  /** Whole lines. */
  lines(bytes: Uint8Array): void {
    if (this.isPassed) return this.parts.sink.line(bytes, 0, bytes.length - 1);
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(NEWLINE, start);
      const message = this.scanner.scan(bytes, start, end) ?? this.reader.read(bytes.subarray(start, end));
      if (message !== null) this.take(message);
      start = end + 1;
    }
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
