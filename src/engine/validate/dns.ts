import type { JsonObject } from "#model/json.ts";
import { textOf } from "./fields.ts";
import { byteLength, quote } from "./go-text.ts";
import { type Rejection, reject } from "./rejection.ts";
import type { Agent } from "./versions.ts";

const NAME_HELP = "matchName is one full name of letters, digits, - _ and dots; a wildcard goes into matchPattern";
const PATTERN_HELP = "matchPattern takes letters, digits, - _ dots and *; it is no regular expression";

/** One of toFQDNs. Neither name nor pattern is accepted, and selects nothing. Upstream: FQDNSelector.sanitize. */
export function checkFqdnSelector(selector: JsonObject, path: string, agent: Agent): Rejection | null {
  if (textOf(selector, "matchName") !== "" && textOf(selector, "matchPattern") !== "") {
    const text = "only one of MatchName or MatchPattern is allowed in an FQDNSelector";
    return reject(path, text, "make two elements of the list, one for the name and one for the pattern");
  }
  return checkMatchName(selector, path, agent.differs.fqdnNameCharacters) ?? checkMatchPattern(selector, path, agent);
}

const DNS_NAME_CHARACTERS = "Only 0-9, a-z, A-Z and . and - characters are allowed";

/** One of rules.dns; a name and a pattern together are accepted. Upstream: PortRuleDNS.Sanitize. */
export function checkDnsRule(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  return checkMatchName(rule, path, DNS_NAME_CHARACTERS) ?? checkMatchPattern(rule, path, agent);
}

/** A DNS rule made of a ClusterNetworkPolicy's domain name. */
export function checkDomainName(name: string, path: string, agent: Agent): Rejection | null {
  const field = name.startsWith("*") ? "matchPattern" : "matchName";
  const value = field === "matchPattern" && !name.startsWith("**") ? `*${name}` : name;
  const rejection = checkDnsRule({ [field]: value }, path, agent);
  return rejection === null ? null : { ...rejection, path };
}

function checkMatchName(rule: JsonObject, path: string, allowed: string): Rejection | null {
  const name = textOf(rule, "matchName");
  if (name === "" || /^[-a-zA-Z0-9_.]+$/.test(name)) return null;
  return reject(`${path}.matchName`, `Invalid characters in MatchName: "${name}". ${allowed}`, NAME_HELP);
}

/** Upstream: pkg/fqdn/matchpattern prevalidate (1.18 tests the characters in pkg/policy/api/fqdn.go). */
function checkMatchPattern(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  const pattern = textOf(rule, "matchPattern");
  const limit = agent.differs.patternLimit;
  if (limit !== null && byteLength(pattern.trim()) > limit) {
    const text = `Invalid MatchPattern: ${quote(pattern)}. Must be <= ${limit} characters long.`;
    return reject(`${path}.matchPattern`, text, "shorten the pattern: no DNS name is longer");
  }
  if (pattern === "" || /^[-a-zA-Z0-9_.*]+$/.test(pattern)) return null;
  const text = `Invalid characters in MatchPattern: "${pattern}". ${agent.differs.patternCharacters}`;
  return reject(`${path}.matchPattern`, text, PATTERN_HELP);
}
