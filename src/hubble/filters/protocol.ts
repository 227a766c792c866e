import { quote } from "#engine/validate/go-text.ts";
import { partOf, textsOf } from "../message.ts";
import { FilterError, type FilterField, prefixed } from "./filter.ts";

const L4: Readonly<Record<string, readonly string[]>> = {
  icmp: ["ICMPv4", "ICMPv6"],
  icmpv4: ["ICMPv4"],
  icmpv6: ["ICMPv6"],
  tcp: ["TCP"],
  udp: ["UDP"],
  sctp: ["SCTP"],
  vrrp: ["VRRP"],
  igmp: ["IGMP"],
};
const L7: Readonly<Record<string, string>> = { dns: "dns", http: "http" };

/** Upstream: pkg/hubble/filters/protocol.go. */
export const protocol: FilterField = (filter) => {
  const protocols = textsOf(filter, "protocol");
  if (protocols.length === 0) return [];
  const members = prefixed("invalid protocol filter", () => protocols.map(membersOf));
  const l4 = members.flatMap((one) => one.l4);
  const l7 = members.flatMap((one) => one.l7);
  return [
    (flow) => {
      const layer4 = partOf(flow, "l4");
      const layer7 = partOf(flow, "l7");
      return l4.some((name) => layer4?.[name] !== undefined) || l7.some((name) => layer7?.[name] !== undefined);
    },
  ];
};

function membersOf(name: string): { readonly l4: readonly string[]; readonly l7: readonly string[] } {
  const key = name.toLowerCase();
  const l4 = Object.hasOwn(L4, key) ? L4[key] : undefined;
  const l7 = Object.hasOwn(L7, key) ? L7[key] : undefined;
  if (l4 === undefined && l7 === undefined) throw new FilterError(`unknown protocol: ${quote(name)}`);
  return { l4: l4 ?? [], l7: l7 === undefined ? [] : [l7] };
}
