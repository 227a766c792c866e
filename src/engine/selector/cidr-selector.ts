import { parsePrefix } from "../identity/cidr.ts";
import {
  CIDR_LABELS,
  type EndpointSelector,
  labelSelector,
  NONE,
  readSelector,
  type Requirement,
  requirementsOf,
  requirement,
  reservedSelector,
  type Selector,
} from "./selector.ts";
import type { Semantics } from "../semantics.ts";
import type { Json } from "#model/json.ts";

// Upstream: pkg/policy/api/cidr.go (1.18: label selectors), pkg/policy/types/selector.go CIDRSelector (from 1.19).

/** The address families that are on, and how this minor turns CIDRs into selectors. */
export type CidrStack = {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly cidr: Semantics["cidr"];
  readonly worldByFamily: boolean;
  readonly cidrGroupValuesInKeys: boolean;
};

/** One entry of toCIDRSet, or an ipBlock. */
export type CidrRule = {
  readonly cidr: string;
  readonly group: string;
  readonly groupSelector: Json | undefined;
  readonly except: readonly string[];
};

/**
 * The name of the world label that an address of a family carries: `world` alone in single stack.
 * Upstream: pkg/labels/cidr.go getWorldLabel (before 1.19 AddWorldLabel, which asks only whether both families are on).
 */
export function worldName(family: 4 | 6, stack: Pick<CidrStack, "ipv4" | "ipv6" | "worldByFamily">): string {
  const other = family === 4 ? stack.ipv6 : stack.ipv4;
  const isNamed = stack.worldByFamily ? other : stack.ipv4 && stack.ipv6;
  return isNamed ? `world-ipv${family}` : "world";
}

/** Selectors of toCIDR or fromCIDR. */
export function cidrSelectors(cidrs: readonly string[], stack: CidrStack): readonly Selector[] {
  if (stack.cidr === "labels") return [...cidrs.flatMap(labelOfCidr), ...worldsOf(cidrs, stack)];
  return cidrs.map((cidr) => cidrSelector(`cidr:${cidr}`, [cidrRequirement(cidr, "Exists", stack)], false));
}

/** Selectors of one toCIDRSet entry: a CIDR, a CIDR group by name or by labels, each without its `except`. */
export function cidrRuleSelectors(rule: CidrRule, stack: CidrStack): readonly Selector[] {
  return stack.cidr === "labels" ? ruleAsLabels(rule, stack) : [ruleAsSelector(rule, stack)];
}

function cidrSelector(key: string, requirements: readonly Requirement[], valuesInKeys: boolean): Selector {
  return { kind: "cidr", key, requirements, valuesInKeys };
}

/** A prefix is asked for as its `cidr:` label, a /0 as the world's. Upstream: pkg/labels IPStringToLabel. */
function cidrRequirement(cidr: string, operator: "Exists" | "DoesNotExist", stack: CidrStack): Requirement {
  const prefix = parsePrefix(cidr);
  const key = prefix?.bits === 0 ? `reserved:${worldName(prefix.family, stack)}` : `cidr:${cidr}`;
  return cidrExpression(key, prefix === null ? "Exists" : operator);
}

function cidrExpression(key: string, operator: "Exists" | "DoesNotExist"): Requirement {
  const plain = requirement({ key, operator, values: [] });
  // IPv6 colons would end the key: the prefix is read from the CIDR itself.
  return key.startsWith("cidr:") ? { ...plain, key: { ...plain.key, prefix: parsePrefix(key.slice(5)) } } : plain;
}

function groupKey(rule: CidrRule): string {
  return `cidrgroup:io.cilium.policy.cidrgroupname/${rule.group}`;
}

function groupSelector(rule: CidrRule): EndpointSelector {
  return readSelector(rule.groupSelector, (key) => `cidrgroup:${key.replace(/^cidrgroup:/, "")}`);
}

