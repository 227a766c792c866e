import { UserError } from "#model/finding.ts";
import type { Io } from "./io.ts";
import { createProgress } from "./progress.ts";

const PLAIN_WIDTH = 80;
/** Longer lines are hard to read, however wide the terminal. */
const WIDEST = 100;

/** The process's own streams and environment. */
export function createProcessIo(): Io {
  const { stdout, stderr, env } = process;
  let isOpen = true;
  let trouble: Error | null = null;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    isOpen = false;
    // The reader has gone (`| head`): that is its right. Anything else (a full disk) is told.
    if (error.code !== "EPIPE") trouble = error;
  });
  stderr.on("error", () => undefined);
  const err = (text: string) => {
    stderr.write(text);
  };
  const out = async (text: string | Uint8Array) => {
    if (isOpen && text.length > 0) await new Promise<void>((resolve) => stdout.write(text, () => resolve()));
    if (trouble !== null) throw new UserError("cannot-write", `cannot write to standard output: ${trouble.message}`);
  };
  const isTerminal = stdout.isTTY === true;
  const columns = isTerminal ? stdout.columns : Number(env["COLUMNS"] ?? PLAIN_WIDTH);
  return {
    out,
    err,
    isOpen: () => isOpen,
    progress: createProgress({
      write: err,
      isTerminal: stderr.isTTY === true,
      columns: stderr.columns ?? PLAIN_WIDTH,
      now: () => performance.now(),
    }),
    width: Number.isInteger(columns) && columns > 0 ? Math.min(columns, WIDEST) : PLAIN_WIDTH,
    isColorful: isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
  };
}
