import { cutEnd } from "#report/width.ts";

/** Says on standard error what takes long. Silent for the first second. */
export type Progress = {
  /** What is being done now: `reading flows.jsonl: 1,200,000 flows`. */
  readonly update: (text: string) => void;
  /** Takes the line away before other output is written. */
  readonly clear: () => void;
};

export type ProgressOptions = {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: number;
  /** Milliseconds from any fixed point. */
  readonly now: () => number;
};

const SILENT_MILLISECONDS = 1000;
const TERMINAL_MILLISECONDS = 100;
const LINE_MILLISECONDS = 5000;

/** On a terminal one line that is written over; elsewhere (a CI log) a whole line now and then. */
export function createProgress(options: ProgressOptions): Progress {
  const { write, isTerminal, columns, now } = options;
  const pause = isTerminal ? TERMINAL_MILLISECONDS : LINE_MILLISECONDS;
  let next = now() + SILENT_MILLISECONDS;
  let isShown = false;
  const update = (text: string) => {
    if (now() < next) return;
    next = now() + pause;
    isShown = isTerminal;
    write(isTerminal ? `\r\u001B[K${cutEnd(text, columns - 1)}` : `${text}\n`);
  };
  const clear = () => {
    if (isShown) write("\r\u001B[K");
    isShown = false;
  };
  return { update, clear };
}

export const NO_PROGRESS: Progress = { update: () => undefined, clear: () => undefined };
