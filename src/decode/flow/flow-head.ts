import { Inner, innerNames, Member } from "./flow-members.ts";
import { NameTable, SpanMemo } from "./flow-memo.ts";
import { readAgentVersion, verdictOf } from "./flow-parts.ts";
import type { FlowShapes } from "./flow-shapes.ts";
import { type FlowTokens, SHORT_SAMPLE, Token } from "./flow-tokens.ts";

const INNERS = new NameTable(innerNames());

const TOKEN_OF_MEMBER: ReadonlyMap<number, number> = new Map([
  [Member.time, Token.time],
  [Member.uuid, Token.uuid],
  [Member.source, Token.source],
  [Member.destination, Token.destination],
  [Member.l7, Token.l7],
  [Member.socketCookie, Token.socketCookie],
  [Member.ethernet, Token.ethernet],
  [Member.cgroupId, Token.skipped],
  [Member.proxyPort, Token.skipped],
  [Member.summary, Token.skipped],
  [-1, Token.skipped],
]);

const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [Inner.tcp, "TCP"],
  [Inner.udp, "UDP"],
  [Inner.sctp, "SCTP"],
  [Inner.icmpv4, "ICMPv4"],
  [Inner.icmpv6, "ICMPv6"],
]);

/** Reads the members of a flow that are not of its tail, one by one, and tells the shapes where the tokens stood. */
export class FlowHead {
  private readonly tokens: FlowTokens;
  private readonly shapes: FlowShapes;
  private readonly emitters = new SpanMemo<string>(1 << 4);

  constructor(tokens: FlowTokens, shapes: FlowShapes) {
    this.tokens = tokens;
    this.shapes = shapes;
  }

  /** A token at the cursor. */
  readToken(token: number): boolean {
    const { cursor } = this.tokens;
    cursor.peek();
    const at = cursor.at;
    if (!this.tokens.read(token)) return false;
    this.shapes.mark(token, at, cursor.at);
    return true;
  }

  readMember(id: number): boolean {
    const { cursor, flow } = this.tokens;
    const token = TOKEN_OF_MEMBER.get(id);
    if (token !== undefined) return this.readToken(token);
    switch (id) {
      case Member.ip:
        return this.readAddresses();
      case Member.l4:
        return this.readL4();
      case Member.tunnel:
        flow.tunnel = cursor.peek() === 0x7b;
        return this.readToken(Token.skipped);
      case Member.verdict: {
        const text = this.tokens.readText();
        flow.verdict = verdictOf(text ?? "");
        return text !== null;
      }
      case Member.dropReason:
        flow.dropNumber = cursor.readSmallNumber();
        return flow.dropNumber >= 0;
      case Member.emitter: {
        const version = this.tokens.readSpan(this.emitters, readAgentVersion, SHORT_SAMPLE);
        flow.agentVersion = version ?? "";
        return version !== null;
      }
      default:
        return false;
    }
  }

  readInnerName(): number {
    const { cursor } = this.tokens;
    if (!cursor.readPlainString()) return Inner.foreign;
    const id = INNERS.find(cursor.bytes, cursor.textStart, cursor.textEnd, cursor.textHash);
    return cursor.skipColon() ? id : Inner.foreign;
  }

  private readAddresses(): boolean {
    const { cursor, flow } = this.tokens;
    if (!cursor.skipOpenBrace()) return false;
    flow.clearAddresses();
    let more = cursor.firstMember();
    while (more === 1) {
      const id = this.readInnerName();
      if (id === Inner.foreign || !this.readAddress(id)) return false;
      more = cursor.nextMember();
    }
    return more === 0;
  }

  private readAddress(id: number): boolean {
    if (id === Inner.source) return this.readToken(Token.sourceAddress);
    if (id === Inner.destination) return this.readToken(Token.destinationAddress);
    return id === Inner.sourceXlated ? this.readToken(Token.sourceXlated) : this.tokens.cursor.skipValue();
  }

  /** l4 with exactly one protocol that has ports or an ICMP type; other protocols are JSON.parse's. */
  private readL4(): boolean {
    const { cursor, flow } = this.tokens;
    if (!cursor.skipOpenBrace() || cursor.firstMember() === 0) return false;
    flow.clearL4();
    const protocol = PROTOCOLS.get(this.readInnerName());
    if (protocol === undefined || !cursor.skipOpenBrace()) return false;
    flow.protocol = protocol;
    let more = cursor.firstMember();
    while (more === 1) {
      if (!this.readL4Member(this.readInnerName())) return false;
      more = cursor.nextMember();
    }
    return more === 0 && cursor.nextMember() === 0;
  }

  private readL4Member(id: number): boolean {
    const { cursor, flow } = this.tokens;
    if (id === Inner.foreign) return false;
    if (flow.protocol === "ICMPv4" || flow.protocol === "ICMPv6") {
      if (id !== Inner.type && id !== Inner.code) return cursor.skipValue();
      const number = cursor.readSmallNumber();
      if (id === Inner.type) flow.icmpType = number;
      else flow.icmpCode = number;
      return number >= 0;
    }
    if (id === Inner.sourcePort) return this.readToken(Token.sourcePort);
    if (id === Inner.destinationPort) return this.readToken(Token.destinationPort);
    return id === Inner.flags && flow.protocol === "TCP" ? this.readFlags() : cursor.skipValue();
  }

  private readFlags(): boolean {
    const { cursor, flow } = this.tokens;
    if (!cursor.skipOpenBrace()) return false;
    let bits = 0;
    let more = cursor.firstMember();
    while (more === 1) {
      const id = this.readInnerName();
      const flag = cursor.readFlag();
      if (id < Inner.flag || flag < 0) return false;
      if (flag === 1) bits |= 1 << (id - Inner.flag);
      more = cursor.nextMember();
    }
    flow.tcpFlags = bits;
    return more === 0;
  }
}
