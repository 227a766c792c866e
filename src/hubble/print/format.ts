import type { Message } from "../message.ts";
import type { Colors } from "./color.ts";
import type { TimeFormat } from "./time-format.ts";

/** How to print; the names are those of the flags. */
export type PrintOptions = {
  readonly output: "compact" | "dict" | "table" | "jsonpb" | "json-legacy";
  readonly isColored: boolean;
  /** A name of TIME_FORMATS. */
  readonly timeFormat: string;
  readonly hasNodeName: boolean;
  readonly hasPolicyNames: boolean;
  readonly isIpTranslated: boolean;
  /** Informal node status messages too. */
  readonly isDebug: boolean;
};

/** Where text goes. */
export type PrintSink = { readonly out: (text: string) => void; readonly err: (text: string) => void };

/** What a format needs: the options made ready, and its two writers, which take from text what could steer a terminal. */
export type PrintContext = {
  readonly options: PrintOptions;
  readonly colors: Colors;
  readonly time: TimeFormat;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Ours: what policies say of a flow, printed beside it; null where that was not asked. */
  readonly decide: Decide | null;
};
export type Decide = (response: Message) => string;

/**
 * One way of printing events. Everything printed goes through one value in order, for headers, separators and widths
 * depend on what was printed before. Upstream: hubble/pkg/printer Printer.
 */
export type Format = {
  /** A GetFlowsResponse that holds a flow, lost events, or a node status. */
  readonly flow: (response: Message) => void;
  readonly lostEvents: (response: Message) => void;
  readonly nodeStatus: (response: Message) => void;
  /** A GetAgentEventsResponse. */
  readonly agentEvent: (response: Message) => void;
  /** A GetDebugEventsResponse. */
  readonly debugEvent: (response: Message) => void;
  /** A ServerStatusResponse. */
  readonly serverStatus: (response: Message) => void;
  /** Prints what waits for the end. */
  readonly close: () => void;
};
