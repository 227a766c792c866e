import type { Flow, FlowEndpoint } from "#model/flow.ts";

/** A flow turned so that `from` opened the connection. One object is filled anew by every event. */
export class TurnedFlow {
  from: FlowEndpoint | null = null;
  to: FlowEndpoint | null = null;
  fromAddress = "";
  toAddress = "";
  fromPort = 0;
  toPort = 0;
  /** True when the event was a reply's. */
  isTurned = false;

  read(flow: Flow, isReply: boolean): void {
    this.isTurned = isReply;
    this.from = isReply ? flow.destination : flow.source;
    this.to = isReply ? flow.source : flow.destination;
    this.fromAddress = isReply ? flow.destinationAddress : flow.sourceAddress;
    this.toAddress = isReply ? flow.sourceAddress : flow.destinationAddress;
    this.fromPort = isReply ? flow.destinationPort : flow.sourcePort;
    this.toPort = isReply ? flow.sourcePort : flow.destinationPort;
  }
}
