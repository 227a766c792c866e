import type { Value } from "./duckdb.ts";
import { splitLine } from "./event-text.ts";

/** Further templates stand whole in their row: what differs is then none of the members that are known to. */
const MAX_TEMPLATES = 20_000;
/** No template: the line stands in `rest` as it came. */
export const NO_TEMPLATE = -1;

/** What the fold calls an event, and Hubble's verdict; "" where there is none. */
export type EventLook = { readonly kind: string; readonly verdict: string };

/** Columns of kept events, in the order of `EVENT_COLUMNS`. */
export type EventRows = {
  readonly time: Value[];
  readonly kind: Value[];
  readonly verdict: Value[];
  readonly template: Value[];
  readonly uuid: Value[];
  readonly sourcePort: Value[];
  readonly destinationPort: Value[];
  readonly addresses: Value[];
  readonly rest: Value[];
};

/** Events kept since the last flush, up to a bound, in the order in which they came. */
export class KeptEvents {
  readonly rows: EventRows = newRows();
  readonly templates = new Map<string, number>();
  /** Events that the bound left no room for. */
  dropped = 0;
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  get size(): number {
    return this.rows.time.length;
  }

  get isFull(): boolean {
    return this.size >= this.most;
  }

  /** Takes an event's line; `timeMs` stands where the line's own time cannot be read. */
  add(line: string, look: EventLook, timeMs: number): void {
    if (this.isFull) {
      this.dropped++;
      return;
    }
    const split = splitLine(line);
    const template = split === null ? NO_TEMPLATE : this.templateOf(split.template);
    const { rows } = this;
    const isWhole = split === null || template === NO_TEMPLATE;
    rows.time.push(split?.time ?? BigInt(Math.round(timeMs * 1000)) * 1000n);
    rows.kind.push(look.kind);
    rows.verdict.push(look.verdict);
    rows.template.push(template);
    rows.uuid.push(isWhole ? null : split.uuid);
    rows.sourcePort.push(isWhole ? null : split.sourcePort);
    rows.destinationPort.push(isWhole ? null : split.destinationPort);
    rows.addresses.push(isWhole ? "" : split.addresses);
    rows.rest.push(isWhole ? line : split.rest);
  }

  /** Takes over what came after, as far as there is room: these could not be written. */
  join(later: KeptEvents): KeptEvents {
    const texts = [...later.templates.keys()];
    const numbers = texts.map((text) => this.templateOf(text));
    const room = Math.max(0, Math.min(later.size, this.most - this.size));
    const { template, ...others } = later.rows;
    for (let row = 0; row < room; row++) {
      const number = template[row];
      this.rows.template.push(typeof number === "number" ? (numbers[number] ?? NO_TEMPLATE) : NO_TEMPLATE);
    }
    for (const name of EVENT_FIELDS) for (const value of others[name].slice(0, room)) this.rows[name].push(value);
    this.dropped += later.dropped + (later.size - room);
    return this;
  }

  private templateOf(text: string): number {
    const known = this.templates.get(text);
    if (known !== undefined) return known;
    if (this.templates.size >= MAX_TEMPLATES) return NO_TEMPLATE;
    const number = this.templates.size;
    this.templates.set(text, number);
    return number;
  }
}

const EVENT_FIELDS = ["time", "kind", "verdict", "uuid", "sourcePort", "destinationPort", "addresses", "rest"] as const;

function newRows(): EventRows {
  return {
    time: [],
    kind: [],
    verdict: [],
    template: [],
    uuid: [],
    sourcePort: [],
    destinationPort: [],
    addresses: [],
    rest: [],
  };
}
