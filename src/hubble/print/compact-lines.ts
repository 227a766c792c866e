import type { CanonicalScanner, LineMarks } from "../canonical/scanner.ts";
import { joinHostPort } from "../go-text.ts";
import { flagOf, type Message, partOf, textOf } from "../message.ts";
import { JsonBuffer } from "../wire/json-buffer.ts";
import { colorsOf } from "./color.ts";
import { escaper } from "./escape.ts";
import { flowType } from "./flow-type.ts";
import type { PrintContext, PrintOptions } from "./format.ts";
import { nameOf } from "./host-names.ts";
import { identityText } from "./identity.ts";
import { IdMemo } from "./id-memo.ts";
import { summaryText } from "./summary.ts";
import { isStampMilli, timeFormatOf } from "./time-format.ts";
import { verdictText } from "./verdict.ts";

const encoder = new TextEncoder();
const escape = escaper(false);
const ZERO = 0x30;
const COMMA = 0x2c;
const POINT = 0x2e;

/** A host as it stands alone, and before its port. */
type HostText = { readonly bare: Uint8Array; readonly joined: Uint8Array };
type EndText = {
  /** The pod; null where the rest of the flow names the host. */
  readonly host: HostText | null;
  /** With a space before and after. */
  readonly identity: Uint8Array;
};
/** What the members after the ends, with those before, are printed as. */
type RestText = {
  readonly isReply: boolean;
  readonly arrow: Uint8Array;
  /** After the time. */
  readonly node: Uint8Array;
  /** Type, verdict, summary. */
  readonly rest: Uint8Array;
  /** By the flow's names of its ends; null for none. */
  readonly sourceNames: HostText | null;
  readonly destinationNames: HostText | null;
  /** A service names an end: such a line is printed with care. */
  readonly hasServices: boolean;
};
type AddressText = { readonly source: HostText; readonly destination: HostText };

const PROTOCOLS = ['{"TCP":{', '{"UDP":{', '{"SCTP":{'].map((text) => encoder.encode(text));
const ICMP = encoder.encode('{"ICMPv');
const SOURCE_PORT = encoder.encode('"source_port":');
const DESTINATION_PORT = encoder.encode('"destination_port":');
/** `2026-11-21T02:44:`, and what StampMilli makes of it: `Nov 21 02:44:`. */
const MINUTE = 17;
const STAMP = 13;

/**
 * Prints flows compactly from what the scanner knows of their bytes: ends, addresses and the members that repeat together
 * are turned into text once, the time and the ports are copied. Without colours, in the default time format. A line of
 * which the scanner does not know all is left to `compact`, which tests hold this to.
 */
export class CompactLines {
  /** The line last printed, without newline. */
  readonly out = new JsonBuffer(1 << 12);
  private readonly context: Pick<PrintContext, "options" | "colors" | "time">;
  private readonly scanner: CanonicalScanner;
  private readonly ends = new IdMemo<EndText>(1 << 14);
  private readonly rests = new IdMemo<RestText>(1 << 15);
  private readonly addresses = new IdMemo<AddressText>(1 << 14);
  private readonly minute = new Uint8Array(MINUTE);
  private stamp = new Uint8Array(STAMP);
  /** Digits of the ports of the line at hand; as long as nothing where there are none. */
  private readonly sourcePort = { start: 0, end: 0 };
  private readonly destinationPort = { start: 0, end: 0 };

  /** null where lines must be printed in another way than this. */
  static of(scanner: CanonicalScanner, options: PrintOptions): CompactLines | null {
    const isPlain = options.output === "compact" && !options.isColored && isStampMilli(options.timeFormat);
    return isPlain ? new CompactLines(scanner, options) : null;
  }

  private constructor(scanner: CanonicalScanner, options: PrintOptions) {
    this.scanner = scanner;
    this.context = { options, colors: colorsOf(false), time: timeFormatOf(options.timeFormat) };
  }

  /** Prints the line last scanned, its flow, into `out`; false when it must be printed with care. */
  print(flow: Message | undefined): boolean {
    const { marks } = this.scanner;
    if (marks.isOdd || marks.time < 0 || marks.addresses === 0 || !this.readPorts(marks)) return false;
    const rest = this.rests.get(marks.head, marks.tail) ?? this.learnRest(marks, flow);
    if (rest.hasServices) return false;
    const addresses = this.addresses.get(marks.addresses, 0) ?? this.learnAddresses(marks, flow);
    const source = this.ends.get(marks.source, 1) ?? this.learnEnd(marks.source, flow, "source");
    const destination = this.ends.get(marks.destination, 2) ?? this.learnEnd(marks.destination, flow, "destination");
    const from = source.host ?? rest.sourceNames ?? addresses.source;
    const to = destination.host ?? rest.destinationNames ?? addresses.destination;
    const { out } = this;
    out.clear();
    this.time(marks, flow);
    out.text(rest.node);
    if (rest.isReply) this.end(destination, to, this.destinationPort);
    else this.end(source, from, this.sourcePort);
    out.text(rest.arrow);
    if (rest.isReply) this.end(source, from, this.sourcePort);
    else this.end(destination, to, this.destinationPort);
    out.text(rest.rest);
    return true;
  }

