import { closeSync, openSync, readSync } from "node:fs";
import { type ObserverParts, Observer } from "#hubble/observer.ts";
import type { ObserveRequest } from "#hubble/observe-request.ts";
import { LineCutter } from "#sources/recording-lines.ts";
import { GatheredBytes } from "./gathered-bytes.ts";

/** Lines of a plain file that begin in bytes[from, to). */
export type Stretch = { readonly file: string; readonly from: number; readonly to: number };

/** What was printed for a stretch, and what was warned of. */
export type StretchPrinted = {
  readonly out: readonly Uint8Array<ArrayBuffer>[];
  /** For standard error as it is. */
  readonly errors: readonly string[];
  readonly warnings: readonly StretchWarning[];
};
export type StretchWarning = {
  readonly level: "WARN" | "ERROR";
  readonly message: string;
  readonly attributes: readonly (readonly [string, string])[];
};

const PIECE_BYTES = 1 << 20;

/** Prints stretches one by one; what is known of lines stays known from stretch to stretch. */
export class StretchPrinter {
  private readonly observer: Observer;
  private readonly gathered = new GatheredBytes((bytes) => this.out.push(bytes));
  private out: Uint8Array<ArrayBuffer>[] = [];
  private errors: string[] = [];
  private warnings: StretchWarning[] = [];
  private readonly piece = new Uint8Array(PIECE_BYTES);

  constructor(request: ObserveRequest) {
    this.observer = new Observer(request, this.parts());
  }

  private parts(): ObserverParts {
    return {
      sink: {
        out: (more) => this.gathered.text(more),
        err: (more) => this.errors.push(more),
        line: (bytes, start, end) => this.gathered.line(bytes, start, end),
      },
      last: { add: () => {}, drain: () => [] },
      warn: (level, message, attributes) => this.warnings.push({ level, message, attributes }),
    };
  }

  print({ file, from, to }: Stretch): StretchPrinted {
    const descriptor = openSync(file, "r");
    const state = { isDone: false };
    const taker = {
      line: (bytes: Uint8Array, start: number, end: number, offset: number) => {
        if (offset >= to) state.isDone = true;
        else if (offset >= from) this.observer.line(bytes, start, end);
      },
      tooLong: (offset: number) => this.tooLong(offset, { from, to }),
    };
    // From the byte before: the rest of a line that begins earlier is not ours.
    let at = Math.max(0, from - 1);
    const cutter = new LineCutter(taker, at);
    try {
      for (let read = 1; read > 0 && !state.isDone; at += read) {
        read = readSync(descriptor, this.piece, 0, this.piece.length, at);
        if (read > 0) cutter.push(this.piece.subarray(0, read));
      }
      if (!state.isDone) cutter.end(taker.line);
    } finally {
      closeSync(descriptor);
    }
    return this.taken();
  }

  private tooLong(offset: number, { from, to }: Pick<Stretch, "from" | "to">): void {
    if (offset < from || offset >= to) return;
    const message = "a line longer than 8 MiB was passed over";
    this.warnings.push({ level: "WARN", message, attributes: [["offset", String(offset)]] });
  }

  private taken(): StretchPrinted {
    this.gathered.flush();
    const printed = { out: this.out, errors: this.errors, warnings: this.warnings };
    this.out = [];
    this.errors = [];
    this.warnings = [];
    return printed;
  }
}
