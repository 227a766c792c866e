import { type Message, partOf, partsOf, textOf } from "../message.ts";
import type { FilterField, FlowPredicate } from "./filter.ts";

/** Name and kind as they are; "" is any. Upstream: pkg/hubble/filters/workload.go. */
export const workload: FilterField = (filter) => [
  ...byWorkload(filter, "source_workload", "source"),
  ...byWorkload(filter, "destination_workload", "destination"),
];

function byWorkload(filter: Message, name: string, end: string): readonly FlowPredicate[] {
  const wanted = partsOf(filter, name).map((one) => [textOf(one, "name"), textOf(one, "kind")]);
  if (wanted.length === 0) return [];
  const isWanted = (found: Message) =>
    wanted.some(
      ([workloadName, kind]) =>
        (workloadName === "" || workloadName === textOf(found, "name")) &&
        (kind === "" || kind === textOf(found, "kind")),
    );
  return [(flow) => partsOf(partOf(flow, end), "workloads").some(isWanted)];
}
