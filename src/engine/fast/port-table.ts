import { isDeny, type MapEntry } from "../resolve/map-entry.ts";
import { rangePrefix } from "../rules/port-range.ts";

// Upstream: the port part of the policy map's LPM trie. Differs: intervals of ports that no key tells apart.

/** What a packet meets, as a number: 0 and 1 are plain, 2 is allowed into a proxy, which may still refuse. */
export const DENIED = 0;
export const ALLOWED = 1;
export const REDIRECTED = 2;
const UNKNOWN = -1;

const PORTS = 2 ** 16;

/** Answers by port, for one protocol of one peer: intervals with equal answers, worked out when first asked. */
export class PortTable {
  /** First port of each interval, ascending, the first 0. */
  readonly #starts: Int32Array;
  readonly #codes: Int8Array;
  readonly #entries: (MapEntry | null)[];
  readonly #evaluate: (port: number) => MapEntry | null;

  /** `evaluate` answers for a port; between two of `starts` its answer must not change. */
  constructor(starts: readonly number[], evaluate: (port: number) => MapEntry | null) {
    this.#starts = Int32Array.from(new Set([0, ...starts.filter((port) => port < PORTS)])).sort();
    this.#codes = new Int8Array(this.#starts.length).fill(UNKNOWN);
    this.#entries = [];
    this.#evaluate = evaluate;
  }

  /** The entry that answers; null: nothing allows it. */
  entry(port: number): MapEntry | null {
    if (port < 0 || port >= PORTS) return this.#evaluate(port);
    const at = this.#at(port);
    if (this.#codes[at] === UNKNOWN) this.#fill(at);
    return this.#entries[at] ?? null;
  }

  code(port: number): number {
    if (port < 0 || port >= PORTS) return codeOf(this.#evaluate(port));
    const at = this.#at(port);
    const known = this.#codes[at] ?? UNKNOWN;
    return known === UNKNOWN ? this.#fill(at) : known;
  }

  #fill(at: number): number {
    const entry = this.#evaluate(this.#starts[at] ?? 0);
    const code = codeOf(entry);
    this.#entries[at] = entry;
    this.#codes[at] = code;
    return code;
  }

  /** The interval that holds a port: the last that starts at or before it. */
  #at(port: number): number {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((starts[middle] ?? 0) <= port) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function codeOf(entry: MapEntry | null): number {
  if (entry === null || isDeny(entry)) return DENIED;
  return entry.proxy === "" ? ALLOWED : REDIRECTED;
}

/** Where the masked ports of a range begin and end: ports between two of these share a key. */
export function portStarts(start: number, end: number): readonly number[] {
  const bits = rangePrefix(start, end, start);
  if (bits === 0 || bits === null) return [];
  if (end <= start) return [start, start + 1];
  const starts: number[] = [];
  for (let port = start; port <= end; ) {
    starts.push(port);
    port += 2 ** (16 - (rangePrefix(start, end, port) ?? 16));
  }
  return [...starts, end + 1];
}
