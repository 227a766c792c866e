import { listOf, type Message, numberOf, partOf } from "../message.ts";
import type { FilterField, FlowPredicate } from "./filter.ts";

/** Upstream: pkg/hubble/filters/identity.go. */
export const identity: FilterField = (filter) => [
  ...byIdentity(filter, "source_identity", "source"),
  ...byIdentity(filter, "destination_identity", "destination"),
];

function byIdentity(filter: Message, name: string, end: string): readonly FlowPredicate[] {
  const identities = new Set(listOf(filter, name));
  if (identities.size === 0) return [];
  return [
    (flow) => {
      const endpoint = partOf(flow, end);
      return endpoint !== undefined && identities.has(numberOf(endpoint, "identity"));
    },
  ];
}
