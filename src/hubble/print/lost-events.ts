import { enumTextOf, integerTextOf, type Message, numberOf, partOf } from "../message.ts";
import type { TimeFormat } from "./time-format.ts";

/** What every format says of lost events. Upstream: Printer.WriteLostEvent. */
export function lostEventTexts(response: Message, time: TimeFormat, separator: " - " | " ") {
  const lost = partOf(response, "lost_events");
  const count = `CPU(${numberOf(lost, "cpu")})${separator}${integerTextOf(lost, "num_events_lost")}`;
  const isSpan = lost?.["first"] !== undefined && lost["last"] !== undefined;
  const span = isSpan ? ` (first: ${time(lost, "first")}, last: ${time(lost, "last")})` : "";
  return { source: enumTextOf(lost, "source", "UNKNOWN_LOST_EVENT_SOURCE"), summary: count + span };
}
