import { quote } from "#engine/validate/go-text.ts";
import { parseUint } from "../go-text.ts";
import { type Message, numberOf, partOf, textsOf } from "../message.ts";
import { FilterError, type FilterField, type FlowPredicate, prefixed } from "./filter.ts";

/** Upstream: pkg/hubble/filters/port.go. */
export const port: FilterField = (filter) => [
  ...prefixed("invalid source port filter", () => byPort(filter, "source_port")),
  ...prefixed("invalid destination port filter", () => byPort(filter, "destination_port")),
];

function byPort(filter: Message, name: string): readonly FlowPredicate[] {
  const ports = new Set(textsOf(filter, name).map(portOf));
  if (ports.size === 0) return [];
  return [
    (flow) => {
      const l4 = partOf(flow, "l4");
      const protocol = partOf(l4, "TCP") ?? partOf(l4, "UDP") ?? partOf(l4, "SCTP");
      // uint16: what a recording holds beyond it is cut, as upstream cuts it.
      return protocol !== undefined && ports.has(numberOf(protocol, name) & 0xffff);
    },
  ];
}

function portOf(text: string): number {
  const parsed = parseUint(text, 10, 16);
  if (!parsed.ok) throw new FilterError(`invalid port ${quote(text)}: ${parsed.error}`);
  return Number(parsed.value);
}
