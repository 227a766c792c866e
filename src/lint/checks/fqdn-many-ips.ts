import { endKey } from "#analysis/end-name.ts";
import { itemsOf } from "#analysis/surprises/written-rules.ts";
import { fqdnMatcher } from "#engine/selector/match-pattern.ts";
import { SEMANTICS } from "#engine/semantics.ts";
import { isObject } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { ruleSpec } from "../ask.ts";
import { perWorld } from "../per-world.ts";

/** pkg/defaults ToFQDNsMaxIPsPerHost. */
const MOST_ADDRESSES = 1000;
/** From so many on an address is a CDN's: that its names share it goes without saying, and is not told. */
const CDN_NAMES = 20;

export const fqdnManyIps: Check = {
  id: "fqdn-many-ips",
  severity: "warn",
  title: "a name with more addresses than the agent keeps, or one that shares them",
  why: "The agent keeps at most tofqdns-endpoint-max-ip-per-hostname addresses of a name for an endpoint (1000 by default) and drops the oldest: connections to those are then denied, at random. And toFQDNs allows addresses: whatever other name leads to the same one is allowed with it.",
  limits:
    "By the DNS answers that were recorded or given. Shared addresses are an info, told where the same endpoints were seen asking for the other name, and no rule of theirs names it.",
  needs: ["flows"],
  find: (world) => world.rules.flatMap((rule) => foundIn(rule, world)),
  bad: `
name: a bucket behind many addresses
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress: [{toFQDNs: [{matchName: bucket.example.com}]}]
dns:
  - {name: bucket.example.com, ips: [198.51.100.1, 198.51.100.2, 198.51.100.3]}
connections:
  - {from: shop/web-1, to: 198.51.100.1, port: 443, expect: {}}
`,
  good: `
name: few addresses
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress: [{toFQDNs: [{matchName: bucket.example.com}]}]
dns:
  - {name: bucket.example.com, ips: [198.51.100.1, 198.51.100.2]}
connections:
  - {from: shop/web-1, to: 198.51.100.1, port: 443, expect: {}}
`,
  recorded: { bad: { config: { fqdnMaxAddressesPerName: 2 } }, good: { config: { fqdnMaxAddressesPerName: 2 } } },
};

type Named = { readonly path: string; readonly matches: (name: string) => boolean };

function namesOf({ value, ref, deny }: LintRule, world: LintWorld): readonly Named[] {
  if (deny) return [];
  return itemsOf(value["toFQDNs"]).flatMap((one, index) => {
    if (!isObject(one)) return [];
    const rule = { matchName: String(one["matchName"] ?? ""), matchPattern: String(one["matchPattern"] ?? "") };
    const matches = fqdnMatcher(rule, SEMANTICS[world.minor].deepPatterns);
    return [{ path: `${elementPath(ref.element)}.toFQDNs[${index}]`, matches }];
  });
}

function foundIn(rule: LintRule, world: LintWorld): readonly Found[] {
  const limit = limitOf(world);
  const named = namesOf(rule, world);
  if (named.length === 0) return [];
  const many = named.flatMap(({ path, matches }) =>
    manyAddressed(world)
      .filter(([name]) => matches(name))
      .map(([name, count]): Found => {
        const message = `${name} was seen with ${count} addresses, and the agent keeps ${limit} of a name for an endpoint: connections to the others are denied`;
        const help =
          "raise tofqdns-endpoint-max-ip-per-hostname, or allow the provider's CIDRs (a CiliumCIDRGroup) instead";
        return { policy: rule.policy, path, message, help };
      }),
  );
  return [...many, ...shared(rule, named, world)];
}

const limitOf = ({ config }: LintWorld): number => config.fqdnMaxAddressesPerName ?? MOST_ADDRESSES;

/** The names with more addresses than the limit: few, so that rules need not look at every name. */
const manyAddressed = perWorld((world) =>
  [...world.facts.addressesOf]
    .map(([name, addresses]) => [name, addresses.length] as const)
    .filter(([, count]) => count > limitOf(world)),
);

type Address = { readonly address: string; readonly names: readonly string[] };

/** Addresses with several names, each asked for by somebody. */
const sharedAddresses = perWorld((world): readonly Address[] =>
  [...world.facts.byAddress]
    .map(([address, names]) => ({ address, names: names.filter((name) => !name.startsWith("recorded-name")) }))
    .filter(({ names }) => names.length > 1 && names.length < CDN_NAMES),
);

/** Names that nobody's rule here speaks of and that the subjects asked for, at an address that the rule opens. */
function shared(rule: LintRule, named: readonly Named[], world: LintWorld): readonly Found[] {
  const candidates = sharedAddresses(world).filter(({ names }) => named.some(({ matches }) => names.some(matches)));
  if (candidates.length === 0) return [];
  const others = new Map<string, string>();
  const siblings = world.rules.filter((one) => one.policy === rule.policy).flatMap((one) => namesOf(one, world));
  const asked = new Set(
    world.subjects(ruleSpec(rule)).ends.flatMap((end) => [...(world.facts.askedBy.get(endKey(end)) ?? [])]),
  );
  for (const { address, names } of candidates) {
    const own = names.find((name) => named.some(({ matches }) => matches(name)));
    for (const name of names) {
      if (own === undefined || !asked.has(name) || siblings.some(({ matches }) => matches(name))) continue;
      others.set(name, `${address} is ${own}'s as well`);
    }
  }
  const [first] = others;
  if (first === undefined) return [];
  const more = others.size > 1 ? `, and ${others.size - 1} more such names` : "";
  const message = `opens ${first[0]} too: ${first[1]}${more}`;
  const help = "an address is all that toFQDNs opens: where that matters, add serverNames (SNI) to its port";
  return [{ policy: rule.policy, path: `${elementPath(rule.ref.element)}.toFQDNs`, severity: "info", message, help }];
}
