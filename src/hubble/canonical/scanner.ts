import { SpanMemo, sample } from "#decode/flow/flow-memo.ts";
import type { Json, JsonObject } from "#model/json.ts";
import type { Message } from "../message.ts";
import { descriptorOf } from "../schema.ts";
import { compiledMessage } from "./compiled.ts";
import { ByteWalker } from "./walker.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE_BRACE = 0x7d;

const FLOW = compiledMessage("Flow");
const NAMES = descriptorOf("Flow").fields.map((field) => field.name);
const TIME = NAMES.indexOf("time");
const UUID = NAMES.indexOf("uuid");
const SOURCE = NAMES.indexOf("source");
const DESTINATION = NAMES.indexOf("destination");
const L7 = NAMES.indexOf("l7");
const ADDRESSES = NAMES.indexOf("IP");
const L4 = NAMES.indexOf("l4");
const ETHERNET = NAMES.indexOf("ethernet");
/** Values of a line's own that LineMarks leave out: no text format shows them. */
const UNMARKED = new Set(["uuid", "tunnel"].map((name) => NAMES.indexOf(name)));
/** Names with their colon. */
const KEYS = NAMES.map((name) => new TextEncoder().encode(`"${name}":`));

/** Fields that differ from line to line; the others repeat together and are remembered as runs. The summary of an L7 flow quotes the request. */
const OWN = new Set(
  ["time", "uuid", "ethernet", "IP", "l4", "tunnel", "source", "destination", "l7"].map((name) => NAMES.indexOf(name)),
);
const OWN_TOO = new Set(
  ["ip_trace_id", "trace_context", "socket_cookie", "cgroup_id", "proxy_port", "extensions", "aggregate"].map((name) =>
    NAMES.indexOf(name),
  ),
);
const SUMMARY = NAMES.indexOf("Summary");

const START = new TextEncoder().encode('{"flow":{');
const NODE_NAME = new TextEncoder().encode(',"node_name":');
const ENVELOPE_TIME = new TextEncoder().encode(',"time":');

const PORTS_OPEN = ["TCP", "UDP", "SCTP"].map((name) => new TextEncoder().encode(`{"${name}":{"source_port":`));
const SECOND_PORT = new TextEncoder().encode(',"destination_port":');
const MOST_L4_TAILS = 64;
/** `"ID"` as a word. */
const ID_NAME = 0x22444922;

const END_SAMPLE = { count: 12, stride: 4 };
const START_SAMPLE = { count: 16, stride: 4 };
const ENDPOINT_SAMPLE = { count: 14, stride: 4 };
const ADDRESS_SAMPLE = { count: 13, stride: 4 };
const LINK_SAMPLE = { count: 16, stride: 4 };

/**
 * What of the line at hand was known: numbers of remembered values, equal for equal bytes and never used again for others;
 * 0 for what the flow does not have.
 */
