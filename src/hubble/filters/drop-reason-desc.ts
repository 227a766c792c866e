import { enumTextOf, listOf, textOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

/** Only of dropped flows. Upstream: pkg/hubble/filters/drop_reason_desc.go. */
export const dropReasonDesc: FilterField = (filter) => {
  const reasons = new Set(listOf(filter, "drop_reason_desc").map(String));
  if (reasons.size === 0) return [];
  return [
    (flow) =>
      textOf(flow, "verdict") === "DROPPED" && reasons.has(enumTextOf(flow, "drop_reason_desc", "DROP_REASON_UNKNOWN")),
  ];
};
