const SLOTS = 1 << 20;
const MOST = SLOTS / 2;

/**
 * Remembers which events were met lately, to count each once: recordings overlap after a reconnect, and rotated files may
 * be given twice. An event is told by its uuid and time. Holds between half a million and a million of them, in fixed
 * memory: the older half goes when the newer one is full.
 */
export class DuplicateWindow {
  private newer = new Int32Array(SLOTS * 2);
  private older = new Int32Array(SLOTS * 2);
  private held = 0;
  private latest = Number.NEGATIVE_INFINITY;

  /** True when this event was met before; else it is remembered. Events without uuid are always new. */
  isKnown(high: number, low: number, time: number): boolean {
    if (high === 0 && low === 0) return false;
    const second = low ^ Math.imul(Math.floor(time) | 0, 0x9e3779b1) || 1;
    const slot = slotOf(this.newer, high, second);
    // Later than every event so far: it cannot be one of them.
    const isLatest = time > this.latest;
    if (isLatest) this.latest = time;
    else if ((this.newer[slot + 1] ?? 0) !== 0 || this.isInOlder(high, second)) return true;
    this.remember(slot, high, second);
    return false;
  }

  private isInOlder(high: number, second: number): boolean {
    const slot = slotOf(this.older, high, second);
    return (this.older[slot + 1] ?? 0) !== 0;
  }

  private remember(slot: number, high: number, second: number): void {
    this.newer[slot] = high;
    this.newer[slot + 1] = second;
    this.held++;
    if (this.held < MOST) return;
    const { older } = this;
    this.older = this.newer;
    this.newer = older.fill(0);
    this.held = 0;
  }
}

/** The slot of this pair, or the free one where it belongs. A pair's second half is never 0. */
function slotOf(table: Int32Array, high: number, second: number): number {
  let slot = ((high ^ (second >>> 9)) & (SLOTS - 1)) * 2;
  while (table[slot + 1] !== 0 && (table[slot] !== high || table[slot + 1] !== second))
    slot = (slot + 2) & (SLOTS * 2 - 1);
  return slot;
}
