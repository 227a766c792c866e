import type { L7Request } from "#model/conversation.ts";
import { RE2JS } from "re2js";
import { serverNameMatches } from "../selector/match-pattern.ts";
import { type MaybePolicy, type PerSelectorPolicy, verdictOf } from "../resolve/per-selector-policy.ts";
import type { HeaderMatch, HttpRule } from "../rules/policy-entry.ts";
import type { Applicable, ProxyRuling, Shown } from "./proxy.ts";

// Upstream: pkg/envoy/policy envoy_l7_rules_translator.go, and cilium/proxy's network policy filter, which is C++ and
// modelled here: rules by descending precedence, deny first; one whose L7 part does not match gives no verdict. The
// server name is asked at connect, HTTP per request; each leaves the other aside.

export type HttpRequest = Extract<L7Request, { readonly kind: "http" }>;
type Answer = Pick<ProxyRuling, "l7" | "reason">;

/** What Envoy answers to a request, a server name, or both. */
export function envoyAnswer(rules: readonly Applicable[], { request, serverName }: Shown): Answer {
  const http = request?.kind === "http" ? request : null;
  const name = serverName ?? (request?.kind === "tls" ? request.serverName : null);
  if (http === null && (name === null || name === "")) return UNSEEN;
  const sorted = [...rules].sort(byPrecedence);
  if (asks(rules, (policy) => policy.serverNames.length > 0) && !decides(sorted, (policy) => takesName(policy, name))) {
    return { l7: "denied", reason: `no rule takes the server name ${name ?? "(none seen)"}` };
  }
  if (!asks(rules, (policy) => policy.rules.http.length > 0)) return ALLOWED;
  if (http === null) return UNSEEN;
  if (decides(sorted, (policy) => takesRequest(policy, http))) return ALLOWED;
  return { l7: "denied", reason: `no HTTP rule matches ${methodOf(http)} ${pathOf(http)}` };
}

const UNSEEN: Answer = { l7: "unseen", reason: null };
const ALLOWED: Answer = { l7: "allowed", reason: null };

function asks(rules: readonly Applicable[], has: (policy: PerSelectorPolicy) => boolean): boolean {
  return rules.some(({ policy }) => policy !== null && has(policy));
}

function byPrecedence(a: Applicable, b: Applicable): number {
  if (a.filter.tier !== b.filter.tier) return a.filter.tier - b.filter.tier;
  const priority = (a.policy?.priority ?? 0) - (b.policy?.priority ?? 0);
  return priority !== 0 ? priority : rank(a.policy) - rank(b.policy);
}

function rank(policy: MaybePolicy): number {
  return ["deny", "pass", "allow"].indexOf(verdictOf(policy));
}

/** The first rule with something to say decides; a pass goes on with the next tier; none: refused. */
function decides(sorted: readonly Applicable[], takes: (policy: PerSelectorPolicy) => boolean): boolean {
  let passedTier = -1;
  for (const { filter, policy } of sorted) {
    if (filter.tier === passedTier) continue;
    if (policy === null) return true;
    if (policy.verdict === "deny") return false;
    if (policy.verdict === "pass") passedTier = filter.tier;
    else if (takes(policy)) return true;
  }
  return false;
}

function takesName({ serverNames }: PerSelectorPolicy, name: string | null): boolean {
  return serverNames.length === 0 || (name !== null && serverNames.some((pattern) => serverNameMatches(pattern, name)));
}

function takesRequest({ rules }: PerSelectorPolicy, request: HttpRequest): boolean {
  return rules.http.length === 0 || rules.http.some((rule) => matchesRule(rule, request));
}

/** True when every part of the rule holds; a rule without parts takes every request. */
function matchesRule(rule: HttpRule, request: HttpRequest): boolean {
  return failingPart(rule, request) === null;
}

/** The first part of an HTTP rule that a request does not meet; null when it takes it. */
export function failingPart(rule: HttpRule, request: HttpRequest): "method" | "path" | "host" | "header" | null {
  const meets = (pattern: string, value: string) => pattern === "" || (value !== "" && fullMatch(pattern, value));
  if (!meets(rule.path, pathOf(request))) return "path";
  if (!meets(rule.method, methodOf(request))) return "method";
  if (!meets(rule.host, request.host)) return "host";
  const headers = rule.headers.every((header) => hasHeader(header, request));
  return headers && rule.headerMatches.every((match) => meetsMatch(match, request)) ? null : "header";
}

function methodOf(request: HttpRequest): string {
  return request.method === "" ? "GET" : request.method;
}

function pathOf(request: HttpRequest): string {
  return request.path === "" ? "/" : request.path;
}

/** `X-Token` asks for presence, `X-Token: abc` for the very value. */
function hasHeader(header: string, request: HttpRequest): boolean {
  const space = header.indexOf(" ");
  if (space < 0) return headerValue(request, header) !== null;
  return hasValue(request, header.slice(0, space).replace(/:+$/, ""), header.slice(space + 1));
}

/** Only a mismatch that fails can refuse; without its Secret a rule never matches, unless it has a value beside it. */
function meetsMatch({ name, value, mismatch, secret }: HeaderMatch, request: HttpRequest): boolean {
  if (secret !== "" && value === "") return false;
  if (mismatch !== "") return true;
  return value === "" ? headerValue(request, name) !== null : hasValue(request, name, value);
}

/** Envoy takes an empty exact value for any. */
function hasValue(request: HttpRequest, name: string, value: string): boolean {
  const found = headerValue(request, name);
  return found !== null && (value === "" || found === value);
}

/** Several values of a header are one text, joined by commas. */
function headerValue(request: HttpRequest, name: string): string | null {
  const lower = name.toLowerCase();
  if (lower === ":path") return pathOf(request);
  if (lower === ":method") return methodOf(request);
  if (lower === ":authority" || lower === "host") return request.host === "" ? null : request.host;
  const found = Object.entries(request.headers).find(([key]) => key.toLowerCase() === lower);
  return found === undefined ? null : found[1].join(",");
}

/** Expressions compiled at most; policies hold far fewer. */
const EXPRESSIONS_MAX = 10_000;
const compiled = new Map<string, RE2JS | null>();

function fullMatch(expression: string, text: string): boolean {
  if (!compiled.has(expression)) {
    if (compiled.size >= EXPRESSIONS_MAX) compiled.clear();
    compiled.set(expression, compile(expression));
  }
  return compiled.get(expression)?.matches(text) ?? false;
}

/** null for what RE2 cannot read: such a rule never matches. */
function compile(expression: string): RE2JS | null {
  try {
    return RE2JS.compile(expression);
  } catch {
    return null;
  }
}
