import type { Connection, L7Check, LabelCheck } from "#model/connection.ts";
import { failingPart } from "./proxy/envoy.ts";
import type { Identity } from "./identity/identity.ts";
import { lookupLabel } from "./selector/labels.ts";
import { dnsMatcher, type FqdnRule, serverNameMatches } from "./selector/match-pattern.ts";
import type { HttpRule, PortRule } from "./rules/policy-entry.ts";
import { isMet, type Selector } from "./selector/selector.ts";
import type { Semantics } from "./semantics.ts";

// The clauses of one rule, each with what it asks and what there is.

/** The requirements of a label selector against one identity; null for selectors of addresses and names. */
export function labelChecks(selector: Selector, identity: Identity | undefined): readonly LabelCheck[] | null {
  if (selector.kind !== "labels" || identity === undefined) return null;
  return selector.requirements.map((item) => ({
    key: `${item.key.source}:${item.key.key}`,
    operator: item.operator,
    values: [...item.values],
    found: lookupLabel(identity.labels, item.key) ?? null,
    holds: isMet(item, identity.labels),
  }));
}

/** The L7 rules of one port rule against what was shown; empty for a plain one. */
export function l7Checks(rule: PortRule, connection: Connection, semantics: Semantics): readonly L7Check[] {
  const rules = rule.rules ?? { http: [], dns: [], kafka: [], l7: [], l7proto: "" };
  const others = [...rules.kafka, ...rules.l7];
  return [
    ...rule.serverNames.map((name) => serverNameCheck(name, connection)),
    ...rules.http.map((item) => httpCheck(item, connection)),
    ...rules.dns.map((item) => dnsCheck(item, connection, semantics)),
    ...others.map((text): L7Check => ({ kind: "other", text, fails: "unseen" })),
  ];
}

function serverNameCheck(pattern: string, { request, serverName }: Connection): L7Check {
  const shown = serverName ?? (request?.kind === "tls" ? request.serverName : null);
  const fails = shown === null ? "unseen" : serverNameMatches(pattern, shown) ? null : "name";
  return { kind: "tls", text: pattern, fails };
}

function httpCheck(rule: HttpRule, { request }: Connection): L7Check {
  const fails = request?.kind === "http" ? failingPart(rule, request) : "unseen";
  return { kind: "http", text: httpText(rule), fails };
}

function httpText({ method, path, host, headers, headerMatches }: HttpRule): string {
  const asked = [...headers, ...headerMatches.map((match) => match.name)];
  const parts = [
    method,
    path,
    host === "" ? "" : `host ${host}`,
    asked.length === 0 ? "" : `header ${asked.join(", ")}`,
  ];
  const text = parts.filter((part) => part !== "").join(" ");
  return text === "" ? "every request" : text;
}

function dnsCheck(rule: FqdnRule, { request }: Connection, semantics: Semantics): L7Check {
  const text = rule.matchName === "" ? rule.matchPattern : rule.matchName;
  if (request?.kind !== "dns") return { kind: "dns", text, fails: "unseen" };
  return { kind: "dns", text, fails: dnsMatcher([rule], semantics.deepPatterns)(request.name) ? null : "name" };
}
