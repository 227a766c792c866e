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

const END_SAMPLE = { count: 12, stride: 4 };
const START_SAMPLE = { count: 16, stride: 4 };
const ENDPOINT_SAMPLE = { count: 14, stride: 4 };
const ADDRESS_SAMPLE = { count: 13, stride: 4 };

/** Members that stand together: which fields, with what values. */
type Run = { readonly ids: Int32Array; readonly values: readonly Json[] };

/**
 * Tells of a line whether it is a flow exactly as Hubble prints it, without parsing it: then its bytes can be printed as
 * they are, and its fields are read where they are asked for. Ends and runs of members repeat from line to line: their
 * bytes are compared with known ones. What it answers null for is read with care; tests hold it to that reading.
 */
export class CanonicalScanner {
  private readonly walker = new ByteWalker();
  private readonly ends = new SpanMemo<Json>(1 << 13);
  private readonly addresses = new SpanMemo<Json>(1 << 13);
  private readonly runs = new SpanMemo<Run>(1 << 14);
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** Of each field of the flow: the line in which it was last met, its bytes, its value where that is known. */
  private readonly lines = new Int32Array(NAMES.length);
  private readonly starts = new Int32Array(NAMES.length);
  private readonly stops = new Int32Array(NAMES.length);
  private readonly values: (Json | undefined)[] = NAMES.map(() => undefined);
  private line = 0;
  private lineStart = 0;
  /** The text of a line, and which line's it is. */
  private text = "";
  private textLine = -1;
  private last = -1;
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

  /** The response in bytes[start, end), good until the next call; null when it must be read with care. */
  scan(bytes: Uint8Array, start: number, end: number): Message | null {
    const { walker } = this;
    walker.attach(bytes, start, end);
    this.lineStart = start;
    this.line++;
    this.last = -1;
    this.localEnd = 0;
    this.runStart = -1;
    this.nodeStart = -1;
    this.timeStart = -1;
    if (!walker.skip(START) || !this.scanFlow() || !this.scanEnvelope()) return null;
    return this.response;
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
    const id = walker.name(FLOW);
    if (id <= this.last) return false;
    const isOwn = OWN.has(id) || OWN_TOO.has(id) || (id === SUMMARY && this.lines[L7] === this.line);
    if (isOwn) this.endRun(start - 1);
    this.last = id;
    this.lines[id] = this.line;
    this.starts[id] = walker.at;
    this.values[id] = undefined;
    if (id === SOURCE || id === DESTINATION) return this.scanEnd(id);
    if (id === ADDRESSES) return this.scanAddresses();
    if (!this.walk(id)) return false;
    this.stops[id] = walker.at;
    return true;
  }

  private scanEnd(id: number): boolean {
    const { walker, ends } = this;
    const { at, view, end } = walker;
    const hash = sample(view, at, end, ENDPOINT_SAMPLE);
    let value = ends.find(view, at, end, hash);
    if (value === undefined) {
      if (!this.walk(id)) return false;
      value = this.parse(at, walker.at);
      ends.put(hash, this.copy(at, walker.at), value);
    } else walker.at = at + ends.length;
    this.values[id] = value;
    // The end on the observing node has an id: what follows names its interface.
    if (typeof value === "object" && value !== null && "ID" in value) this.localEnd = ends.id;
    return true;
  }

  /** The addresses of a conversation come again with each of its packets. */
  private scanAddresses(): boolean {
    const { walker, addresses } = this;
    const { at, view, end } = walker;
    const hash = sample(view, at, end, ADDRESS_SAMPLE);
    let value = addresses.find(view, at, end, hash);
    if (value === undefined) {
      if (!this.walk(ADDRESSES)) return false;
      if (!addresses.isWorthKeeping(hash)) {
        this.stops[ADDRESSES] = walker.at;
        return true;
      }
      value = this.parse(at, walker.at);
      addresses.put(hash, this.copy(at, walker.at), value);
    } else walker.at = at + addresses.length;
    this.values[ADDRESSES] = value;
    return true;
  }

  private walk(id: number): boolean {
    const field = FLOW.fields[id];
    return field !== undefined && this.walker.value(field);
  }

  /** A copy that outlives the buffer: a Buffer's own slice would not. */
  private copy(start: number, stop: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.walker.bytes, start, stop);
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
    return this.takeRun(run, at + runs.length);
  }

  private takeRun({ ids, values }: Run, stop: number): boolean {
    if ((ids[0] ?? -1) <= this.last) return false;
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index] ?? 0;
      this.lines[id] = this.line;
      this.values[id] = values[index];
    }
    this.last = ids[ids.length - 1] ?? 0;
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
    const ids: number[] = [];
    const values: Json[] = [];
    for (let id = this.runFirst + 1; id <= this.last; id++) {
      if (this.lines[id] !== this.line) continue;
      ids.push(id);
      values.push(this.valueAt(id) ?? null);
    }
    this.runs.put(this.runHash, this.copy(start, stop), { ids: Int32Array.from(ids), values });
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
    if (this.lines[id] !== this.line) return undefined;
    const known = this.values[id];
    if (known !== undefined) return known;
    const value = this.parse(this.starts[id] ?? 0, this.stops[id] ?? 0);
    this.values[id] = value;
    return value;
  }

  /** The value in bytes[start, stop). Of a line in ASCII the text is made once, its parts are slices of it. */
  private parse(start: number, stop: number): Json {
    const { walker } = this;
    if (this.textLine !== this.line) {
      this.textLine = this.line;
      this.text = this.decoder.decode(walker.bytes.subarray(this.lineStart, walker.end));
    }
    const isAscii = this.text.length === walker.end - this.lineStart;
    const text = isAscii
      ? this.text.slice(start - this.lineStart, stop - this.lineStart)
      : this.decoder.decode(walker.bytes.subarray(start, stop));
    if (walker.bytes[start] === QUOTE && !text.includes("\\")) return text.slice(1, -1);
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
