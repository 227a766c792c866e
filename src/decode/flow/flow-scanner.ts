import type { Flow, FlowEvent, FlowPolicy } from "#model/flow.ts";
import type { Json } from "#model/json.ts";
import { directionOf, readFlowEvent } from "./flow.ts";
import { JsonCursor } from "./flow-cursor.ts";
import { DROP_REASONS, FLOW_TYPES, OBSERVATION_POINTS, TRACE_REASONS } from "./flow-enums.table.ts";
import { textsOf } from "./flow-field.ts";
import { FlowHead } from "./flow-head.ts";
import { Inner, isTailMember, Member, memberNames } from "./flow-members.ts";
import { NameTable, SpanMemo } from "./flow-memo.ts";
import { readAggregate, readPolicies, readService } from "./flow-parts.ts";
import { joinTails, NO_TAIL, TailFacts } from "./flow-scanned.ts";
import { FlowShapes } from "./flow-shapes.ts";
import { FlowTokens, SHORT_SAMPLE, type TailHashes, Token } from "./flow-tokens.ts";

const MEMBERS = new NameTable(memberNames());

/** Reads lines of recordings. What it returns is overwritten by the next `scan`. */
export type FlowReader = {
  /** The event in bytes[start, end); null when they are not JSON. */
  readonly scan: (bytes: Uint8Array, start: number, end: number) => FlowEvent | null;
  /** Lines so far whose text was not UTF-8: read with replacement characters. */
  readonly invalidUtf8: () => number;
};

/**
 * Reads flows from bytes without building JSON. A line of a known shape costs a comparison and its tokens; others are
 * read member by member, in any order and spacing, whole keys compared, and their shape is learned. Whatever it does not
 * know (another spelling, an escape, another kind of event) is read by JSON.parse and `readFlowEvent`, to which tests
 * hold it.
 */
export class FlowScanner implements FlowReader {
  private readonly cursor = new JsonCursor();
  private readonly tokens = new FlowTokens(this.cursor);
  private readonly shapes = new FlowShapes(this.tokens);
  private readonly head = new FlowHead(this.tokens, this.shapes);
  private readonly policies = new SpanMemo<readonly FlowPolicy[]>(1 << 10);
  private readonly names = new SpanMemo<readonly string[]>(1 << 10);
  private readonly services = new SpanMemo<string>(1 << 10);
  private readonly decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  private readonly lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
  private badText = 0;

  private envelopeTime: number | null = null;
  private isBare = false;
  /** The part of the tail being read for the first time: where it began (-1: none), the hashes to keep it under. */
  private partStart = -1;
  private partHashes: TailHashes = { byEnd: 0, byStart: 0 };
  private isPartKept = false;
  private part = NO_TAIL;
  private valueEnd = 0;
  /** False when the line holds something that no shape can: it is read anew each time. */
  private isLearnable = false;

  scan(bytes: Uint8Array, start: number, end: number): FlowEvent | null {
    this.cursor.attach(bytes, start, end);
    this.tokens.clear();
    if (this.shapes.read()) return this.tokens.flow;
    return this.scanLine(start, end) ?? this.parseLine(bytes.subarray(start, end));
  }

  invalidUtf8(): number {
    return this.badText;
  }

  private parseLine(line: Uint8Array): FlowEvent | null {
    const text = this.decode(line);
    try {
      return readFlowEvent(JSON.parse(text) as Json);
    } catch {
      return null;
    }
  }

  private decode(line: Uint8Array): string {
    try {
      return this.decoder.decode(line);
    } catch {
      this.badText++;
      return this.lenientDecoder.decode(line);
    }
  }

  /** The flow of the line, member by member; null when the line must be read by JSON.parse. */
  private scanLine(start: number, end: number): Flow | null {
    const { cursor, tokens } = this;
    cursor.at = start;
    this.clear();
    const isFlow = cursor.skipOpenBrace() && this.scanEnvelope();
    if (!isFlow && !(this.isBare && this.scanBare(start))) return null;
    if (cursor.peek() !== -1) return null;
    if (tokens.flow.time === null) tokens.flow.time = this.envelopeTime;
    else if (this.isLearnable) this.shapes.keep(start, end);
    return tokens.flow;
  }

