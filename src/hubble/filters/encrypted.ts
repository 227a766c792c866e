import { flagOf, listOf, partOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

/** Upstream: pkg/hubble/filters/encrypted.go. */
export const encrypted: FilterField = (filter) => {
  const wanted = listOf(filter, "encrypted");
  return wanted.length === 0 ? [] : [(flow) => wanted.includes(flagOf(partOf(flow, "IP"), "encrypted"))];
};
