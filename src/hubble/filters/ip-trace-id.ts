import { integerTextOf, partOf, textsOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

/** 0 matches what has none. Upstream: pkg/hubble/filters/ip_tracing.go. */
export const ipTraceId: FilterField = (filter) => {
  const ids = new Set(textsOf(filter, "ip_trace_id"));
  return ids.size === 0 ? [] : [(flow) => ids.has(integerTextOf(partOf(flow, "ip_trace_id"), "trace_id"))];
};
