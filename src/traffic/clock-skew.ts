const MAX_PENDING = 4096;
const MAX_PAIRS = 10_000;
/** Fewer connections prove nothing. */
const LEAST = 3;
/** A SYN crosses a cluster faster than this. */
const NOTICEABLE_MS = 50;

/** How much later the second node's clock saw the SYNs that the first one sent. */
type Delay = { count: number; sum: number; min: number; max: number };

export type Skew = { readonly from: string; readonly to: string; readonly ms: number };

/** Tells clocks apart that differ, from SYNs that two nodes saw: no clock of ours is asked. */
export class ClockSkew {
  private readonly pending = new Map<number, { readonly time: number; readonly node: string }>();
  private readonly delays = new Map<string, Delay>();

  /** A SYN by its connection's fingerprint, seen at the node of its source or of its destination. */
  note(fingerprint: number, time: number, node: string, isAtSource: boolean): void {
    const other = this.pending.get(fingerprint);
    if (other === undefined || other.node === node) {
      if (!isAtSource) return;
      if (this.pending.size >= MAX_PENDING) this.forgetOldest();
      this.pending.set(fingerprint, { time, node });
      return;
    }
    if (isAtSource) return;
    this.pending.delete(fingerprint);
    this.addDelay(`${other.node}\n${node}`, time - other.time);
  }

  private forgetOldest(): void {
    const oldest = this.pending.keys().next().value;
    if (oldest !== undefined) this.pending.delete(oldest);
  }

  private addDelay(pair: string, ms: number): void {
    const delay = this.delays.get(pair);
    if (delay === undefined) {
      if (this.delays.size < MAX_PAIRS) this.delays.set(pair, { count: 1, sum: ms, min: ms, max: ms });
      return;
    }
    delay.count++;
    delay.sum += ms;
    delay.min = Math.min(delay.min, ms);
    delay.max = Math.max(delay.max, ms);
  }

  state(): ReadonlyMap<string, Readonly<Delay>> {
    return this.delays;
  }

  merge(state: ReadonlyMap<string, Readonly<Delay>>): void {
    for (const [pair, delay] of state) {
      const own = this.delays.get(pair);
      if (own === undefined) this.delays.set(pair, { ...delay });
      else {
        own.count += delay.count;
        own.sum += delay.sum;
        own.min = Math.min(own.min, delay.min);
        own.max = Math.max(own.max, delay.max);
      }
    }
  }

  /** Pairs of nodes whose clocks differ, the worst first. */
  skews(): readonly Skew[] {
    const found = [...this.delays].flatMap(([pair, delay]): Skew[] => {
      const [from = "", to = ""] = pair.split("\n");
      const isSkewed = delay.min > NOTICEABLE_MS || delay.max < -NOTICEABLE_MS;
      return delay.count >= LEAST && isSkewed ? [{ from, to, ms: delay.sum / delay.count }] : [];
    });
    return found.sort((a, b) => Math.abs(b.ms) - Math.abs(a.ms));
  }
}
