import { enumTextOf, listOf, partOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

/** Upstream: pkg/hubble/filters/ip.go IPVersionFilter. */
export const ipVersion: FilterField = (filter) => {
  const versions = new Set(listOf(filter, "ip_version").map(String));
  if (versions.size === 0) return [];
  return [(flow) => flow !== undefined && versions.has(enumTextOf(partOf(flow, "IP"), "ipVersion", "IP_NOT_USED"))];
};
