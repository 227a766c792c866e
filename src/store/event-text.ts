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
  if (CONTROLS.test(text)) return null;
  const source = objectAfter(text, '"source":{');
  const destination = objectAfter(text, '"destination":{');
  // An end inside the other, or none: the line has no such ends of its own.
  if (source === null || destination === null || (source.start < destination.end && destination.start < source.end)) {
    return { ...splitValues(text), source: "", destination: "" };
  }
  const [first, second] = source.start < destination.start ? [source, destination] : [destination, source];
  const marks = first === source ? [MARK.from, MARK.to] : [MARK.to, MARK.from];
  const rest = [
    text.slice(0, first.start),
    marks[0],
    text.slice(first.end, second.start),
    marks[1],
    text.slice(second.end),
  ];
  return {
    ...splitValues(rest.join("")),
    source: text.slice(source.start, source.end),
    destination: text.slice(destination.start, destination.end),
  };
}

type Span = { readonly start: number; readonly end: number };

/** The first object of a member, braces and all; null when there is none that ends. */
function objectAfter(line: string, member: string): Span | null {
  const found = line.indexOf(member);
  if (found < 0) return null;
  const start = found + member.length - 1;
  for (let depth = 0, at = start; at < line.length; at++) {
    const code = line.charCodeAt(at);
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
    const group = match.findIndex((text, index) => index > 0 && text !== undefined);
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

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/;

/** Nanoseconds since 1970 of a time as protojson writes it; null where writing it again would give another text. */
function nanosOf(text: string): bigint | null {
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
let lastSecond = { text: "", nanos: 0n };

/** As protojson writes a Timestamp: 0, 3, 6 or 9 digits of fraction. */
function timeText(nanos: bigint): string {
  const fraction = nanos % 1_000_000_000n;
  const seconds = new Date(Number((nanos - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  if (fraction === 0n) return `${seconds}Z`;
  const digits = String(fraction).padStart(9, "0");
  return `${seconds}.${digits.endsWith("000000") ? digits.slice(0, 3) : digits.endsWith("000") ? digits.slice(0, 6) : digits}Z`;
}
