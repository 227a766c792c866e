import { enumTextOf, listOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

/** Upstream: pkg/hubble/filters/traffic_direction.go. */
export const trafficDirection: FilterField = (filter) => {
  const directions = new Set(listOf(filter, "traffic_direction").map(String));
  if (directions.size === 0) return [];
  return [
    (flow) => flow !== undefined && directions.has(enumTextOf(flow, "traffic_direction", "TRAFFIC_DIRECTION_UNKNOWN")),
  ];
};
