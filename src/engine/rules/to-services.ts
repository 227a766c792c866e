import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Inventory, Service } from "#model/objects.ts";
import { isMet, type EndpointSelector, readSelector, requirementsOf } from "../selector/selector.ts";
import type { CidrRule } from "../selector/cidr-selector.ts";
import { labelArray } from "../selector/labels.ts";
import { isWellFormed } from "../selector/well-formed.ts";
import { NAMESPACE_KEY, type ParseContext } from "./parse-context.ts";
import { isSet, structOf, structsOf, textOf } from "../validate/fields.ts";

// Upstream: pkg/policy/k8s/service.go processRule. The trap: only `egress` is translated, never `egressDeny`, and a
// toServices that finds nothing leaves no peer at all: with toPorts that is everybody.

/** What toServices of an egress rule became. `found` is false when no Service of the inventory matched. */
export type ServicePeers = {
  readonly endpoints: readonly EndpointSelector[];
  readonly cidrs: readonly CidrRule[];
  readonly found: boolean;
};

/** Services with a selector become their pods, services without one the addresses of their EndpointSlices. */
export function servicePeers(rule: JsonObject, context: ParseContext): ServicePeers {
  const asked = structsOf(rule, "toServices");
  const endpoints: EndpointSelector[] = [];
  const cidrs: CidrRule[] = [];
  let found = false;
  if (asked.length === 0) return { endpoints, cidrs, found };
  for (const service of sortedServices(context.inventory)) {
    for (const wanted of asked) {
      if (!isAsked(wanted, service, context)) continue;
      found = true;
      if (hasSelector(service)) endpoints.push(podsOf(service));
      else cidrs.push(...backendsOf(service, context.inventory));
    }
  }
  return { endpoints, cidrs, found };
}

function sortedServices(inventory: Inventory): readonly Service[] {
  return [...inventory.services].sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
}

function isAsked(wanted: JsonObject, service: Service, context: ParseContext): boolean {
  const selector = structOf(wanted, "k8sServiceSelector");
  if (selector !== null)
    return isInNamespace(selector, service) && matchesLabels(selector["selector"], service, context);
  const reference = structOf(wanted, "k8sService");
  return reference !== null && isInNamespace(reference, service) && textOf(reference, "serviceName") === service.name;
}

function isInNamespace(wanted: JsonObject, service: Service): boolean {
  const namespace = textOf(wanted, "namespace");
  return namespace === "" || namespace === service.namespace;
}

/**
 * The label's source is not looked at; 1.18 takes the keys as they are written, and an empty selector, or one that
 * Kubernetes would not take, for none. Upstream: serviceSelectorMatches.
 */
function matchesLabels(selector: Json | undefined, service: Service, { semantics }: ParseContext): boolean {
  const isEmpty = !isObject(selector) || !(isSet(selector, "matchLabels") || isSet(selector, "matchExpressions"));
  if (semantics.plainServiceSelector && (isEmpty || !isWellFormed(readSelector(selector, (key) => key)))) return false;
  const bare = (key: string) => `any:${semantics.plainServiceSelector ? key : key.replace(/^[^:]*:/, "")}`;
  const labels = labelArray(Object.entries(service.labels).map(([key, value]) => ({ source: "k8s", key, value })));
  return requirementsOf(readSelector(selector, bare)).every((item) => isMet(item, labels));
}

function hasSelector(service: Service): boolean {
  return service.selector !== null && Object.keys(service.selector).length > 0;
}

function podsOf(service: Service): EndpointSelector {
  const labels = Object.entries(service.selector ?? {}).map(([key, value]): [string, string] => [`k8s:${key}`, value]);
  return { labels: new Map([...labels, [NAMESPACE_KEY, service.namespace]]), expressions: [] };
}

function backendsOf(service: Service, inventory: Inventory): readonly CidrRule[] {
  const slices = inventory.endpointSlices.filter(
    (slice) => slice.namespace === service.namespace && slice.service === service.name,
  );
  const addresses = new Set(slices.flatMap((slice) => slice.addresses));
  return [...addresses].map((address) => ({
    cidr: `${address}/${address.includes(":") ? 128 : 32}`,
    group: "",
    groupSelector: undefined,
    except: [],
  }));
}
