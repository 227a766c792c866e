import type { Message } from "./message.ts";
import type { ObserveRequest } from "./observe-request.ts";

/** What a source gives at a time. Text and messages are the taker's only until it asks for more. */
export type FlowPiece =
  /** Bytes of JSON lines, cut anywhere. */
  | { readonly kind: "text"; readonly bytes: Uint8Array }
  /** The text of one file has ended: so has its last line, with or without a newline. */
  | { readonly kind: "end"; readonly file: string; readonly isBroken: boolean }
  /** GetFlowsResponses in canonical form, as a server's stream brings them. */
  | { readonly kind: "messages"; readonly messages: readonly Message[] };

/**
 * Where flows come from: recordings, a Hubble server, a store. A source that can filter and select gets the request; what
 * it does not do itself the observer does.
 */
export type FlowSource = {
  readonly pieces: (request: ObserveRequest) => AsyncIterable<FlowPiece>;
  /** False when the source has done filters, times and numbers itself. */
  readonly isRaw: boolean;
};
