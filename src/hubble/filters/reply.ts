import { listOf, textOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

/** A flow that does not say whether it is a reply matches nothing, but a dropped one counts as none. Upstream: pkg/hubble/filters/reply.go. */
export const reply: FilterField = (filter) => {
  const wanted = listOf(filter, "reply");
  if (wanted.length === 0) return [];
  return [
    (flow) => {
      const isReply = flow?.["is_reply"];
      if (isReply === undefined && textOf(flow, "verdict") !== "DROPPED") return false;
      return wanted.includes(isReply === true);
    },
  ];
};
