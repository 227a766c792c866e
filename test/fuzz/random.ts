/** Choices that a seed determines: the same seed makes the same world on every machine. */
export type Random = {
  /** A number from `low` to `high`, both included. */
  readonly int: (low: number, high: number) => number;
  /** True with this probability. */
  readonly chance: (probability: number) => boolean;
  /** One element; throws at an empty list. */
  readonly pick: <T>(list: readonly T[]) => T;
  /** From `low` to `high` elements, each drawn anew: doubles happen, as they do in files. */
  readonly some: <T>(list: readonly T[], low: number, high: number) => readonly T[];
  /** One of the values, as often as its weight says. */
  readonly weighted: <T>(choices: readonly (readonly [weight: number, value: T])[]) => T;
  /** `count` values made one after the other. */
  readonly times: <T>(count: number, make: (index: number) => T) => readonly T[];
};

/** Random numbers of a seed (mulberry32 over a mixed seed: neighbouring seeds have nothing in common). */
export function randomOf(seed: number, index = 0): Random {
  let state = mix(mix(seed >>> 0) ^ (index >>> 0));
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    return mix(state) / 0x1_0000_0000;
  };
  const int = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new Error("nothing to pick from");
    return list[int(0, list.length - 1)] as T;
  };
  const times = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, at) => make(at));
  return {
    int,
    pick,
    times,
    chance: (probability) => next() < probability,
    some: (list, low, high) => times(int(low, high), () => pick(list)),
    weighted: (choices) => {
      let rest = next() * choices.reduce((sum, [weight]) => sum + weight, 0);
      const found = choices.find(([weight]) => (rest -= weight) < 0) ?? choices.at(-1);
      if (found === undefined) throw new Error("nothing to choose from");
      return found[1];
    },
  };
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
