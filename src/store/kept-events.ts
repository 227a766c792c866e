import type { Value } from "./duckdb.ts";
import type { SplitLine } from "./event-text.ts";

/** Further templates of an hour stand whole in their row: what differs is then none of the members that are known to. */
const MAX_TEMPLATES = 40_000;
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
  readonly source: Value[];
  readonly destination: Value[];
  readonly uuid: Value[];
  readonly sourcePort: Value[];
  readonly destinationPort: Value[];
  readonly addresses: Value[];
  readonly rest: Value[];
};

/** Events kept since the last flush, up to a bound, in the order in which they came. */
export class KeptEvents {
  readonly rows: EventRows = newRows();
  /** Those that its rows name. */
  readonly templates = new Map<string, number>();
  /** Events that the bound left no room for. */
  dropped = 0;
  private readonly most: number;
  private readonly numbers: Map<string, number>;
  private readonly pairs = new Map<string, string>();

  /** `before`: events of the same hour; a template has one number in all parts of an hour, so that they can be joined as they are. */
  constructor(most: number, before: KeptEvents | null = null) {
    this.most = most;
    this.numbers = before?.numbers ?? new Map();
  }

  get size(): number {
    return this.rows.time.length;
  }

  get isFull(): boolean {
    return this.size >= this.most;
  }

  /** Takes an event's line in parts, or whole (`split` null); `timeMs` stands where the line's own time cannot be read. */
  add(split: SplitLine | null, line: () => string, look: EventLook, timeMs: number): void {
    if (this.isFull) {
      this.dropped++;
      return;
    }
    const template = split === null ? NO_TEMPLATE : this.templateOf(split.template);
    const { rows } = this;
    const source = split === null ? NO_TEMPLATE : this.templateOf(split.source);
    const destination = split === null ? NO_TEMPLATE : this.templateOf(split.destination);
    const isWhole = split === null || Math.min(template, source, destination) === NO_TEMPLATE;
    rows.time.push(split?.time ?? BigInt(Math.round(timeMs * 1000)) * 1000n);
    rows.kind.push(look.kind);
    rows.verdict.push(look.verdict);
    rows.template.push(isWhole ? NO_TEMPLATE : template);
    rows.source.push(isWhole ? NO_TEMPLATE : source);
    rows.destination.push(isWhole ? NO_TEMPLATE : destination);
    rows.uuid.push(isWhole || split.uuid === null ? null : ownCopy(split.uuid));
    rows.sourcePort.push(isWhole ? null : split.sourcePort);
    rows.destinationPort.push(isWhole ? null : split.destinationPort);
    rows.addresses.push(isWhole ? "" : this.addressesOf(split.addresses));
    rows.rest.push(ownCopy(isWhole ? line() : split.rest));
  }

  /** Takes over what came after of the same hour, as far as there is room: these could not be written. */
  join(later: KeptEvents): KeptEvents {
    const room = Math.max(0, Math.min(later.size, this.most - this.size));
    for (const [text, number] of later.templates) this.templates.set(text, number);
    for (const name of EVENT_FIELDS) {
      for (const value of later.rows[name].slice(0, room)) this.rows[name].push(value);
    }
    this.dropped += later.dropped + (later.size - room);
    return this;
  }

  /** Mostly met before. */
  private addressesOf(text: string): string {
    const known = this.pairs.get(text);
    if (known !== undefined) return known;
    const own = ownCopy(text);
    if (this.pairs.size < MAX_TEMPLATES) this.pairs.set(own, own);
    return own;
  }

  private templateOf(text: string): number {
    const known = this.templates.get(text);
    if (known !== undefined) return known;
    const before = this.numbers.get(text);
    if (before === undefined && this.numbers.size >= MAX_TEMPLATES) return NO_TEMPLATE;
    const number = before ?? this.numbers.size;
    const own = before === undefined ? ownCopy(text) : text;
    if (before === undefined) this.numbers.set(own, number);
    this.templates.set(own, number);
    return number;
  }
}

/** A part of a longer text keeps all of it in memory: this is one that does not. */
function ownCopy(text: string): string {
  return text.length < 13 ? text : Buffer.from(text).toString();
}

const EVENT_FIELDS = [
  "time",
  "kind",
  "verdict",
  "template",
  "source",
  "destination",
  "uuid",
  "sourcePort",
  "destinationPort",
  "addresses",
  "rest",
] as const;

function newRows(): EventRows {
  return {
    time: [],
    kind: [],
    verdict: [],
    template: [],
    source: [],
    destination: [],
    uuid: [],
    sourcePort: [],
    destinationPort: [],
    addresses: [],
    rest: [],
  };
}
