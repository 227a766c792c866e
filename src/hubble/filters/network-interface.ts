import { numberOf, partOf, partsOf, textOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

/** Index 0 and name "" are any. Upstream: pkg/hubble/filters/network_interface.go. */
export const networkInterface: FilterField = (filter) => {
  const wanted = partsOf(filter, "interface").map((one) => ({
    index: numberOf(one, "index"),
    name: textOf(one, "name"),
  }));
  if (wanted.length === 0) return [];
  return [
    (flow) => {
      const found = partOf(flow, "interface");
      if (found === undefined) return false;
      const index = numberOf(found, "index");
      const name = textOf(found, "name");
      return wanted.some((one) => (one.index === 0 || one.index === index) && (one.name === "" || one.name === name));
    },
  ];
};
