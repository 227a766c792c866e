import { partOf, textOf, textsOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

/** "" matches what has no trace. Upstream: pkg/hubble/filters/tracing.go. */
export const traceId: FilterField = (filter) => {
  const ids = new Set(textsOf(filter, "trace_id"));
  if (ids.size === 0) return [];
  return [(flow) => ids.has(textOf(partOf(partOf(flow, "trace_context"), "parent"), "trace_id"))];
};
