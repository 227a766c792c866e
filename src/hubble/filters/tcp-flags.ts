import { flagOf, partOf, partsOf } from "../message.ts";
import type { FilterField } from "./filter.ts";

export const TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"] as const;

/** All flags of one entry; others do not matter. Upstream: pkg/hubble/filters/tcp.go. */
export const tcpFlags: FilterField = (filter) => {
  const entries = partsOf(filter, "tcp_flags").map((entry) => TCP_FLAGS.filter((name) => flagOf(entry, name)));
  if (entries.length === 0) return [];
  return [
    (flow) => {
      const flags = partOf(partOf(partOf(flow, "l4"), "TCP"), "flags");
      return flags !== undefined && entries.some((names) => names.every((name) => flagOf(flags, name)));
    },
  ];
};
