import { enumTextOf, integerTextOf, type Message, partOf, textOf } from "../message.ts";
import type { Colors } from "./color.ts";

/** Upstream: Printer.getSummary. */
export function summaryText(flow: Message | undefined, colors: Colors): string {
  const trace = partOf(flow, "ip_trace_id");
  const id = trace === undefined ? "0" : integerTextOf(trace, "trace_id");
  const auth = authText(flow, colors);
  const head = id === "0" ? "" : `IP Trace ID: ${id}; `;
  return `${head}${textOf(flow, "Summary")}${auth === "" ? "" : `; Auth: ${auth}`}`;
}

function authText(flow: Message | undefined, colors: Colors): string {
  const auth = enumTextOf(flow, "auth_type", "DISABLED");
  if (auth === "DISABLED") return "";
  return auth === "TEST_ALWAYS_FAIL" ? colors.authFailed(auth) : colors.authOn(auth);
}
