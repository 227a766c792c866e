import type { Message } from "./message.ts";
import { colorsOf } from "./print/color.ts";
import { compact } from "./print/compact.ts";
import { dict } from "./print/dict.ts";
import { escaper } from "./print/escape.ts";
import type { Decide, Format, PrintOptions, PrintSink } from "./print/format.ts";
import { jsonLegacy, jsonpb } from "./print/json.ts";
import { table } from "./print/table.ts";
import { timeFormatOf } from "./print/time-format.ts";

/** Prints events as the hubble CLI does. */
export type Printer = Format & {
  /** A GetFlowsResponse of any kind; one of a kind that is not known is passed over. */
  readonly response: (response: Message) => void;
};

/** A printer; `sink` takes its text; `decide` adds what policies say of each flow. Upstream: hubble/pkg/printer New. */
export function createPrinter(options: PrintOptions, sink: PrintSink, decide: Decide | null = null): Printer {
  const format = formatOf(options, sink, decide);
  return {
    ...format,
    response: (response) => {
      if (response["flow"] !== undefined) format.flow(response);
      else if (response["node_status"] !== undefined) format.nodeStatus(response);
      else if (response["lost_events"] !== undefined) format.lostEvents(response);
    },
  };
}

function formatOf(options: PrintOptions, sink: PrintSink, decide: Decide | null): Format {
  // Aligned columns cannot hold colours.
  const isColored = options.isColored && options.output !== "table";
  const escape = escaper(isColored);
  const context = {
    options,
    colors: colorsOf(isColored),
    time: timeFormatOf(options.timeFormat),
    out: (text: string) => sink.out(escape(text)),
    err: (text: string) => sink.err(escape(text)),
    decide,
  };
  switch (options.output) {
    case "compact":
      return compact(context);
    case "dict":
      return dict(context);
    case "table":
      return table(context, sink.out, escape);
    case "jsonpb":
      return jsonpb(options, sink, decide);
    case "json-legacy":
      return jsonLegacy(sink);
  }
}
