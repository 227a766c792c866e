import { quote } from "#engine/validate/go-text.ts";
import { contains, type Prefix, parseAddress, parsePrefix } from "#engine/validate/netip.ts";
import { type Message, partOf, textOf, textsOf } from "../message.ts";
import { FilterError, type FilterField, type FlowPredicate } from "./filter.ts";

/** Addresses match as text, prefixes by what they contain. Upstream: pkg/hubble/filters/ip.go. */
export const ip: FilterField = (filter) => [
  ...byAddress(filter, "source_ip", "source"),
  ...byAddress(filter, "destination_ip", "destination"),
  ...byAddress(filter, "source_ip_xlated", "source_xlated"),
];

function byAddress(filter: Message, name: string, member: string): readonly FlowPredicate[] {
  const texts = textsOf(filter, name);
  if (texts.length === 0) return [];
  const addresses = new Set<string>();
  const prefixes: Prefix[] = [];
  for (const text of texts) {
    if (text.includes("/")) prefixes.push(prefixOf(text));
    else addresses.add(checkedAddress(text));
  }
  const isContained = containment(prefixes);
  return [
    (flow) => {
      const address = textOf(partOf(flow, "IP"), member);
      return address !== "" && (addresses.has(address) || (prefixes.length > 0 && isContained(address)));
    },
  ];
}

function prefixOf(text: string): Prefix {
  const parsed = parsePrefix(text);
  if ("error" in parsed) throw new FilterError(`invalid IP prefix ${quote(text)} in filter: ${parsed.error}`);
  return parsed.prefix;
}

function checkedAddress(text: string): string {
  const parsed = parseAddress(text);
  if ("error" in parsed) throw new FilterError(`invalid IP address ${quote(text)} in filter: ${parsed.error}`);
  return text;
}

/** Recordings repeat their addresses: so many answers are kept. */
const KEPT_ANSWERS = 1 << 16;

function containment(prefixes: readonly Prefix[]): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    const answer = known.get(text);
    if (answer !== undefined) return answer;
    const isIn = isInOne(text, prefixes);
    if (known.size >= KEPT_ANSWERS) known.clear();
    known.set(text, isIn);
    return isIn;
  };
}

/** netip.Prefix.Contains: families apart, an address with a zone in none. */
function isInOne(text: string, prefixes: readonly Prefix[]): boolean {
  const parsed = parseAddress(text);
  if ("error" in parsed || parsed.address.zone !== "") return false;
  return prefixes.some((prefix) => contains(prefix, parsed.address));
}
