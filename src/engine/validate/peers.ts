import type { JsonObject } from "#model/json.ts";
import { checkCidr, checkCidrRule } from "./cidr.ts";
import { checkEntities } from "./entities.ts";
import { listOf, structsOf, textsOf } from "./fields.ts";
import { firstRejection, type Rejection, reject } from "./rejection.ts";
import { checkEndpointSelector } from "./selector.ts";
import { checkServices } from "./services.ts";
import type { Agent } from "./versions.ts";

/** The peer fields of one direction, and the slots of the Go map in which upstream counts those that exclude each other. */
export type PeerFields = {
  readonly endpoints: string;
  readonly requires: string;
  readonly nodes: string;
  readonly cidr: string;
  readonly cidrSet: string;
  readonly entities: string;
  readonly slots: readonly string[];
};

export const FROM: PeerFields = {
  endpoints: "fromEndpoints",
  requires: "fromRequires",
  nodes: "fromNodes",
  cidr: "fromCIDR",
  cidrSet: "fromCIDRSet",
  entities: "fromEntities",
  slots: ["fromEndpoints", "fromCIDR", "fromCIDRSet", "fromEntities", "fromNodes", "fromGroups"],
};

export const TO: PeerFields = {
  endpoints: "toEndpoints",
  requires: "toRequires",
  nodes: "toNodes",
  cidr: "toCIDR",
  cidrSet: "toCIDRSet",
  entities: "toEntities",
  slots: ["toCIDR", "toCIDRSet", "toEndpoints", "toEntities", "toServices", "toGroups", "toNodes", "toFQDNs"],
};

/**
 * The peers of one rule, allow or deny. `toFQDNs` does not exist in deny rules: decoding has dropped it.
 * Upstream: IngressCommonRule.sanitize, EgressCommonRule.sanitize.
 */
export function checkPeers(rule: JsonObject, fields: PeerFields, path: string, agent: Agent): Rejection | null {
  const combined = checkCombination(rule, fields, path);
  if (combined !== null) return combined;
  const noNodes = checkNodesAllowed(rule, fields, path, agent);
  const rejection = checkEachPeer(rule, fields, path, agent);
  if (rejection === null || noNodes === null || rejection.crash) return rejection ?? noNodes;
  // errors.Join: the flag is named after whatever else is wrong.
  return { ...rejection, text: `${rejection.text}\n${noNodes.text}` };
}

function checkEachPeer(rule: JsonObject, fields: PeerFields, path: string, agent: Agent): Rejection | null {
  const selectors = (field: string): Rejection | null =>
    firstRejection(structsOf(rule, field), (selector, index) =>
      checkEndpointSelector(selector, `${path}.${field}[${index}]`, agent),
    );
  return (
    selectors(fields.endpoints) ??
    (agent.differs.requires === "selectors" ? selectors(fields.requires) : null) ??
    selectors(fields.nodes) ??
    firstRejection(textsOf(rule, fields.cidr), (cidr, index) => checkCidr(cidr, `${path}.${fields.cidr}[${index}]`)) ??
    firstRejection(structsOf(rule, fields.cidrSet), (cidr, index) =>
      checkCidrRule(cidr, `${path}.${fields.cidrSet}[${index}]`, agent),
    ) ??
    checkEntities(rule, fields.entities, path, agent) ??
    checkServices(rule, path, agent)
  );
}

function checkNodesAllowed(rule: JsonObject, fields: PeerFields, path: string, agent: Agent): Rejection | null {
  if (agent.config.enableNodeSelectorLabels || listOf(rule, fields.nodes).length === 0) return null;
  const text = 'FromNodes/ToNodes rules can only be applied when the "enable-node-selector-labels" flag is set';
  const help = `set enable-node-selector-labels in the agent's configuration, or use entities instead of ${fields.nodes}`;
  return reject(`${path}.${fields.nodes}`, text, help);
}

/** Two kinds of peers that both have elements. Empty lists combine with everything. */
export function checkCombination(rule: JsonObject, fields: PeerFields, path: string): Rejection | null {
  const used = fields.slots.filter((field) => listOf(rule, field).length > 0);
  if (used.length < 2) return null;
  const [first, second] = likelyOrder(used, fields.slots);
  const text = `combining ${memberName(first)} and ${memberName(second)} is not supported yet`;
  return reject(`${path}.${second}`, text, `make a rule of its own for ${second}, with the same ports`);
}

/** `toCIDRSet` → `ToCIDRSet`. */
function memberName(field: string): string {
  return `${field.charAt(0).toUpperCase()}${field.slice(1)}`;
}

const MAP_SLOTS = 8;

/**
 * Upstream walks a Go map, so which two members it names, and in which order, is random. A map of this size is walked
 * round from a random one of its eight slots: the member after the longest gap is the most likely to be met first.
 */
function likelyOrder(used: readonly string[], slots: readonly string[]): readonly [string, string] {
  const [first = "", ...others] = sortByGap(used, slots);
  const [second = ""] = sortByGap(others, slots);
  return [first, second];
}

function sortByGap(used: readonly string[], slots: readonly string[]): readonly string[] {
  const gap = (field: string): number => {
    const at = slots.indexOf(field);
    const distances = used.filter((each) => each !== field).map((each) => at - slots.indexOf(each) + MAP_SLOTS);
    return Math.min(MAP_SLOTS, ...distances.map((distance) => distance % MAP_SLOTS));
  };
  return [...used].sort((a, b) => gap(b) - gap(a));
}
