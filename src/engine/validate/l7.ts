import { isObject, type JsonObject } from "#model/json.ts";
import { checkDnsRule } from "./dns.ts";
import { isSet, listOf, structOf, structsOf, textOf } from "./fields.ts";
import { checkKafkaRule } from "./kafka.ts";
import { regexpError } from "./regexp.ts";
import { firstRejection, nilPointer, type Rejection, reject } from "./rejection.ts";
import type { Agent } from "./versions.ts";

/** The lists that make L7 rules not empty; a decoded object of 1.20 never holds the last two. Upstream: L7Rules.Len. */
const LISTS = ["http", "dns", "kafka", "l7"] as const;

/** Upstream: L7Rules.IsEmpty. `rules: {}` and `rules: {http: []}` are plain L4. */
export function isEmptyL7(rules: JsonObject): boolean {
  return LISTS.every((field) => listOf(rules, field).length === 0);
}

/** Whether any element of toPorts has L7 rules. Upstream: len(countL7Rules) > 0. */
export function hasL7Rules(rule: JsonObject): boolean {
  return structsOf(rule, "toPorts").some((element) => {
    const rules = structOf(element, "rules");
    return rules !== null && !isEmptyL7(rules);
  });
}

/** Where the first L7 rule of a kind stands in a rule's toPorts, null without one. */
export function placeOfL7(rule: JsonObject, field: "http" | "dns" | "kafka", path: string): string | null {
  const index = structsOf(rule, "toPorts").findIndex((element) => {
    const rules = structOf(element, "rules");
    return rules !== null && listOf(rules, field).length > 0;
  });
  return index < 0 ? null : `${path}.toPorts[${index}].rules.${field}`;
}

/** The rules of one element of toPorts that has some. Upstream: L7Rules.sanitize. */
export function checkL7Rules(rules: JsonObject, portRule: JsonObject, path: string, agent: Agent): Rejection | null {
  return (
    firstRejection(structsOf(rules, "http"), (http, index) => checkHttpRule(http, `${path}.http[${index}]`)) ??
    firstRejection(structsOf(rules, "kafka"), (kafka, index) => checkKafkaRule(kafka, `${path}.kafka[${index}]`)) ??
    checkDnsPorts(rules, portRule, path) ??
    firstRejection(structsOf(rules, "dns"), (dns, index) => checkDnsRule(dns, `${path}.dns[${index}]`, agent)) ??
    checkParser(rules, path) ??
    checkOneKind(rules, path)
  );
}

/** Any port will do, whatever the text says. */
function checkDnsPorts(rules: JsonObject, portRule: JsonObject, path: string): Rejection | null {
  if (!isSet(rules, "dns") || listOf(portRule, "ports").length > 0) return null;
  const text = "port 53 must be specified for DNS rules";
  return reject(`${path}.dns`, text, "list the DNS server's port: 53 and protocol ANY, usually");
}

/** Upstream until 1.19: PortRuleL7.Sanitize. */
function checkParser(rules: JsonObject, path: string): Rejection | null {
  if (textOf(rules, "l7proto") === "") {
    if (!isSet(rules, "l7")) return null;
    const text = "'l7' may only be specified when a 'l7proto' is also specified";
    return reject(`${path}.l7`, text, "name the parser in l7proto");
  }
  return firstRejection(listOf(rules, "l7"), (rule, index) => {
    if (!isObject(rule) || !Object.hasOwn(rule, "")) return null;
    return reject(`${path}.l7[${index}]`, "Empty key not allowed", "give the key a name");
  });
}

/** An empty list counts as a kind here: it is there. */
function checkOneKind(rules: JsonObject, path: string): Rejection | null {
  const parser = textOf(rules, "l7proto") === "" ? 0 : 1;
  const kinds = (["http", "kafka", "dns"] as const).filter((field) => isSet(rules, field)).length + parser;
  if (kinds <= 1) return null;
  const text = "multiple L7 protocol rule types specified in single rule";
  return reject(path, text, "make one element of toPorts for each protocol");
}

const MISMATCH_ACTIONS = ["", "LOG", "ADD", "DELETE", "REPLACE"];

/** Only path and method are compiled: a bad host is accepted. Upstream: PortRuleHTTP.Sanitize. */
function checkHttpRule(rule: JsonObject, path: string): Rejection | null {
  return (
    checkPattern(rule, "path", path) ??
    checkPattern(rule, "method", path) ??
    firstRejection(listOf(rule, "headerMatches"), (match, index) => {
      const at = `${path}.headerMatches[${index}]`;
      return isObject(match) ? checkHeaderMatch(match, at) : nilPointer(at);
    })
  );
}

function checkPattern(rule: JsonObject, field: "path" | "method", path: string): Rejection | null {
  const error = regexpError(textOf(rule, field));
  if (error === null) return null;
  const help = `${field} is an RE2 regular expression: no lookahead, no back-references, and ( [ { need their ends`;
  return reject(`${path}.${field}`, error, help);
}

function checkHeaderMatch(match: JsonObject, path: string): Rejection | null {
  if (textOf(match, "name") === "") return reject(path, "Header name missing", "give the header's name");
  const action = textOf(match, "mismatch");
  if (!MISMATCH_ACTIONS.includes(action)) {
    const help = "mismatch is LOG, ADD, DELETE or REPLACE, or left out to deny";
    return reject(`${path}.mismatch`, `Invalid header action: ${action}`, help);
  }
  const secret = structOf(match, "secret");
  if (secret === null || textOf(secret, "name") !== "") return null;
  return reject(`${path}.secret`, "Secret name missing", "give the secret's name");
}
