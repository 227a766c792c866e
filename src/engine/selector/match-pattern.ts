// Upstream: pkg/fqdn/matchpattern/matchpattern.go, pkg/policy/api/fqdn.go ToRegex, pkg/fqdn/dnsproxy GeneratePattern.
// Differs: the patterns are matched directly, not by way of a regular expression, so that none can be slow.

/** True for a name (without final dot, any case). */
export type NameMatcher = (name: string) => boolean;

/** One toFQDNs entry or one `rules.dns` entry; "" where a field is absent. */
export type FqdnRule = { readonly matchName: string; readonly matchPattern: string };

const DNS_CHARACTER = /^[-a-zA-Z0-9_]$/;

/** Lower case with exactly one final dot, as names are compared. Upstream: pkg/fqdn/dns FQDN. */
function fqdn(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower : `${lower}.`;
}

/**
 * Which names a toFQDNs entry matches. An entry with neither field matches the root name alone.
 * The trap: `*.github.com` matches `.github.com` too, and not `github.com` (docs/semantics.md).
 */
export function fqdnMatcher(rule: FqdnRule, deep: boolean): NameMatcher {
  const pattern = rule.matchName !== "" ? fqdn(rule.matchName) : sanitized(rule.matchPattern, deep);
  return patternMatcher(pattern, deep);
}

/** Which questions a `rules.dns` list lets through. No rules at all: every question. */
export function dnsMatcher(rules: readonly FqdnRule[], deep: boolean): NameMatcher {
  if (rules.length === 0) return () => true;
  const matchers = rules.flatMap((rule) => {
    const name = rule.matchName === "" ? [] : [patternMatcher(fqdn(rule.matchName), deep)];
    const pattern = rule.matchPattern === "" ? [] : [dnsPattern(rule.matchPattern, deep)];
    return [...name, ...pattern];
  });
  return (name) => matchers.some((matches) => matches(name));
}

function dnsPattern(matchPattern: string, deep: boolean): NameMatcher {
  const pattern = sanitized(matchPattern, deep);
  return isEveryName(pattern.trim(), deep) ? () => true : patternMatcher(pattern, deep);
}

/** Upstream: matchpattern.Sanitize. */
function sanitized(pattern: string, deep: boolean): string {
  return isEveryName(pattern, deep) ? pattern : fqdn(pattern);
}

function isEveryName(pattern: string, deep: boolean): boolean {
  return deep ? /^[*]+[.]?$/.test(pattern) : pattern === "*";
}

function patternMatcher(pattern: string, deep: boolean): NameMatcher {
  const text = pattern.trim().toLowerCase();
  if (isEveryName(text, deep)) return (name) => isDnsName(fqdn(name));
  const subdomains = deep && /^[*]{2,}[.]/.test(text);
  const rest = subdomains ? text.replace(/^[*]{2,}[.]/, "") : text;
  const tokens = rest.replace(/[*]+/g, "*");
  return (name) => (subdomains ? matchesBelow(tokens, fqdn(name)) : matchesAt(tokens, fqdn(name)));
}

/** `(^([-a-zA-Z0-9_]+[.])+$)|(^[.]$)` */
function isDnsName(name: string): boolean {
  if (name === ".") return true;
  const labels = name.slice(0, -1).split(".");
  return labels.every((label) => label !== "" && [...label].every((character) => DNS_CHARACTER.test(character)));
}

/** `**.` in front: one or more whole labels, then the rest. */
function matchesBelow(tokens: string, name: string): boolean {
  for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
    const head = name.slice(0, dot + 1);
    if (head !== "." && isDnsName(head) && matchesAt(tokens, name.slice(dot + 1))) return true;
  }
  return false;
}

/** `*` stands for any run of DNS characters, never for a dot. The usual two-pointer glob: linear in practice, quadratic at worst. */
function matchesAt(tokens: string, name: string): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    const character = name.charAt(at);
    if (tokens.charAt(token) === "*") {
      star = token++;
      resume = at;
    } else if (token < tokens.length && tokens.charAt(token) === character) {
      token++;
      at++;
    } else if (star >= 0 && DNS_CHARACTER.test(name.charAt(resume))) {
      at = ++resume;
      token = star + 1;
    } else return false;
  }
  while (tokens.charAt(token) === "*") token++;
  return token === tokens.length;
}

/**
 * Whether a `serverNames` entry takes the name of a TLS handshake. Upstream: Envoy's, modelled: `**.` in front stands for
 * one or more labels, `*` for characters of one label, alike in all minors.
 */
export function serverNameMatches(pattern: string, serverName: string): boolean {
  const text = pattern.toLowerCase().replace(/[.]$/, "");
  const name = serverName.toLowerCase();
  if (text === "*" || text === "**") return true;
  const subdomains = text.startsWith("**.");
  const tokens = (subdomains ? text.slice("**.".length) : text).replace(/[*]+/g, "*");
  return subdomains ? matchesBelow(tokens, name) : matchesAt(tokens, name);
}
