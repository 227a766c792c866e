/**
 * What was made of things by their numbers, two each (0 for none). A newcomer replaces what was in its slot: the memo
 * never grows.
 */
export class IdMemo<T> {
  private readonly mask: number;
  private readonly ids: Int32Array;
  private readonly values: (T | undefined)[];

  /** `slots`: a power of two. */
  constructor(slots: number) {
    this.mask = slots - 1;
    this.ids = new Int32Array(slots * 2);
    this.values = Array<T | undefined>(slots).fill(undefined);
  }

  get(first: number, second: number): T | undefined {
    const slot = this.slotOf(first, second);
    return this.ids[slot * 2] === first && this.ids[slot * 2 + 1] === second ? this.values[slot] : undefined;
  }

  put(first: number, second: number, value: T): void {
    const slot = this.slotOf(first, second);
    this.ids[slot * 2] = first;
    this.ids[slot * 2 + 1] = second;
    this.values[slot] = value;
  }

  private slotOf(first: number, second: number): number {
    return (first ^ Math.imul(second, 0x2c1b3c6d)) & this.mask;
  }
}
