import type { Address, Prefix } from "./cidr.ts";

// Upstream: pkg/container/bitlpm, as pkg/ipcache uses it. Differs: flat intervals, made once.

const HIGH = 48n;
const HIGH_WORD = (1n << HIGH) - 1n;
const LOW = 32n;
const LOW_WORD = (1n << LOW) - 1n;

/** One family's intervals: each goes on until the next begins. */
type Intervals = {
  /** First addresses: one column of 32 bits for IPv4; 48, 48 and 32 bits for IPv6. */
  readonly columns: readonly (Uint32Array | Float64Array)[];
  /** The prefix that is the longest there; -1 none. */
  readonly owners: Int32Array;
};

/** Finds, among many prefixes, the longest that holds an address, and which hold that one. Prefixes are told by place. */
export class CidrTable {
  readonly #intervals: Readonly<Record<4 | 6, Intervals>>;
  readonly #parents: Int32Array;

  /** `prefixes` are distinct. */
  constructor(prefixes: readonly Prefix[]) {
    this.#parents = new Int32Array(prefixes.length).fill(-1);
    const four = sweep(spansOf4(prefixes), 2 ** 32, this.#parents);
    const six = sweep(spansOf6(prefixes), 1n << 128n, this.#parents);
    this.#intervals = {
      4: { columns: [Uint32Array.from(four.starts)], owners: Int32Array.from(four.owners) },
      6: { columns: columnsOf6(six.starts), owners: Int32Array.from(six.owners) },
    };
  }

  /** Place of the longest prefix that holds the address; -1 when none does. */
  find({ family, value }: Address): number {
    if (family === 4) return this.find4(Number(value));
    return this.find6(Number(value >> (HIGH + LOW)), Number((value >> LOW) & HIGH_WORD), Number(value & LOW_WORD));
  }

  /** The same for an IPv4 address as a number. */
  find4(address: number): number {
    const { columns, owners } = this.#intervals[4];
    const [starts] = columns;
    if (starts === undefined) return -1;
    let low = -1;
    let high = owners.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= address) low = middle;
      else high = middle - 1;
    }
    return low < 0 ? -1 : (owners[low] ?? -1);
  }

  /** The same for an IPv6 address as its first 48, next 48 and last 32 bits. */
  find6(first: number, second: number, third: number): number {
    const { columns, owners } = this.#intervals[6];
    const [a, b, c] = columns;
    if (a === undefined || b === undefined || c === undefined) return -1;
    let low = -1;
    let high = owners.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      let order = (a[middle] ?? 0) - first;
      if (order === 0) order = (b[middle] ?? 0) - second;
      if (order === 0) order = (c[middle] ?? 0) - third;
      if (order <= 0) low = middle;
      else high = middle - 1;
    }
    return low < 0 ? -1 : (owners[low] ?? -1);
  }

  /** Place of the longest of the other prefixes that hold this one; -1 when none does. */
  parent(place: number): number {
    return this.#parents[place] ?? -1;
  }
}

/** A prefix as the addresses from `start` to before `next`. IPv4 in numbers, which are much faster. */
type Span<T extends number | bigint> = {
  readonly place: number;
  readonly start: T;
  readonly next: T;
  readonly bits: number;
};

function spansOf4(prefixes: readonly Prefix[]): Span<number>[] {
  const spans: Span<number>[] = [];
  for (let place = 0; place < prefixes.length; place += 1) {
    const prefix = prefixes[place];
    if (prefix?.family !== 4) continue;
    const start = Number(prefix.value);
    spans.push({ place, start, next: start + 2 ** (32 - prefix.bits), bits: prefix.bits });
  }
  return spans;
}

function spansOf6(prefixes: readonly Prefix[]): Span<bigint>[] {
  const spans: Span<bigint>[] = [];
  for (let place = 0; place < prefixes.length; place += 1) {
    const prefix = prefixes[place];
    if (prefix?.family !== 6) continue;
    const { value: start, bits } = prefix;
    spans.push({ place, start, next: start + (1n << BigInt(128 - bits)), bits });
  }
  return spans;
}

type Swept<T> = { readonly starts: readonly T[]; readonly owners: readonly number[] };

/** Goes over the spans by start, outer before inner, with those that are open on a stack. Notes each one's parent. */
function sweep<T extends number | bigint>(spans: Span<T>[], end: T, parents: Int32Array): Swept<T> {
  const starts: T[] = [];
  const owners: number[] = [];
  const emit = (start: T, owner: number) => {
    if (starts.at(-1) === start) owners[owners.length - 1] = owner;
    else if (start < end) {
      starts.push(start);
      owners.push(owner);
    }
  };
  const open: Span<T>[] = [];
  const closeUntil = (next: T) => {
    while (open.length > 0 && (open.at(-1)?.next ?? next) <= next) {
      const closed = open.pop();
      if (closed !== undefined) emit(closed.next, open.at(-1)?.place ?? -1);
    }
  };
  for (const span of spans.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.bits - b.bits))) {
    closeUntil(span.start);
    parents[span.place] = open.at(-1)?.place ?? -1;
    emit(span.start, span.place);
    open.push(span);
  }
  closeUntil(end);
  return { starts, owners };
}

function columnsOf6(starts: readonly bigint[]): readonly Float64Array[] {
  return [
    Float64Array.from(starts, (start) => Number(start >> (HIGH + LOW))),
    Float64Array.from(starts, (start) => Number((start >> LOW) & HIGH_WORD)),
    Float64Array.from(starts, (start) => Number(start & LOW_WORD)),
  ];
}
