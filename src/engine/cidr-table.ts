import type { Address, Prefix } from "./cidr.ts";

// Upstream: pkg/container/bitlpm, as pkg/ipcache uses it. Differs: flat intervals, made once.

const WIDTH = { 4: 32, 6: 128 } as const;
const WORD = 0xffffffffn;

/** One family's intervals: each goes on until the next begins. */
type Intervals = {
  /** First addresses in words of 32 bits, the highest first: one column for IPv4, four for IPv6. */
  readonly columns: readonly Uint32Array[];
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
    this.#intervals = { 4: this.#build(prefixes, 4), 6: this.#build(prefixes, 6) };
  }

  /** Place of the longest prefix that holds the address; -1 when none does. */
  find({ family, value }: Address): number {
    if (family === 4) return this.find4(Number(value));
    const word = (shift: bigint) => Number((value >> shift) & WORD);
    return this.find6(word(96n), word(64n), word(32n), word(0n));
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

  /** The same for an IPv6 address as four words, the highest first. */
  find6(first: number, second: number, third: number, fourth: number): number {
    const { columns, owners } = this.#intervals[6];
    const [a, b, c, d] = columns;
    if (a === undefined || b === undefined || c === undefined || d === undefined) return -1;
    let low = -1;
    let high = owners.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const order =
        (a[middle] ?? 0) - first || (b[middle] ?? 0) - second || (c[middle] ?? 0) - third || (d[middle] ?? 0) - fourth;
      if (order <= 0) low = middle;
      else high = middle - 1;
    }
    return low < 0 ? -1 : (owners[low] ?? -1);
  }

  /** Place of the longest of the other prefixes that hold this one; -1 when none does. */
  parent(place: number): number {
    return this.#parents[place] ?? -1;
  }

  /** Sweeps over the prefixes by first address, outer before inner, with those that are open on a stack. */
  #build(prefixes: readonly Prefix[], family: 4 | 6): Intervals {
    const width = WIDTH[family];
    const places = [...prefixes.keys()].filter((place) => prefixes[place]?.family === family);
    const starts: bigint[] = [];
    const owners: number[] = [];
    const emit = (start: bigint, owner: number) => {
      if (starts.at(-1) === start) owners[owners.length - 1] = owner;
      else if (start >> BigInt(width) === 0n) {
        starts.push(start);
        owners.push(owner);
      }
    };
    const open: { readonly place: number; readonly next: bigint }[] = [];
    const closeUntil = (next: bigint) => {
      while (open.length > 0 && (open.at(-1)?.next ?? next) <= next) {
        const closed = open.pop();
        if (closed !== undefined) emit(closed.next, open.at(-1)?.place ?? -1);
      }
    };
    for (const { place, value, bits } of inOrder(prefixes, places)) {
      closeUntil(value);
      this.#parents[place] = open.at(-1)?.place ?? -1;
      emit(value, place);
      open.push({ place, next: value + (1n << BigInt(width - bits)) });
    }
    closeUntil(1n << BigInt(width));
    return { columns: columnsOf(starts, width), owners: Int32Array.from(owners) };
  }
}

type Placed = Prefix & { readonly place: number };

function inOrder(prefixes: readonly Prefix[], places: readonly number[]): readonly Placed[] {
  const placed = places.flatMap((place): readonly Placed[] => {
    const prefix = prefixes[place];
    return prefix === undefined ? [] : [{ family: prefix.family, value: prefix.value, bits: prefix.bits, place }];
  });
  return placed.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : a.bits - b.bits));
}

function columnsOf(starts: readonly bigint[], width: number): readonly Uint32Array[] {
  const columns: Uint32Array[] = [];
  for (let shift = width - 32; shift >= 0; shift -= 32) {
    columns.push(Uint32Array.from(starts, (start) => Number((start >> BigInt(shift)) & WORD)));
  }
  return columns;
}
