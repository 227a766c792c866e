import { type Message, partOf, textOf } from "../message.ts";
import type { FilterField } from "./filter.ts";
import { byNamespacedName, type NamespacedName } from "./namespaced-name.ts";

/** Upstream: pkg/hubble/filters/k8s.go PodFilter. */
export const pod: FilterField = (filter) => [
  ...byNamespacedName(filter, "source_pod", (flow) => podOf(partOf(flow, "source"))),
  ...byNamespacedName(filter, "destination_pod", (flow) => podOf(partOf(flow, "destination"))),
];

function podOf(endpoint: Message | undefined): NamespacedName {
  return [textOf(endpoint, "namespace"), textOf(endpoint, "pod_name")];
}
