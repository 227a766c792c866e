import { itemsOf } from "#analysis/surprises/written-rules.ts";
import { nameMatching } from "#analysis/learned-names.ts";
import { namesNamespace } from "#analysis/selector-text.ts";
import type { AddressEnd, End } from "#model/conversation.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { NAMESPACE_LABEL } from "#model/labels.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { LintRule, LintWorld } from "./lint-world.ts";
import { nodeEnd, OUTSIDE } from "./probe.ts";
import { SpecSet, witnesses } from "./subjects.ts";

/** A peer of a rule, with the names it is known by. `isReal`: of the objects or the recording. */
export type PeerSample = { readonly end: End; readonly names: readonly string[] };

/**
 * Peers that stand for all that a CNP rule takes: of each selector the pod with the fewest labels that it takes, of each
 * entity and prefix an end, of each name an address. What holds for each of them, and rests on positive selectors,
 * holds for every peer. null where one of the rule's peers cannot be stood for.
 */
export function peerSamples(rule: LintRule, world: LintWorld): readonly PeerSample[] | null {
  const prefix = rule.direction === "ingress" ? "from" : "to";
  const listOf = (name: string) => itemsOf(rule.value[`${prefix}${name}`]);
  if (["Nodes", "Services", "Groups", "Requires"].some((name) => listOf(name).length > 0)) return null;
  const lists = [
    ...listOf("Endpoints").map((one) => podSamples(one, rule.policy, world)),
    ...listOf("Entities").map((one) => entitySamples(String(one), world)),
    ...listOf("CIDR").map((one) => cidrSamples(String(one))),
    ...listOf("CIDRSet").map((one) => cidrSamples(isObject(one) ? String(one["cidr"]) : "")),
    ...listOf("FQDNs").map((one) => nameSamples(one)),
  ];
  if (lists.length === 0)
    return Object.keys(rule.value).some((key) => key.startsWith(prefix)) ? null : everybody(world);
  const all = lists.flatMap((list) => list ?? []);
  return lists.includes(null) || all.length === 0 ? null : all;
}

const NO_NAMES: readonly string[] = [];
const NO_SPECS = new SpecSet([]);

function everybody(world: LintWorld): readonly PeerSample[] | null {
  return entitySamples("all", world);
}

/** The least pods that a selector of a policy takes. */
function podSamples(selector: Json, policy: PolicyObject, world: LintWorld): readonly PeerSample[] | null {
  if (!isObject(selector)) return null;
  const scoped = namesNamespace(selector) || policy.namespace === null ? selector : within(selector, policy.namespace);
  const value = { endpointSelector: scoped, ingress: [{}] };
  const asking: PolicyObject = { ...policy, kind: "CiliumClusterwideNetworkPolicy", namespace: null, name: "peers" };
  const whole = {
    ...asking,
    value: { apiVersion: "cilium.io/v2", kind: asking.kind, metadata: { name: "peers" }, spec: value },
  };
  const ends = [...witnesses({ policy: whole, path: "spec", value }, NO_SPECS, world.snapshot, world.alone(whole))];
  return ends.length === 0 ? null : ends.map((end) => ({ end, names: NO_NAMES }));
}

function within(selector: JsonObject, namespace: string): JsonObject {
  const labels = isObject(selector["matchLabels"]) ? selector["matchLabels"] : {};
  return { ...selector, matchLabels: { ...labels, [NAMESPACE_LABEL]: namespace } };
}

function entitySamples(entity: string, world: LintWorld): readonly PeerSample[] | null {
  const plain = (...ends: readonly End[]) => ends.map((end) => ({ end, names: NO_NAMES }));
  switch (entity) {
    case "world":
      return plain(OUTSIDE);
    case "remote-node":
      return plain(nodeEnd(false));
    case "kube-apiserver":
      return plain(nodeEnd(true));
    case "cluster":
      return [...plain(nodeEnd(false)), ...(somePod(world) ?? [])];
    case "all":
      return [...plain(OUTSIDE, nodeEnd(false)), ...(somePod(world) ?? [])];
    default:
      return null;
  }
}

/** A pod without labels in a namespace that no policy speaks of. */
function somePod(world: LintWorld): readonly PeerSample[] | null {
  const policy: PolicyObject = {
    kind: "CiliumClusterwideNetworkPolicy",
    namespace: null,
    name: "any",
    value: {},
    file: null,
    places: {},
  };
  return podSamples({ matchLabels: { [NAMESPACE_LABEL]: "some-namespace" } }, policy, world);
}

function cidrSamples(cidr: string): readonly PeerSample[] | null {
  const [address = ""] = cidr.split("/");
  if (!/^[0-9a-f.:]+$/i.test(address)) return null;
  const end: AddressEnd = { ...OUTSIDE, address: /^(?:0\.0\.0\.0|::)$/.test(address) ? OUTSIDE.address : address };
  return cidr === "::/0" ? null : [{ end, names: NO_NAMES }];
}

function nameSamples(fqdn: Json): readonly PeerSample[] | null {
  if (!isObject(fqdn)) return null;
  const name = String(fqdn["matchName"] ?? nameMatching(String(fqdn["matchPattern"] ?? "")));
  return name === "" ? null : [{ end: { ...OUTSIDE, names: [name] }, names: [name] }];
}
