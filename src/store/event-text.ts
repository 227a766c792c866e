/**
 * Lines of JSON in two parts: what most lines have in common (the template, kept once) and what differs (times, uuid,
 * ports, addresses, and a rest). `lineOf(split)` gives the very text again.
 */
export type SplitLine = {
  readonly template: string;
  /** The objects that describe the ends, as they stand in the line; "" where there is none. */
  readonly source: string;
  readonly destination: string;
  /** Nanoseconds since 1970 of the first time in the line; null when it is not written as Hubble writes times. */
  readonly time: bigint | null;
  readonly uuid: string | null;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  /** Addresses, one after the other. */
  readonly addresses: string;
  readonly rest: string;
};

/** Between values of one list; no line of JSON holds it unescaped. */
const SEPARATOR = "\u001f";
/** Marks of the values in a template: control characters, which JSON always escapes. */
const MARK = {
  time: "\u0001",
  uuid: "\u0002",
  source: "\u0003",
  destination: "\u0004",
  address: "\u0005",
  rest: "\u0006",
  from: "\u0007",
  to: "\u0008",
};
const MARKS = /[\u0001-\u0008]/g;
const CONTROLS = /[\u0000-\u0008\u001f]/;

/**
 * Members whose values differ from event to event. `source` and `destination` are addresses only as texts (elsewhere
 * they are objects); values of headers (`value`), of DNS (`query`, `ips`), of HTTP (`url`) are the rest.
 */