  private clear(): void {
    this.tokens.clear();
    this.shapes.begin();
    this.envelopeTime = null;
    this.isBare = false;
    this.isLearnable = true;
  }

  /** Members of the line's object. Events other than flows are left to JSON.parse. */
  private scanEnvelope(): boolean {
    const { cursor } = this;
    let flows = 0;
    let more = cursor.firstMember();
    while (more === 1) {
      const id = this.readName();
      if (id === Member.flow) {
        flows++;
        if (!cursor.skipOpenBrace() || !this.scanFlow()) return false;
      } else if (!this.readEnvelopeMember(id)) {
        this.isBare = flows === 0 && id > Member.nodeName && id < Member.ignored;
        return false;
      }
      more = cursor.nextMember();
    }
    return more === 0 && flows === 1;
  }

  private readEnvelopeMember(id: number): boolean {
    const { cursor } = this;
    if (id === Member.nodeName) return this.head.readToken(Token.envelopeNode);
    cursor.peek();
    const at = cursor.at;
    if (id === Member.time) {
      this.envelopeTime = this.tokens.readEnvelopeTime();
      if (Number.isNaN(this.envelopeTime)) return false;
    } else if (id !== -1 || !cursor.skipValue()) return false;
    this.shapes.mark(Token.skipped, at, cursor.at);
    return true;
  }

  /** A flow without envelope: the line's object is the flow. */
  private scanBare(start: number): boolean {
    const { cursor, tokens } = this;
    cursor.at = start;
    this.clear();
    if (!cursor.skipOpenBrace() || !this.scanFlow()) return false;
    const { verdict, source, destination } = tokens.flow;
    return verdict !== "VERDICT_UNKNOWN" || source !== null || destination !== null;
  }

  private scanFlow(): boolean {
    const { cursor } = this;
    this.partStart = -1;
    let more = cursor.firstMember();
    while (more === 1) {
      if (!this.findPart()) {
        const at = cursor.at;
        const id = this.readName();
        if (!this.readMember(id, at)) return false;
        this.valueEnd = cursor.at;
      }
      more = cursor.nextMember();
    }
    this.endPart(true);
    return more === 0;
  }

  /** At a member's start, after both ends: true when the part of the tail that follows is known. */
  private findPart(): boolean {
    const { cursor, tokens } = this;
    if (this.partStart >= 0 || tokens.flow.source === null || tokens.flow.destination === null) return false;
    cursor.peek();
    const at = cursor.at;
    if (!tokens.readTailPart()) return false;
    this.shapes.mark(Token.tailPart, at, cursor.at);
    return true;
  }

  private beginPart(at: number): void {
    const { flow } = this.tokens;
    this.partStart = at;
    this.partHashes = this.tokens.unknownTail;
    this.isPartKept = flow.source !== null && flow.destination !== null;
    if (!this.isPartKept) this.isLearnable = false;
    this.part = new TailFacts();
  }

  /** The part has ended (`isLast`: with the flow, or before its summary): keep what it means with its bytes, if they stood where they would be looked for. */
  private endPart(isLast: boolean): void {
    const { tokens, valueEnd } = this;
    const start = this.partStart;
    if (start < 0) return;
    this.partStart = -1;
    if (this.isPartKept) {
      tokens.keepTailPart(this.partHashes, [start, valueEnd], this.part, isLast);
      this.shapes.mark(Token.tailPart, start, valueEnd);
    }
    tokens.flow.tail = joinTails(tokens.flow.tail, this.part);
  }

  /** A member's name and its colon: its number, -1 when unknown, `foreign` when the line is not for this reader. */
  private readName(): number {
    const { cursor } = this;
    if (!cursor.readPlainString()) return Member.foreign;
    const id = MEMBERS.find(cursor.bytes, cursor.textStart, cursor.textEnd, cursor.textHash);
    return cursor.skipColon() ? id : Member.foreign;
  }

