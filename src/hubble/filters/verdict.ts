import { enumTextOf, listOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

/** Upstream: pkg/hubble/filters/verdict.go. */
export const verdict: FilterField = (filter) => {
  const verdicts = new Set(listOf(filter, "verdict").map(String));
  if (verdicts.size === 0) return [];
  return [(flow) => flow !== undefined && verdicts.has(enumTextOf(flow, "verdict", "VERDICT_UNKNOWN"))];
};
