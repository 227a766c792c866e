import { type Message, partOf, textOf, textsOf } from "../message.ts";
import { FilterError, type FilterField, type FlowPredicate } from "./filter.ts";

/** As it is: no patterns. Upstream: pkg/hubble/filters/cluster_name.go. */
export const clusterName: FilterField = (filter) => [
  ...byCluster(filter, "source_cluster_name", "source"),
  ...byCluster(filter, "destination_cluster_name", "destination"),
];

function byCluster(filter: Message, name: string, end: string): readonly FlowPredicate[] {
  const clusters = new Set(textsOf(filter, name));
  if (clusters.size === 0) return [];
  if (clusters.has("")) throw new FilterError("invalid filter, name must not be empty");
  return [(flow) => clusters.has(textOf(partOf(flow, end), "cluster_name"))];
}
