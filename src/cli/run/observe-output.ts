import type { ObserveSink } from "#hubble/observer.ts";
import type { Io } from "../io.ts";
import { GatheredBytes } from "./gathered-bytes.ts";

/** What an observation prints, on its way to standard output. */
export type ObserveOutput = {
  readonly sink: ObserveSink;
  /** Lines in this piece may be written where they stand, until the next flush; others are copied. */
  readonly begin: (piece: Uint8Array) => void;
  /** Writes what was gathered, and the lines that stand in the piece just taken; after it the piece may be overwritten. */
  readonly flush: () => Promise<void>;
};

/**
 * Gathers text, and lines where they stand: those that follow one another in a piece are written as one stretch of it,
 * without a copy. Order is kept.
 */
export function createObserveOutput(io: Io): ObserveOutput {
  const ready: (string | Uint8Array)[] = [];
  const gathered = new GatheredBytes((more) => ready.push(more));
  let piece: Uint8Array | null = null;
  let bytes: Uint8Array | null = null;
  let start = 0;
  let end = 0;
  const endStretch = () => {
    if (bytes !== null) ready.push(bytes.subarray(start, end), bytes[end] === 10 ? bytes.subarray(end, end + 1) : "\n");
    bytes = null;
  };
  return {
    begin: (next) => {
      piece = next;
    },
    sink: {
      out: (more) => {
        if (bytes !== null) endStretch();
        gathered.text(more);
      },
      err: (more) => io.err(more),
      line: (from, lineStart, lineEnd) => {
        if (from !== piece) {
          endStretch();
          gathered.line(from, lineStart, lineEnd);
          return;
        }
        gathered.flush();
        const isNext = bytes === from && lineStart === end + 1 && from[end] === 10;
        if (!isNext) {
          endStretch();
          bytes = from;
          start = lineStart;
        }
        end = lineEnd;
      },
    },
    flush: async () => {
      endStretch();
      gathered.flush();
      for (const one of ready.splice(0)) await io.out(one);
    },
  };
}
