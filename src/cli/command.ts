import type { Flag, Invocation, Operand } from "./args.ts";
import type { Io } from "./io.ts";

/** A verb as data. What it does is imported when it runs, so that help needs none of it. */
export type Command = {
  readonly name: string;
  /** One line, lower case, no full stop. */
  readonly summary: string;
  /** Paragraphs for `--help`. */
  readonly detail: readonly string[];
  readonly operand: Operand | null;
  /** Flags it cannot do without, as the usage line names them. */
  readonly needs?: readonly Flag[];
  readonly flags: readonly Flag[];
  /** True when the verb reads its words itself, as another program would: they are its operands, as typed. */
  readonly hasOwnWords?: boolean;
  readonly examples: readonly Example[];
  /** Answers the exit code: 0 clean, 1 findings, 2 could not run. */
  readonly run: (invocation: Invocation, io: Io) => Promise<ExitCode>;
};

export type Example = { readonly does: string; readonly line: string };
export type ExitCode = 0 | 1 | 2;
