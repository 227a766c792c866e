import { type Message, partOf, textOf, textsOf } from "../message.ts";
import { type FilterField, type FlowPredicate, prefixed } from "./filter.ts";
import { fqdnPattern } from "./pattern.ts";
import { regexpMatcher } from "./regexp.ts";

/** Names of the ends, and the names that DNS was asked for. Upstream: pkg/hubble/filters/fqdn.go. */
export const fqdn: FilterField = (filter) => [
  ...byNames(filter, "source_fqdn", "source_names"),
  ...byNames(filter, "destination_fqdn", "destination_names"),
  ...byQuery(filter),
];

function byNames(filter: Message, name: string, member: string): readonly FlowPredicate[] {
  const patterns = textsOf(filter, name);
  if (patterns.length === 0) return [];
  const pattern = fqdnPattern(patterns);
  return [(flow) => textsOf(flow, member).some((one) => pattern.test(one))];
}

function byQuery(filter: Message): readonly FlowPredicate[] {
  const patterns = textsOf(filter, "dns_query");
  if (patterns.length === 0) return [];
  const matchers = prefixed("invalid DNS query filter", () =>
    patterns.map((pattern) => prefixed("failed to compile regexp", () => regexpMatcher(pattern))),
  );
  return [
    (flow) => {
      const dns = partOf(partOf(flow, "l7"), "dns");
      return dns !== undefined && matchers.some((matches) => matches(textOf(dns, "query")));
    },
  ];
}