function ruleAsSelector(rule: CidrRule, stack: CidrStack): Selector {
  const except = rule.except.map((cidr) => cidrRequirement(cidr, "DoesNotExist", stack));
  const without = rule.except.length === 0 ? "" : `-[${rule.except.join(",")}]`;
  if (rule.group !== "") {
    const found = requirement({ key: groupKey(rule), operator: "Exists", values: [] });
    return cidrSelector(groupKey(rule) + without, [found, ...except], false);
  }
  if (rule.groupSelector !== undefined) {
    const selector = groupSelector(rule);
    const requirements = [...requirementsOf(selector), ...except];
    return cidrSelector(labelSelector(selector).key + without, requirements, stack.cidrGroupValuesInKeys);
  }
  return cidrSelector(`cidr:${rule.cidr}${without}`, [cidrRequirement(rule.cidr, "Exists", stack), ...except], false);
}

function labelOfCidr(cidr: string): readonly Selector[] {
  const prefix = parsePrefix(cidr);
  return prefix === null ? [] : [cidrLabels([cidrExpression(`cidr:${cidr}`, "Exists")])];
}

/** 1.18 selects by labels alone; `key` tells the selector cache one from another. */
function cidrLabels(requirements: readonly Requirement[]): Selector {
  const key = requirements.map((item) => `${item.operator} ${item.key.source}:${item.key.key}`).join(",");
  return { kind: "labels", key: `${CIDR_LABELS}${key}`, requirements };
}

/** Upstream: 1.18 CIDRSlice.GetAsEndpointSelectors: a /0 of a family that is on also selects the world. */
function worldsOf(cidrs: readonly string[], stack: CidrStack): readonly Selector[] {
  const has4 = cidrs.includes("0.0.0.0/0");
  const has6 = cidrs.includes("::/0");
  if (stack.ipv4 && stack.ipv6) {
    const names = [
      ...(has4 && has6 ? ["world"] : []),
      ...(has4 ? ["world-ipv4"] : []),
      ...(has6 ? ["world-ipv6"] : []),
    ];
    return names.map(reservedSelector);
  }
  return (stack.ipv4 && has4) || (stack.ipv6 && has6) ? [reservedSelector("world")] : [];
}

/** The trap: beside a group nobody checks it, and a bare address is no prefix to GetPrefixesFromCIDRSet. */
function exceptAsLabel(cidr: string): Requirement {
  const asked = cidrExpression(`cidr:${cidr}`, "DoesNotExist");
  return cidr.includes("/") ? asked : { ...asked, isUntold: true };
}

/** Upstream: 1.18 CIDRRuleSlice.GetAsEndpointSelectors. */
function ruleAsLabels(rule: CidrRule, stack: CidrStack): readonly Selector[] {
  // Such an except becomes a label without a key, and no label selector can be made of that.
  if (rule.except.some((cidr) => parsePrefix(cidr) === null)) return [NONE];
  const except = rule.except.map(exceptAsLabel);
  if (rule.cidr !== "") {
    const main = cidrLabels([cidrExpression(`cidr:${rule.cidr}`, "Exists"), ...except]);
    if (!rule.cidr.endsWith("/0")) return [main];
    const both = stack.ipv4 && stack.ipv6;
    const world = both ? (rule.cidr.includes(":") ? "world-ipv6" : "world-ipv4") : "world";
    return [main, cidrLabels([requirement({ key: `reserved:${world}`, operator: "Exists", values: [] }), ...except])];
  }
  const found = requirement({ key: groupKey(rule), operator: "Exists", values: [] });
  if (rule.group !== "") return [cidrLabels([found, ...except])];
  const selector = groupSelector(rule);
  const plain = labelSelector(selector);
  if (except.length === 0) return [plain];
  const key = `${CIDR_LABELS}${plain.key} ${rule.except.join(",")}`;
  return [{ kind: "labels", key, requirements: [...requirementsOf(selector), ...except] }];
}
