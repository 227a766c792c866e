import { setTimeout as sleep } from "node:timers/promises";
import { buildFilters } from "#hubble/filters.ts";
import { DEFAULT_FIELD_MASK } from "#hubble/flags/field-mask.ts";
import { LivePrinter, type LivePrinterParts } from "#hubble/live-printer.ts";
import type { ObserveRequest } from "#hubble/observe-request.ts";
import { RelayConnection } from "#sources/relay-connection.ts";
import type { RelayOptions } from "#sources/relay-options.ts";
import { type LivePiece, livePieces } from "#sources/relay-source.ts";
import type { Io } from "../io.ts";
import { createObserveOutput } from "./observe-output.ts";

export type LiveParts = Pick<LivePrinterParts, "decide" | "take" | "warn"> & { readonly io: Io };

/** Prints what a Hubble server gives for a request, until it has given all, or for ever. */
export async function observeLive(request: ObserveRequest, server: RelayOptions, parts: LiveParts): Promise<void> {
  const { io, warn, ...rest } = parts;
  // What is wrong with the filters is told before anything is asked, as a recording would have it told.
  buildFilters(request.filters, () => {});
  const output = createObserveOutput(io);
  const printer = new LivePrinter(request, { ...rest, warn, sink: output.sink });
  const connection = await RelayConnection.open(server, {
    onNewer: ({ message, attributes }) => warn("WARN", message, attributes),
  });
  const take = (piece: LivePiece) => {
    if (piece.kind === "status") printer.status(piece.message);
    else if (piece.kind === "note") warn("WARN", piece.text, []);
    else {
      output.begin(piece.bytes);
      printer.lines(piece.bytes);
    }
  };
  try {
    const pieces = livePieces({
      connection,
      asked: { ...request, fieldMask: resumable(request.fieldMask) },
      slowSeconds: server.requestTimeoutSeconds,
      now: () => Date.now(),
      wait: (milliseconds) => sleep(milliseconds).then(() => undefined),
    });
    for await (const piece of pieces) {
      take(piece);
      await output.flush();
      if (!io.isOpen()) return;
    }
    printer.finish();
    await output.flush();
  } finally {
    connection.close();
  }
}

/** Text formats do not show the id by which a flow is known again; a mask of the user's is shown as it is. */
function resumable(mask: readonly string[]): readonly string[] {
  return mask === DEFAULT_FIELD_MASK ? [...mask, "uuid"] : mask;
}