export type LineMarks = {
  readonly bytes: Uint8Array;
  /** Where values begin; -1 for none. */
  readonly time: number;
  readonly l4: number;
  readonly addresses: number;
  readonly source: number;
  readonly destination: number;
  /** Members between uuid and ends (verdict among them), and those after the ends. */
  readonly head: number;
  readonly tail: number;
  /** True when the flow holds more than these, or something that was not known: then they do not say all of it. */
  readonly isOdd: boolean;
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A value by its bytes, read when it is first asked for. */
type Kept = { value: Json | undefined };

/** Members that stand together: the fields from `first` to `last`, and where in the run their values stand; 0 for none. */
type Run = {
  readonly first: number;
  readonly last: number;
  readonly starts: Int32Array;
  readonly stops: Int32Array;
  readonly values: (Json | undefined)[];
};

/**
 * Tells of a line whether it is a flow exactly as Hubble prints it, without parsing it: then its bytes can be printed as
 * they are, and its fields are read where they are asked for. Ends and runs of members repeat from line to line: their
 * bytes are compared with known ones. What it answers null for is read with care; tests hold it to that reading.
 */
export class CanonicalScanner {
  private readonly walker = new ByteWalker();
  private readonly ends = new SpanMemo<Kept>(1 << 13);
  private readonly addresses = new SpanMemo<Kept>(1 << 13);
  private readonly links = new SpanMemo<Kept>(1 << 13);
  private readonly runs = new SpanMemo<Run>(1 << 14);
  private readonly l4Tails: Uint8Array[] = [];
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** Of each field of the flow: the line in which it was last met, its bytes, its value where that is known. */
  private readonly lines = new Int32Array(NAMES.length);
  private readonly starts = new Int32Array(NAMES.length);
  private readonly stops = new Int32Array(NAMES.length);
  private readonly own: Kept[] = NAMES.map(() => ({ value: undefined }));
  /** For the values that are not remembered. */
  private readonly fresh: readonly Kept[] = NAMES.map(() => ({ value: undefined }));
  private line = 0;
  private last = -1;
  /** The field that followed each field in the line before. */
  private readonly following = new Int32Array(NAMES.length + 1).fill(-1);
  /** Known runs of the line, and where they begin. */
  private readonly met: Run[] = [];
  private readonly metAt: number[] = [];
  private localEnd = 0;

  /** Where the run began that is being learned (-1: none), and the hash to keep it under. */
  private runStart = -1;
  private runHash = 0;
  private runFirst = 0;
  private nodeStart = -1;
  private nodeEnd = 0;
  private timeStart = -1;
  private timeEnd = 0;

  private readonly response: Message = this.lazyResponse();
  private readonly lineMarks: Mutable<LineMarks> = {
    bytes: this.walker.bytes,
    time: -1,
    l4: -1,
    addresses: 0,
    source: 0,
    destination: 0,
    head: 0,
    tail: 0,
    isOdd: false,
  };

  /** Of the line last scanned; good until the next call. */
  get marks(): LineMarks {
    return this.lineMarks;
  }

  /** The response in bytes[start, end), good until the next call; null when it must be read with care. */
  scan(bytes: Uint8Array, start: number, end: number): Message | null {
    const { walker } = this;
    walker.attach(bytes, start, end);
    this.line++;
    this.met.length = 0;
    this.metAt.length = 0;
    this.last = -1;
    this.localEnd = 0;
    this.runStart = -1;
    this.nodeStart = -1;
    this.timeStart = -1;
    this.clearMarks(bytes);
    if (!walker.skip(START) || !this.scanFlow() || !this.scanEnvelope()) return null;
    return this.response;
  }

  private clearMarks(bytes: Uint8Array): void {
    const { lineMarks } = this;
    lineMarks.bytes = bytes;
    lineMarks.time = -1;
    lineMarks.l4 = -1;
    lineMarks.addresses = 0;
    lineMarks.source = 0;
    lineMarks.destination = 0;
    lineMarks.head = 0;
    lineMarks.tail = 0;
    lineMarks.isOdd = false;
  }

  private scanFlow(): boolean {
    const { walker } = this;
    const { bytes } = walker;
    if (bytes[walker.at] === CLOSE_BRACE) {
      walker.at++;
      return true;
    }
    for (;;) {
      const start = walker.at;
      if (!this.findRun() && !this.scanMember(start)) return false;
      const byte = bytes[walker.at++];
      if (byte === COMMA) continue;
      if (byte !== CLOSE_BRACE || walker.at > walker.end) return false;
      this.endRun(walker.at - 1);
      return true;
    }
  }

  /** One member, walked over. */
  private scanMember(start: number): boolean {
    const { walker } = this;
    const id = this.nextField();
    if (id <= this.last) return false;
    const isOwn = OWN.has(id) || OWN_TOO.has(id) || (id === SUMMARY && this.lines[L7] === this.line);
    if (isOwn) this.endRun(start - 1);
    this.last = id;
    this.lines[id] = this.line;
    this.starts[id] = walker.at;
    if (!this.scanValue(id)) return false;
    this.stops[id] = walker.at;
    return true;
  }

  /** The field that is named here; most lines have the fields of the line before. */
  private nextField(): number {
    const { walker, following, last } = this;
    const key = KEYS[following[last + 1] ?? -1];
    if (key !== undefined && walker.skip(key)) return following[last + 1] ?? -1;
    const id = walker.name(FLOW);
    following[last + 1] = id;
    return id;
  }

  private scanValue(id: number): boolean {
    const { lineMarks, walker } = this;
    if (id === SOURCE || id === DESTINATION) return this.scanEnd(id);
    if (id === ADDRESSES) {
      if (!this.scanPair(id, this.addresses, ADDRESS_SAMPLE)) return false;
      lineMarks.addresses = this.addresses.id;
      return true;
    }
    if (id === ETHERNET) return this.scanPair(id, this.links, LINK_SAMPLE);
    this.renew(id);
    if (id === L4) {
      lineMarks.l4 = walker.at;
      return this.scanL4();
    }
    if (id === TIME) lineMarks.time = walker.at;
    else if (!UNMARKED.has(id)) lineMarks.isOdd = true;
    return this.walk(id);
  }

  /** The field's value is this line's own. */
  private renew(id: number): void {
    const kept = this.fresh[id];
    if (kept === undefined) return;
    kept.value = undefined;
    this.own[id] = kept;
  }

  private scanEnd(id: number): boolean {
    const { walker, ends } = this;
    const { at, view, end } = walker;
    const hash = sample(view, at, end, ENDPOINT_SAMPLE);
    let kept = ends.find(view, at, end, hash);
    if (kept === undefined) {
      if (!this.walk(id)) return false;
      kept = { value: undefined };
      ends.put(hash, walker.bytes, [at, walker.at], kept);
    } else walker.at = at + ends.length;
    this.own[id] = kept;
    if (id === SOURCE) this.lineMarks.source = ends.id;
    else this.lineMarks.destination = ends.id;
    // The end on the observing node has an id: what follows names its interface.
    if (view.getInt32(at + 1, true) === ID_NAME) this.localEnd = ends.id;
    return true;
  }

  /** Two addresses: those of a conversation come again with each of its packets. The memo's `id` is 0 for unknown ones. */
  private scanPair(id: number, memo: SpanMemo<Kept>, plan: typeof ADDRESS_SAMPLE): boolean {
    const { walker } = this;
    const { at, view, end } = walker;
    const hash = sample(view, at, end, plan);
    let kept = memo.find(view, at, end, hash);
    if (kept !== undefined) {
      walker.at = at + memo.length;
      this.own[id] = kept;
      return true;
    }
    if (!this.walk(id)) return false;
    memo.id = 0;
    this.renew(id);
    if (!memo.isWorthKeeping(hash)) return true;
    kept = { value: undefined };
    memo.put(hash, walker.bytes, [at, walker.at], kept);
    this.own[id] = kept;
    return true;
  }

  /** Protocols with ports; what follows the ports (flags) is one of few texts, which are remembered. */
  private scanL4(): boolean {
    const { walker } = this;
    const { at } = walker;
    const rest = this.skipPorts() ? walker.at : -1;
    if (rest >= 0 && this.l4Tails.some((tail) => walker.skip(tail))) return true;
    walker.at = at;
    if (!this.walk(L4)) return false;
    if (rest >= 0 && this.l4Tails.length < MOST_L4_TAILS) {
      this.l4Tails.push(Uint8Array.prototype.slice.call(walker.bytes, rest, walker.at));
    }
    return true;
  }

  private skipPorts(): boolean {
    const { walker } = this;
    return PORTS_OPEN.some((open) => walker.skip(open)) && walker.port() && walker.skip(SECOND_PORT) && walker.port();
  }

  private walk(id: number): boolean {
    const field = FLOW.fields[id];
    return field !== undefined && this.walker.value(field);
  }

  /** After the uuid, after both ends and after L7 a run may begin: if it is known the walker is past it. */
  private findRun(): boolean {
    const { walker, runs, last } = this;
    if (this.runStart >= 0 || (last !== UUID && last !== DESTINATION && last !== L7)) return false;
    const { at, view, end } = walker;
    const hash = last === DESTINATION ? this.tailHash(at) : sample(view, at, end, START_SAMPLE);
    const run = runs.find(view, at, end, hash);
    if (run === undefined) {
      this.runStart = at;
      this.runHash = hash;
      this.runFirst = last;
      return false;
    }
    if (last === UUID) this.lineMarks.head = runs.id;
    else if (last === DESTINATION) this.lineMarks.tail = runs.id;
    else this.lineMarks.isOdd = true;
    return this.takeRun(run, at + runs.length);
  }

  private takeRun(run: Run, stop: number): boolean {
    if (run.first <= this.last) return false;
    this.met.push(run);
    this.metAt.push(this.walker.at);
    this.last = run.last;
    this.walker.at = stop;
    return true;
  }

  /** Most tails are told apart by their length and their last bytes, before the time; those of L7 flows begin alike for a node. */
  private tailHash(at: number): number {
    const { view, end } = this.walker;
    const stop = end - (this.stops[TIME] ?? 0) + (this.starts[TIME] ?? 0);
    const seed = Math.imul((stop - at) ^ Math.imul(this.localEnd, 0x5bd1e995), 0x9e3779b1);
    const isL7 = at + 12 < end && view.getInt32(at + 8, true) === L7_TYPE;
    if (isL7) return sample(view, at, end, START_SAMPLE);
    return seed ^ sample(view, Math.max(at, stop - END_SAMPLE.count * END_SAMPLE.stride), stop, END_SAMPLE);
  }

  /** The run being learned ends before the comma or brace at `stop`. */
  private endRun(stop: number): void {
    const start = this.runStart;
    this.runStart = -1;
    if (start < 0 || stop <= start || !this.runs.isWorthKeeping(this.runHash)) return;
    let first = this.runFirst + 1;
    while (this.lines[first] !== this.line) first++;
    const { last } = this;
    const starts = new Int32Array(last - first + 1);
    const stops = new Int32Array(last - first + 1);
    for (let id = first; id <= last; id++) {
      if (this.lines[id] !== this.line) continue;
      starts[id - first] = (this.starts[id] ?? 0) - start;
      stops[id - first] = (this.stops[id] ?? 0) - start;
    }
    this.runs.put(this.runHash, this.walker.bytes, [start, stop], { first, last, starts, stops, values: [] });
  }

  private scanEnvelope(): boolean {
    const { walker } = this;
    if (walker.skip(NODE_NAME)) {
      this.nodeStart = walker.at;
      if (!walker.string(false)) return false;
      this.nodeEnd = walker.at;
    }
    if (walker.skip(ENVELOPE_TIME)) {
      this.timeStart = walker.at;
      if (!walker.time()) return false;
      this.timeEnd = walker.at;
    }
    return walker.bytes[walker.at] === CLOSE_BRACE && walker.at === walker.end - 1;
  }

  private valueAt(id: number): Json | undefined {
    if (this.lines[id] !== this.line) return this.metValue(id);
    const kept = this.own[id];
    if (kept === undefined) return undefined;
    kept.value ??= this.parse(this.starts[id] ?? 0, this.stops[id] ?? 0);
    return kept.value;
  }

  private metValue(id: number): Json | undefined {
    for (let index = 0; index < this.met.length; index++) {
      const run = this.met[index];
      if (run === undefined || id < run.first || id > run.last) continue;
      const place = id - run.first;
      const start = run.starts[place] ?? 0;
      if (start === 0) return undefined;
      const at = this.metAt[index] ?? 0;
      run.values[place] ??= this.parse(at + start, at + (run.stops[place] ?? 0));
      return run.values[place];
    }
    return undefined;
  }

  /** The value in bytes[start, stop). */
  private parse(start: number, stop: number): Json {
    const { bytes } = this.walker;
    const text = this.decoder.decode(bytes.subarray(start, stop));
    if (bytes[start] === QUOTE && !text.includes("\\")) return text.slice(1, -1);
    const value: Json = JSON.parse(text);
    return value;
  }

  /** Reads fields of the line at hand when they are asked for. */
  private lazyResponse(): Message {
    const flow: JsonObject = {};
    for (const [id, name] of NAMES.entries()) {
      Object.defineProperty(flow, name, { enumerable: true, get: () => this.valueAt(id) });
    }
    const response: JsonObject = { flow };
    Object.defineProperty(response, "node_name", {
      enumerable: true,
      get: () => (this.nodeStart < 0 ? undefined : this.parse(this.nodeStart, this.nodeEnd)),
    });
    Object.defineProperty(response, "time", {
      enumerable: true,
      get: () => (this.timeStart < 0 ? undefined : this.parse(this.timeStart, this.timeEnd)),
    });
    return response;
  }
}

/** `L7",` as a word: the value of `"Type":"L7",`. */
const L7_TYPE = 0x2c22374c;
