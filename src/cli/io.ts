import type { Progress } from "./progress.ts";

/** What a verb may touch of the process that runs it. Tests give their own. */
export type Io = {
  /** Resolves when the text has left the process; so a large output never outgrows memory, and none is lost at exit. */
  readonly out: (text: string | Uint8Array) => Promise<void>;
  readonly err: (text: string) => void;
  /** False once the reader of standard output has gone (`| head`): what is left need not be made. */
  readonly isOpen: () => boolean;
  readonly progress: Progress;
  /** Columns for text; colour as `--color auto` would have it. */
  readonly width: number;
  readonly isColorful: boolean;
};