  private end({ identity }: EndText, host: HostText, { start, end }: { readonly start: number; readonly end: number }) {
    const { out } = this;
    if (start === end) out.text(host.bare);
    else {
      const { bytes } = this.scanner.marks;
      out.text(host.joined);
      for (let at = start; at < end; at++) out.byte(bytes[at] ?? 0);
    }
    out.text(identity);
  }

  /** `Nov 21 02:44:53.986`; of one minute only the seconds differ. */
  private time({ bytes, time }: LineMarks, flow: Message | undefined): void {
    const { out, minute } = this;
    const from = time + 1;
    let same = 0;
    while (same < MINUTE && bytes[from + same] === minute[same]) same++;
    if (same < MINUTE) {
      this.stamp = encoder.encode(this.context.time(flow, "time").slice(0, STAMP));
      minute.set(bytes.subarray(from, from + MINUTE));
    }
    out.text(this.stamp);
    out.byte(bytes[from + MINUTE] ?? 0);
    out.byte(bytes[from + MINUTE + 1] ?? 0);
    out.byte(POINT);
    const fraction = from + MINUTE + 2;
    const hasFraction = bytes[fraction] === POINT;
    for (let digit = 1; digit <= 3; digit++) out.byte(hasFraction ? (bytes[fraction + digit] ?? 0) : ZERO);
  }

  /** False for a protocol that is printed with care. */
  private readPorts({ bytes, l4 }: LineMarks): boolean {
    this.sourcePort.end = this.sourcePort.start;
    this.destinationPort.end = this.destinationPort.start;
    if (l4 < 0 || stands(bytes, l4, ICMP)) return true;
    for (const protocol of PROTOCOLS) {
      if (!stands(bytes, l4, protocol)) continue;
      const next = readPort(bytes, l4 + protocol.length, SOURCE_PORT, this.sourcePort);
      readPort(bytes, next, DESTINATION_PORT, this.destinationPort);
      return true;
    }
    return false;
  }

  private learnRest({ head, tail }: LineMarks, flow: Message | undefined): RestText {
    const { options, colors } = this.context;
    const isReply = flow?.["is_reply"];
    const names = (end: "source" | "destination") => {
      const ofFlow = flow === undefined ? undefined : nameOf({ [`${end}_names`]: flow[`${end}_names`] ?? null }, end);
      return ofFlow === undefined || !options.isIpTranslated ? null : hostText(ofFlow);
    };
    const verdict = verdictText(flow, options.hasPolicyNames, colors);
    const node = options.hasNodeName ? ` [${textOf(flow, "node_name")}]: ` : ": ";
    const known = {
      isReply: flagOf(flow, "is_reply"),
      arrow: encoder.encode(isReply === undefined ? "<> " : isReply === true ? "<- " : "-> "),
      node: encoder.encode(escape(node)),
      rest: encoder.encode(escape(`${flowType(flow)} ${verdict} (${summaryText(flow, colors)})`)),
      sourceNames: names("source"),
      destinationNames: names("destination"),
      hasServices: partOf(flow, "source_service") !== undefined || partOf(flow, "destination_service") !== undefined,
    };
    this.rests.put(head, tail, known);
    return known;
  }

  private learnAddresses({ addresses }: LineMarks, flow: Message | undefined): AddressText {
    const ip = partOf(flow, "IP");
    const known = { source: hostText(textOf(ip, "source")), destination: hostText(textOf(ip, "destination")) };
    this.addresses.put(addresses, 0, known);
    return known;
  }

  private learnEnd(id: number, flow: Message | undefined, end: "source" | "destination"): EndText {
    const { options, colors } = this.context;
    const endpoint = partOf(flow, end);
    const isPod = options.isIpTranslated && textOf(endpoint, "pod_name") !== "";
    const pod = isPod ? nameOf({ [end]: endpoint ?? null }, end) : undefined;
    const known = {
      host: pod === undefined ? null : hostText(pod),
      identity: encoder.encode(` ${identityText(flow, end, colors)} `),
    };
    this.ends.put(id, end === "source" ? 1 : 2, known);
    return known;
  }
}

function hostText(host: string): HostText {
  return { bare: encoder.encode(escape(host)), joined: encoder.encode(escape(joinHostPort(host, ""))) };
}

function stands(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text[index]) return false;
  return true;
}

/** Notes the digits of the port if it stands here, and answers where what follows begins. */
function readPort(bytes: Uint8Array, at: number, name: Uint8Array, port: { start: number; end: number }): number {
  if (!stands(bytes, at, name)) return at;
  port.start = at + name.length;
  port.end = port.start;
  while (isDigit(bytes[port.end])) port.end++;
  return bytes[port.end] === COMMA ? port.end + 1 : port.end;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}
