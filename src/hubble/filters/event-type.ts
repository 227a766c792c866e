import { flagOf, type Message, numberOf, partOf, partsOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

/** Upstream: pkg/hubble/filters/event_type.go. Type 0 is any; the sub-type counts only with match_sub_type. */
export const eventType: FilterField = (filter) => {
  const types = partsOf(filter, "event_type").map(typeOf);
  if (types.length === 0) return [];
  return [
    (flow) => {
      const event = partOf(flow, "event_type");
      if (event === undefined) return false;
      const type = numberOf(event, "type");
      const subType = numberOf(event, "sub_type");
      return types.some(
        (one) => (one.type === 0 || one.type === type) && (!one.isSubTypeMatched || one.subType === subType),
      );
    },
  ];
};

function typeOf(filter: Message) {
  return {
    type: numberOf(filter, "type"),
    subType: numberOf(filter, "sub_type"),
    isSubTypeMatched: flagOf(filter, "match_sub_type"),
  };
}