  private readMember(id: number, at: number): boolean {
    if (!isTailMember(id, this.tokens.flow.l7 !== null)) {
      this.endPart(this.tokens.flow.l7 !== null);
      return this.head.readMember(id);
    }
    if (this.partStart < 0) this.beginPart(at);
    return this.readTailMember(id);
  }

  private readTailMember(id: number): boolean {
    const { cursor, part } = this;
    switch (id) {
      case Member.nodeName:
      case Member.type:
      case Member.observationPoint:
      case Member.traceReason:
      case Member.dropReasonDesc:
      case Member.trafficDirection:
        return this.readTailText(id);
      case Member.eventType:
        return this.readEventType();
      case Member.isReply:
      case Member.reply: {
        const flag = cursor.readFlag();
        if (id === Member.reply) part.wasReply = flag === 1;
        else part.isReply = flag === 1;
        return flag >= 0;
      }
      case Member.policyMatchType:
        part.policyMatchType = cursor.readSmallNumber();
        return part.policyMatchType >= 0;
      case Member.ignored:
      case Member.summary:
        return cursor.skipValue();
      default:
        return this.readTailList(id);
    }
  }

  private readTailText(id: number): boolean {
    const text = this.tokens.readText();
    if (text === null) return false;
    const { part } = this;
    if (id === Member.nodeName) part.node = text;
    else if (id === Member.type) part.flowType = named(text, FLOW_TYPES[0]);
    else if (id === Member.observationPoint) part.observation = named(text, OBSERVATION_POINTS[0]);
    else if (id === Member.traceReason) part.traceReason = named(text, TRACE_REASONS[0]);
    else if (id === Member.dropReasonDesc) part.dropName = named(text, DROP_REASONS[0]);
    else part.direction = directionOf(text);
    return true;
  }

  private readEventType(): boolean {
    const { cursor, part } = this;
    if (!cursor.skipOpenBrace()) return false;
    part.eventType = 0;
    part.subType = 0;
    let more = cursor.firstMember();
    while (more === 1) {
      const id = this.head.readInnerName();
      if (id !== Inner.type && id !== Inner.subType) return false;
      const number = cursor.readSmallNumber();
      if (number < 0) return false;
      if (id === Inner.type) part.eventType = number;
      else part.subType = number;
      more = cursor.nextMember();
    }
    return more === 0;
  }

  private readTailList(id: number): boolean {
    const { tokens, part } = this;
    switch (id) {
      case Member.sourceNames:
      case Member.destinationNames: {
        const names = tokens.readSpan(this.names, textsOf, SHORT_SAMPLE);
        if (id === Member.sourceNames) part.sourceNames = names ?? [];
        else part.destinationNames = names ?? [];
        return names !== null;
      }
      case Member.sourceService:
      case Member.destinationService: {
        const service = tokens.readSpan(this.services, readService, SHORT_SAMPLE);
        if (id === Member.sourceService) part.sourceService = service ?? "";
        else part.destinationService = service ?? "";
        return service !== null;
      }
      case Member.aggregate: {
        const value = tokens.parseValue();
        part.count = readAggregate(value);
        part.isAggregated = typeof value === "object" && value !== null && !Array.isArray(value);
        return value !== undefined;
      }
      default:
        return this.readPolicyList(id);
    }
  }

  private readPolicyList(id: number): boolean {
    const { part } = this;
    const list = this.tokens.readSpan(this.policies, readPolicies);
    if (list === null) return false;
    if (id === Member.egressAllowedBy) part.egressAllowedBy = list;
    else if (id === Member.ingressAllowedBy) part.ingressAllowedBy = list;
    else if (id === Member.egressDeniedBy) part.egressDeniedBy = list;
    else part.ingressDeniedBy = list;
    return true;
  }
}

/** An enum's name; its zero reads as "". */
function named(text: string, zero: string | undefined): string {
  return text === zero ? "" : text;
}
