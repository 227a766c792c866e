import type { Direction } from "#model/decision.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { type PolicyObject, policyName, type RuleRef } from "#model/policy.ts";

/** A rule as its author wrote it. */
export type WrittenRule = {
  readonly ref: RuleRef;
  readonly direction: Direction;
  readonly deny: boolean;
  readonly value: JsonObject;
  /** The spec that it stands in. */
  readonly spec: JsonObject;
};

const SECTIONS = ["ingress", "ingressDeny", "egress", "egressDeny"] as const;

/** The rules of a policy, those of `specs` too. */
export function writtenRules(policy: PolicyObject): readonly WrittenRule[] {
  return writtenSpecs(policy).flatMap(({ spec, path }) =>
    SECTIONS.flatMap((section) =>
      itemsOf(spec[section]).flatMap((value, index): readonly WrittenRule[] => {
        if (!isObject(value)) return [];
        const ref = { policy: policyName(policy), element: `${path}${section}[${index}]` };
        const direction = section.startsWith("ingress") ? "ingress" : "egress";
        return [{ ref, direction, deny: section.endsWith("Deny"), value, spec }];
      }),
    ),
  );
}

/** The specs of a policy with the path that its elements begin with: "" or `specs[1].`. */
export function writtenSpecs(policy: PolicyObject): readonly { readonly spec: JsonObject; readonly path: string }[] {
  const spec = policy.value["spec"];
  const own = isObject(spec) ? [{ spec, path: "" }] : [];
  const others = itemsOf(policy.value["specs"]).flatMap((item, index) =>
    isObject(item) ? [{ spec: item, path: `specs[${index}].` }] : [],
  );
  return [...own, ...others];
}

/** True for CiliumNetworkPolicy and its clusterwide kind. */
export function isCiliumPolicy(policy: PolicyObject): boolean {
  return policy.kind === "CiliumNetworkPolicy" || policy.kind === "CiliumClusterwideNetworkPolicy";
}

/** The elements of a list; none for anything else. */
export function itemsOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

const PEERS = ["Endpoints", "Nodes", "Entities", "CIDR", "CIDRSet", "FQDNs", "Services", "Groups", "Requires"];

/** The peer fields that a CNP rule writes, empty lists too. */
export function peerFields({ value }: WrittenRule): readonly string[] {
  return PEERS.flatMap((name) => [`from${name}`, `to${name}`]).filter((field) => value[field] !== undefined);
}

/** The ports of a rule: `443/TCP`, `80-90`, `http`; several are joined by commas. "" when it names none. */
export function portsText(rule: WrittenRule): string {
  const entries = itemsOf(rule.value["toPorts"]).flatMap((item) => (isObject(item) ? itemsOf(item["ports"]) : []));
  const texts = [...entries, ...itemsOf(rule.value["ports"])].flatMap((port) =>
    isObject(port) ? [portText(port)] : [],
  );
  return texts.join(", ");
}

function portText(port: JsonObject): string {
  const end = port["endPort"] === undefined ? "" : `-${String(port["endPort"])}`;
  const protocol = port["protocol"] === undefined || port["protocol"] === "ANY" ? "" : `/${String(port["protocol"])}`;
  return `${String(port["port"] ?? "every port")}${end}${protocol}`;
}
