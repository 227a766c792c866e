import { endKey } from "#analysis/end-name.ts";
import { namesIfProxied, selectorsIn } from "#analysis/learned-names.ts";
import type { AddressEnd, Conversation } from "#model/conversation.ts";
import type { Peer } from "./draft.ts";
import { isApiServer } from "./entities.ts";
import { isResolverTraffic } from "./resolver.ts";
import type { Stage } from "./stage.ts";

/** The words for an outside end; or why there are none. */
export type Outside =
  | { readonly peers: readonly Peer[]; readonly notes: readonly string[] }
  | { readonly reason: string };

/** What Cilium takes in matchName. Upstream: pkg/policy/api/fqdn.go allowedMatchNameChars. */
const NAME = /^[-a-z0-9_.]+$/;

const WORLD: Peer = { kind: "entity", entity: "world" };
const API_SERVER: Peer = { kind: "entity", entity: "kube-apiserver" };

/** An outside destination: by the names that the source learned, else by its address. */
export function outsideDestination(end: AddressEnd, conversation: Conversation, stage: Stage): Outside {
  if (isApiServer(end, conversation.port, stage)) return { peers: [API_SERVER], notes: [] };
  const service = stage.frontends.get(end.address);
  if (service !== undefined && stage.snapshot.config.value.socketLoadBalancing !== false) {
    return {
      reason: `the address is Service ${service.namespace}/${service.name}: who translates it is not known (give the ConfigMap cilium-config)`,
    };
  }
  if (end.masqueraded === true) return { peers: [WORLD], notes: ["its address was masqueraded"] };
  // No name leads to the one who tells names.
  if (isResolverTraffic(conversation, stage)) return { peers: [{ kind: "cidr", cidr: cidrOf(end) }], notes: [] };
  const names = stage.options.kind === "knp" ? [] : namesOf(conversation, stage);
  if (names.length > 0) return { peers: names.map((name): Peer => ({ kind: "name", name })), notes: [] };
  const known = stage.facts.byAddress.get(end.address) ?? [];
  const note =
    known.length > 0 ? `${end.address} is ${known.slice(0, 3).join(", ")}` : `no name is known of ${end.address}`;
  return { peers: [{ kind: "cidr", cidr: cidrOf(end) }], notes: [note] };
}

/** An outside source: the world where a Service shows the port to it, else its address. */
export function outsideSource(end: AddressEnd, conversation: Conversation, stage: Stage): Outside {
  if (end.labels.includes("reserved:kube-apiserver")) return { peers: [API_SERVER], notes: [] };
  if (end.masqueraded === true) return { peers: [WORLD], notes: ["its address was masqueraded"] };
  if (isPublic(conversation, stage)) return { peers: [WORLD], notes: [] };
  return { peers: [{ kind: "cidr", cidr: cidrOf(end) }], notes: [] };
}

function isPublic({ to, port }: Conversation, { services }: Stage): boolean {
  if (to.kind !== "pod" || port === null) return false;
  return services
    .leadingTo(to, port)
    .some((one) => one.type === "LoadBalancer" || one.type === "NodePort" || one.externalIPs.length > 0);
}

function cidrOf({ address, prefix }: AddressEnd): string {
  return prefix ?? `${address}/${address.includes(":") ? 128 : 32}`;
}

/**
 * Names that the source asked for, where its questions are known; else all that the address is known by. Of an address
 * that only a recorded `fqdn:` pattern tells of: that pattern.
 */
function namesOf(conversation: Conversation, { facts }: Stage): readonly string[] {
  const { from, to } = conversation;
  if (to.kind !== "address") return [];
  const { names } = namesIfProxied(facts, from, to, conversation);
  const asked = facts.askedBy.get(endKey(from));
  const own = names.filter((name) => asked?.has(name) === true);
  const chosen = (own.length > 0 ? own : names.length > 0 ? names : expired(conversation, facts)).filter((name) =>
    NAME.test(name),
  );
  if (chosen.length > 0) return chosen;
  const labels = [...to.labels, ...conversation.verdicts.flatMap((verdict) => verdict.remoteLabels ?? [])];
  return selectorsIn(labels).filter((name) => name !== "*");
}

/** Names of its own lookups that had run out when it went there: still the best that is known. */
function expired({ from, to }: Conversation, facts: Stage["facts"]): readonly string[] {
  const asked = facts.askedBy.get(endKey(from));
  const records = to.kind === "address" ? (facts.recordsAt.get(to.address) ?? []) : [];
  return [...new Set(records.filter((one) => asked?.has(one.name) === true).map((one) => one.name))].sort();
}
