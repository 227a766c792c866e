/**
 * Why the agent refuses an object. `text` is the agent's, without the prefix that Parse puts before it; `help` is
 * ours; `path` is the element below the object. `crash` marks text of a Go panic, which no caller prefixes: the agent
 * does not survive the object (the API server's schema normally keeps it away).
 */
export type Rejection = {
  readonly text: string;
  readonly help: string;
  readonly path: string;
  readonly crash?: true;
};

export function reject(path: string, text: string, help: string): Rejection {
  return { text, help, path };
}

const CRASH_HELP =
  "the agent crashes on this instead of refusing it, and only the API server's schema keeps it away: write the element in full";

/** A Go panic, in the words that a recovered one has. */
export function crash(path: string, text: string): Rejection {
  return { text: `panic: ${text}`, help: CRASH_HELP, path, crash: true };
}

/** Upstream code followed a nil pointer: an element that is null, or whose mandatory part is missing. */
export function nilPointer(path: string): Rejection {
  return crash(path, "runtime error: invalid memory address or nil pointer dereference");
}

/** The first rejection among the items, in order: upstream returns at the first error too. */
export function firstRejection<T>(
  items: readonly T[],
  check: (item: T, index: number) => Rejection | null,
): Rejection | null {
  for (const [index, item] of items.entries()) {
    const rejection = check(item, index);
    if (rejection !== null) return rejection;
  }
  return null;
}
