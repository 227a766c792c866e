import type { JsonObject } from "#model/json.ts";
import { isSet, structOf, textOf, textsOf } from "./fields.ts";
import { jsonString, quote } from "./go-text.ts";
import { contains, type Prefix, parseAddress, parsePrefix } from "./netip.ts";
import { type Rejection, reject } from "./rejection.ts";
import { checkSelector, type Selector, selectorOf, splitSource } from "./selector.ts";
import type { Agent } from "./versions.ts";

const PREFIX_HELP = "write a prefix as in 10.0.0.0/8 or 2001:db8::/32: no zone, no netmask, no leading zeros";

/** One entry of fromCIDR or toCIDR: a prefix, or a bare address. Upstream: CIDR.sanitize. */
export function checkCidr(cidr: string, path: string): Rejection | null {
  if (cidr === "") return reject(path, "IP must be specified", PREFIX_HELP);
  if ("prefix" in parsePrefix(cidr)) return null;
  const address = parseAddress(cidr);
  // What is no prefix is read as an address, so the slash of a bad prefix is the unexpected character.
  return "error" in address ? reject(path, `unable to parse CIDR: ${address.error}`, PREFIX_HELP) : null;
}

/** One entry of fromCIDRSet or toCIDRSet: one of prefix, group or group selector. Upstream: CIDRRule.sanitize. */
export function checkCidrRule(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  return checkGroupSelector(rule, path, agent) ?? checkOneOf(rule, path) ?? checkPrefixAndExcept(rule, path, agent);
}

function checkOneOf(rule: JsonObject, path: string): Rejection | null {
  const count =
    Number(textOf(rule, "cidrGroupRef") !== "") +
    Number(textOf(rule, "cidr") !== "") +
    Number(isSet(rule, "cidrGroupSelector"));
  if (count === 0) {
    const text = "one of cidr, cidrGroupRef, or cidrGroupSelector is required";
    return reject(path, text, "give the element a cidr, or name or select a CiliumCIDRGroup");
  }
  if (count === 1) return null;
  const text = "more than one of cidr, cidrGroupRef, or cidrGroupSelector may not be set";
  return reject(path, text, "make one element of the list of each");
}

function checkPrefixAndExcept(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  const cidr = textOf(rule, "cidr");
  // Groups select: what is excepted from them is not looked at here.
  if (cidr === "") return null;
  const parsed = parsePrefix(cidr);
  if ("error" in parsed) {
    const text = `unable to parse CIDRRule ${quote(cidr)}: ${parsed.error}`;
    return reject(`${path}.cidr`, text, `${PREFIX_HELP}; a single address needs its /32 or /128`);
  }
  for (const [index, except] of textsOf(rule, "except").entries()) {
    const rejection = checkExcept(cidr, parsed.prefix, except, agent);
    if (rejection !== null) return { ...rejection, path: `${path}.except[${index}]` };
  }
  return null;
}

/**
 * An excepted prefix. Only its address must lie in the rule's prefix before 1.20, so `10.0.0.0/8` except `10.0.0.0/4`
 * was taken.
 */
function checkExcept(cidr: string, prefix: Prefix, except: string, agent: Agent): Rejection | null {
  const parsed = parsePrefix(except);
  if ("error" in parsed) return reject("", parsed.error, `${PREFIX_HELP}; a single address needs its /32 or /128`);
  const tooShort = agent.differs.exceptLength && prefix.bits > parsed.prefix.bits;
  if (!tooShort && contains(prefix, parsed.prefix.address)) return null;
  const text = `allow CIDR prefix ${cidr} does not contain exclude CIDR prefix ${except}`;
  return reject("", text, "except only what lies inside the cidr; what lies outside needs no exception");
}

function checkGroupSelector(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  const value = structOf(rule, "cidrGroupSelector");
  if (value === null) return null;
  const extended = agent.differs.selectorKeys === "extended";
  const keyOf = extended ? (key: string): string => `cidrgroup.${key}` : groupKey;
  const selector = selectorOf(value, `${path}.cidrGroupSelector`, keyOf);
  const rejection = checkSelector(selector, agent);
  if (rejection === null) return null;
  // The text shows the selector as it stands: before its keys got their prefix, or after.
  const shown = extended ? selectorOf(value, "", (key) => key) : selector;
  const kubernetes = agent.differs.cidrGroupSelector === "kubernetes";
  const printed = kubernetes ? goSelector(shown) : jsonSelector(shown);
  const text = `failed to ${agent.differs.cidrGroupVerb} cidrGroupSelector ${printed}: ${rejection.text}`;
  return { ...rejection, text };
}

/** Upstream 1.20: pkg/labels NewSourceEncodedLabelKey with the CIDR groups' source. */
function groupKey(key: string): string {
  const [source, name] = splitSource(key);
  return `${source === "" ? "cidrgroup" : source}:${name}`;
}

/** A selector as encoding/json writes it: fields in their order, empty ones left out. */
function jsonSelector(selector: Selector): string {
  const labels = selector.labels.map(({ key, value }) => `${jsonString(key)}:${jsonString(value)}`);
  const expressions = selector.expressions.map(({ key, operator, values }) => {
    const printed = values.length === 0 ? "" : `,"values":[${values.map(jsonString).join(",")}]`;
    return `{"key":${jsonString(key)},"operator":${jsonString(operator)}${printed}}`;
  });
  const fields: string[] = [];
  if (labels.length > 0) fields.push(`"matchLabels":{${labels.join(",")}}`);
  if (expressions.length > 0) fields.push(`"matchExpressions":[${expressions.join(",")}]`);
  return `{${fields.join(",")}}`;
}

/** A selector as its generated String method writes it. */
function goSelector(selector: Selector): string {
  const labels = selector.labels.map(({ key, value }) => `${key}: ${value},`).join("");
  const expressions = selector.expressions
    .map(({ key, operator, values }) => {
      return `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`;
    })
    .join("");
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}
