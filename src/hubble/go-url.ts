const CONTROL = /[\u0000-\u001f\u007f]/;
const HOST_LETTERS = /^[-A-Za-z0-9_.~!$&'()*+,;=:[\]<>"\u0080-\u{10ffff}]*$/u;
const USER_LETTERS = /^[-A-Za-z0-9._:~!$&'()*+,;=%@]*$/;

/**
 * The decoded path of a URL as a request names it; null when Go takes it for none, "" when it has no path.
 * Upstream: net/url ParseRequestURI. The trap: a fragment is part of the path.
 */
export function requestPath(url: string): string | null {
  if (CONTROL.test(url) || url === "") return null;
  if (url === "*") return "*";
  const scheme = schemeOf(url);
  if (scheme === null) return null;
  const rest = url.slice(scheme === "" ? 0 : scheme.length + 1).replace(/\?.*$/su, "");
  if (!rest.startsWith("/")) return scheme === "" ? null : "";
  if (scheme === "" || !rest.startsWith("//")) return unescaped(rest);
  const slash = rest.indexOf("/", 2);
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  return isAuthority(authority) ? unescaped(slash < 0 ? "" : rest.slice(slash)) : null;
}

/** "" for none, null for a colon that begins the URL. Upstream: net/url getScheme. */
function schemeOf(url: string): string | null {
  const [, scheme = "", mark] = /^([A-Za-z0-9+.-]*)(.?)/su.exec(url) ?? [];
  if (/^[0-9+.-]/.test(scheme)) return "";
  if (mark !== ":") return "";
  return scheme === "" ? null : scheme;
}

/** The text without percent signs; null for a wrong one. Bytes that are no UTF-8 become replacement characters. */
function unescaped(text: string): string | null {
  if (!text.includes("%")) return text;
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return null;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (const part of text.match(/%[0-9a-fA-F]{2}|[^%]+/g) ?? []) {
    if (part.startsWith("%")) bytes.push(Number.parseInt(part.slice(1), 16));
    else bytes.push(...encoder.encode(part));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

/** Upstream: net/url parseAuthority. */
function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf("@");
  if (!isHost(authority.slice(at + 1))) return false;
  const user = at < 0 ? "" : authority.slice(0, at);
  return USER_LETTERS.test(user) && !/%(?![0-9a-fA-F]{2})/.test(user);
}

/** Upstream: net/url parseHost. */
function isHost(host: string): boolean {
  if (host.startsWith("[")) {
    const end = host.lastIndexOf("]");
    if (end < 0 || !isOptionalPort(host.slice(end + 1))) return false;
    const zone = host.slice(0, end).indexOf("%25");
    return isEscapedHost(zone < 0 ? host : host.slice(0, zone) + host.slice(end));
  }
  const colon = host.lastIndexOf(":");
  return (colon < 0 || isOptionalPort(host.slice(colon))) && isEscapedHost(host);
}

function isOptionalPort(text: string): boolean {
  return text === "" || /^:\d*$/.test(text);
}

/** In a host only bytes beyond ASCII may stand escaped, and the percent sign itself. */
function isEscapedHost(host: string): boolean {
  return HOST_LETTERS.test(host.replaceAll(/%25|%[89a-fA-F][0-9a-fA-F]/g, ""));
}
