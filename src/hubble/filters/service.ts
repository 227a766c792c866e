import { type Message, partOf, textOf } from "../message.ts";
import { type FilterField, prefixed } from "./filter.ts";
import { byNamespacedName, type NamespacedName } from "./namespaced-name.ts";

/** Upstream: pkg/hubble/filters/k8s.go ServiceFilter. */
export const service: FilterField = (filter) => [
  ...prefixed("invalid source service filter", () =>
    byNamespacedName(filter, "source_service", (flow) => serviceOf(partOf(flow, "source_service"))),
  ),
  ...prefixed("invalid destination service filter", () =>
    byNamespacedName(filter, "destination_service", (flow) => serviceOf(partOf(flow, "destination_service"))),
  ),
];

function serviceOf(found: Message | undefined): NamespacedName {
  return [textOf(found, "namespace"), textOf(found, "name")];
}
