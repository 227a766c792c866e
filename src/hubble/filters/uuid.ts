import { textOf, textsOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

/** Upstream: pkg/hubble/filters/uuid.go. */
export const uuid: FilterField = (filter) => {
  const uuids = new Set(textsOf(filter, "uuid"));
  return uuids.size === 0 ? [] : [(flow) => flow !== undefined && uuids.has(textOf(flow, "uuid"))];
};
