import type { Place } from "./place.ts";

export type Severity = "error" | "warn" | "info";

/**
 * Something about the user's cluster, manifests or recording that is worth saying: a value, never thrown.
 * `id` is stable (users name it in configuration); `message` is lower case and has no final full stop;
 * `help` says what to do next.
 */
export type Finding = {
  readonly id: string;
  readonly severity: Severity;
  readonly message: string;
  readonly help?: string;
  readonly place?: Place;
  /** How many times it was met; absent means once. Repeats are counted, not listed. */
  readonly count?: number;
};

/**
 * What was asked cannot be done: bad input, a missing file, an unknown flag. Thrown once, printed by `cli/main.ts`
 * alone, exit 2. Our own bugs are never a UserError.
 */
export class UserError extends Error {
  readonly code: string;
  readonly help: string | undefined;
  readonly place: Place | undefined;
  constructor(
    code: string,
    message: string,
    more: { readonly help?: string; readonly place?: Place; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = "UserError";
    this.code = code;
    this.help = more.help;
    this.place = more.place;
  }
}