const VALUES =
  /"(?:time":"([^"\\]*)|uuid":"([^"\\]*)|source_port":(\d+)|destination_port":(\d+)|(?:source|destination)":"([^"\\]*)|(?:socket_cookie|latency_ns|url|query|value|trace_id|Summary|cookie|first|last)":"((?:[^"\\]|\\.)*)|(?:ips|destination_names)":\[([^\]]*)\])/g;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Takes a line apart; null for one that cannot be put together again (control characters in it). */
export function splitLine(text: string): SplitLine | null {
  const bytes = Buffer.from(text);
  return splitter.split(bytes, 0, bytes.length);
}

/** So many ends are known by their bytes. */
const KNOWN_ENDS = 1 << 14;

type Span = { readonly start: number; readonly end: number };
type KnownEnd = { readonly bytes: Buffer; readonly text: string };

/**
 * Takes lines apart, one after the other: the objects of their ends are looked up by their bytes, for they come again and
 * again; only what stands around them is read.
 */
export class LineSplitter {
  private readonly ends: (KnownEnd | undefined)[] = Array.from({ length: KNOWN_ENDS }, () => undefined);
  private view: Buffer = Buffer.alloc(0);

  /** The line in bytes[start, end); null where `splitLine` is null. */
  split(bytes: Uint8Array, start: number, end: number): SplitLine | null {
    const view = this.viewOf(bytes);
    const source = objectAfter(view, SOURCE, [start, end]);
    const destination = objectAfter(view, DESTINATION, [start, end]);
    // An end inside the other, or none: the line has no such ends of its own.
    if (source === null || destination === null || (source.start < destination.end && destination.start < source.end)) {
      const whole = view.toString("utf8", start, end);
      return CONTROLS.test(whole) ? null : { ...splitValues(whole), source: "", destination: "" };
    }
    const isSourceFirst = source.start < destination.start;
    const [first, second] = isSourceFirst ? [source, destination] : [destination, source];
    const before = view.toString("utf8", start, first.start);
    const between = view.toString("utf8", first.end, second.start);
    const after = view.toString("utf8", second.end, end);
    const from = this.endText(source);
    const to = this.endText(destination);
    if (CONTROLS.test(before) || CONTROLS.test(between) || CONTROLS.test(after) || from === null || to === null)
      return null;
    const marks = isSourceFirst ? [MARK.from, MARK.to] : [MARK.to, MARK.from];
    return { ...splitValues(`${before}${marks[0]}${between}${marks[1]}${after}`), source: from, destination: to };
  }

  /** Pieces of a stream mostly lie in the same memory. */
  private viewOf(bytes: Uint8Array): Buffer {
    const { view } = this;
    if (
      view.buffer !== bytes.buffer ||
      view.byteOffset !== bytes.byteOffset ||
      view.length !== bytes.length ||
      bytes.length === 0
    ) {
      this.view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    return this.view;
  }

  /** The text of an end; null with control characters in it. */
  private endText({ start, end }: Span): string | null {
    const { view, ends } = this;
    const slot = sampleHash(view, start, end) & (KNOWN_ENDS - 1);
    const known = ends[slot];
    if (
      known !== undefined &&
      known.bytes.length === end - start &&
      view.compare(known.bytes, 0, end - start, start, end) === 0
    )
      return known.text;
    const text = view.toString("utf8", start, end);
    if (CONTROLS.test(text)) return null;
    ends[slot] = { bytes: Buffer.from(view.subarray(start, end)), text };
    return text;
  }
}

const splitter = new LineSplitter();

/** A hash of the length and of bytes from all over view[start, end). */
function sampleHash(view: Buffer, start: number, end: number): number {
  const step = 1 + ((end - start) >> 5);
  let hash = end - start;
  for (let at = start; at < end; at += step) hash = (Math.imul(hash, 31) + (view[at] ?? 0)) | 0;
  return hash ^ (hash >>> 15);
}

const SOURCE = Buffer.from('"source":{');
const DESTINATION = Buffer.from('"destination":{');

/** The first object of a member, braces and all; null when there is none that ends. */
function objectAfter(view: Buffer, member: Buffer, [from, end]: readonly [number, number]): Span | null {
  const found = view.indexOf(member, from);
  if (found < 0 || found >= end) return null;
  const start = found + member.length - 1;
  for (let depth = 0, at = start; at < end; at++) {
    const code = view[at];
    if (code === 0x7b) depth++;
    else if (code === 0x7d && --depth === 0) return { start, end: at + 1 };
  }
  return null;
}

function splitValues(line: string): Omit<SplitLine, "source" | "destination"> {
  const parts: string[] = [];
  const addresses: string[] = [];
  const rest: string[] = [];
  let time: bigint | null = null;
  let timeText: string | null = null;
  let uuid: string | null = null;
  let sourcePort: number | null = null;
  let destinationPort: number | null = null;
  let done = 0;
  VALUES.lastIndex = 0;
  for (let match = VALUES.exec(line); match !== null; match = VALUES.exec(line)) {
    const group = groupOf(match);
    const text = match[group] ?? "";
    const end = group === 7 ? VALUES.lastIndex - 1 : VALUES.lastIndex;
    parts.push(line.slice(done, end - text.length));
    done = end;
    let mark = MARK.rest;
    if (group === 1 && timeText === null) {
      time = nanosOf(text);
      if (time !== null) timeText = text;
    }
    if (group === 1 && text === timeText) mark = MARK.time;
    else if (group === 2 && uuid === null && UUID.test(text)) {
      uuid = text;
      mark = MARK.uuid;
    } else if (group === 3 && sourcePort === null && isPort(text)) {
      sourcePort = Number(text);
      mark = MARK.source;
    } else if (group === 4 && destinationPort === null && isPort(text)) {
      destinationPort = Number(text);
      mark = MARK.destination;
    } else if (group === 5) {
      addresses.push(text);
      mark = MARK.address;
    } else rest.push(text);
    parts.push(mark);
  }
  parts.push(line.slice(done));
  return {
    template: parts.join(""),
    time,
    uuid,
    sourcePort,
    destinationPort,
    addresses: addresses.join(SEPARATOR),
    rest: rest.join(SEPARATOR),
  };
}

/** Which of the members it is: the one group that took part. */
function groupOf(match: RegExpExecArray): number {
  let group = 1;
  while (group < match.length && match[group] === undefined) group++;
  return group;
}

function isPort(text: string): boolean {
  return text.length <= 5 && (text === "0" || text[0] !== "0");
}

/** The line that was taken apart. */
export function lineOf(split: SplitLine): string {
  const addresses = split.addresses.split(SEPARATOR);
  const rest = split.rest.split(SEPARATOR);
  const time = split.time === null ? "" : timeText(split.time);
  let address = 0;
  let other = 0;
  return split.template.replace(MARKS, (mark) => {
    switch (mark) {
      case MARK.time:
        return time;
      case MARK.uuid:
        return split.uuid ?? "";
      case MARK.source:
        return String(split.sourcePort ?? "");
      case MARK.destination:
        return String(split.destinationPort ?? "");
      case MARK.from:
        return split.source;
      case MARK.to:
        return split.destination;
      case MARK.address:
        return addresses[address++] ?? "";
      default:
        return rest[other++] ?? "";
    }
  });
}

const ALL_DIGITS = /^\d{9}$/;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/;

/** Nanoseconds since 1970 of a time as protojson writes it; null where writing it again would give another text. */
function nanosOf(text: string): bigint | null {
  if (text.length === 30 && text[29] === "Z" && text[19] === "." && text.startsWith(lastSecond.text)) {
    const digits = text.slice(20, 29);
    if (!digits.endsWith("000") && ALL_DIGITS.test(digits)) return lastSecond.nanos + BigInt(Number(digits));
  }
  const match = TIME.exec(text);
  const second = match?.[1];
  if (second === undefined) return null;
  if (second !== lastSecond.text) {
    const milliseconds = Date.parse(`${second}Z`);
    if (!(milliseconds >= 0) || new Date(milliseconds).toISOString().slice(0, 19) !== second) return null;
    // A part of a line would keep the line.
    lastSecond = { text: [...second].join(""), nanos: BigInt(milliseconds) * 1_000_000n };
  }
  const fraction = match?.[2];
  if (fraction === undefined) return lastSecond.nanos;
  if (fraction.length % 3 !== 0 || fraction.endsWith("000")) return null;
  return lastSecond.nanos + BigInt(Number(fraction) * 10 ** (9 - fraction.length));
}

/** Events come in the order of time: the last second is mostly the next one's. */
let lastSecond = { text: "-", nanos: 0n };

/** As protojson writes a Timestamp: 0, 3, 6 or 9 digits of fraction. */
function timeText(nanos: bigint): string {
  const fraction = nanos % 1_000_000_000n;
  const seconds = new Date(Number((nanos - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  if (fraction === 0n) return `${seconds}Z`;
  const digits = String(fraction).padStart(9, "0");
  return `${seconds}.${digits.endsWith("000000") ? digits.slice(0, 3) : digits.endsWith("000") ? digits.slice(0, 6) : digits}Z`;
}
