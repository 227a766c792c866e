import { textOf, textsOf } from "../message.ts";
import type { FilterField } from "./filter.ts";
import { nodeNamePattern } from "./pattern.ts";

/** A node without cluster is in the cluster default. Upstream: pkg/hubble/filters/nodename.go. */
export const nodeName: FilterField = (filter) => {
  const patterns = textsOf(filter, "node_name");
  if (patterns.length === 0) return [];
  const pattern = nodeNamePattern(patterns);
  return [
    (flow) => {
      const name = textOf(flow, "node_name");
      return name !== "" && pattern.test(name.includes("/") ? name : `default/${name}`);
    },
  ];
};
