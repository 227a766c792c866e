/**
 * True for the text of an IPv4 or IPv6 address as Go's netip.ParseAddr takes it, without a zone: no leading zeros, no
 * prefix length, `::` once, an IPv4 tail allowed.
 */
export function isAddress(text: string): boolean {
  return text.includes(":") ? isIpv6(text) : isIpv4(text);
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const all = groups.flat();
  const tail = all.at(-1) ?? "";
  const dotted = tail.includes(".");
  const plain = dotted ? all.slice(0, -1) : all;
  if (dotted && (!isIpv4(tail) || text.endsWith("::"))) return false;
  if (!plain.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  const count = plain.length + (dotted ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
}

/**
 * True for the text of a CIDR as the API server's format `cidr` takes it: as net.ParseCIDR, but leading zeros are
 * allowed. Upstream: k8s.io/utils/net ParseCIDRSloppy. (The agent is stricter.)
 */
export function isCidr(text: string): boolean {
  const slash = text.indexOf("/");
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  if (slash < 0 || !/^\d{1,6}$/.test(length)) return false;
  if (address.includes(":")) return isIpv6(address.replaceAll(/\b0+(?=\d+\.|\d+$)/g, "")) && Number(length) <= 128;
  return isIpv4(address.replaceAll(/\b0+(?=\d)/g, "")) && Number(length) <= 32;
}
