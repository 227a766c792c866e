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

type Prefix = { readonly bits: string; readonly length: number; readonly written: number };

/** The first `length` bits of a network; IPv4 is the part of IPv6 that maps it. Takes what `isCidr` takes. */
function prefixOf(cidr: string): Prefix {
  const [address = "", length = ""] = cidr.split("/");
  const bits = isIpv4(bareIpv4(address)) ? `${MAPPED}${ipv4Bits(bareIpv4(address))}` : ipv6Bits(address);
  const whole = address.includes(":") ? Number(length) : Number(length) + MAPPED.length;
  return { bits, length: whole, written: Number(length) };
}

const MAPPED = `${"0".repeat(80)}${"1".repeat(16)}`;

function bareIpv4(text: string): string {
  return text.replaceAll(/\b0+(?=\d)/g, "");
}

function ipv4Bits(text: string): string {
  return text
    .split(".")
    .map((part) => Number(part).toString(2).padStart(8, "0"))
    .join("");
}

function ipv6Bits(text: string): string {
  const [front = "", back] = text.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const head = groupBits(front === "" ? [] : front);
  const tail = groupBits(back ?? []);
  return head + "0".repeat(128 - head.length - tail.length) + tail;
}

function groupBits(groups: readonly string[]): string {
  return groups
    .map((group) =>
      group.includes(".") ? ipv4Bits(bareIpv4(group)) : Number.parseInt(group, 16).toString(2).padStart(16, "0"),
    )
    .join("");
}

/**
 * True for the text of a CIDR without leading zeros and without IPv4 inside IPv6: what `isCIDR` of a CEL rule takes.
 * Upstream: k8s.io/apiserver pkg/cel/library cidr.go.
 */
export function isStrictCidr(text: string): boolean {
  const [address = "", length = ""] = text.split("/");
  if (!isCidr(text) || !isAddress(address) || (length.length > 1 && length.startsWith("0"))) return false;
  return !address.includes(":") || !prefixOf(text).bits.startsWith(MAPPED);
}

/**
 * True for a strict CIDR that names a network as such: no bits beyond its length.
 * Upstream: apimachinery pkg/util/validation parseCIDR, strict.
 */
export function isPlainCidr(text: string): boolean {
  if (!isStrictCidr(text)) return false;
  const { bits, length } = prefixOf(text);
  return !bits.slice(length).includes("1");
}

/**
 * True when a network is a part of another one, and smaller. IPv4 is no part of any IPv6 network, save of one that maps
 * it. Takes what `isCidr` takes. Upstream: k8s.io/kubernetes ValidateIPBlock, which compares the lengths as written.
 */
export function isStrictSubset(part: string, whole: string): boolean {
  const [inner, outer] = [prefixOf(part), prefixOf(whole)];
  const [innerBits, outerBits] = [masked(inner), masked(outer)];
  return (
    innerBits.startsWith(MAPPED) === outerBits.startsWith(MAPPED) &&
    innerBits.startsWith(outerBits.slice(0, outer.length)) &&
    outer.written < inner.written
  );
}

function masked({ bits, length }: Prefix): string {
  return bits.slice(0, length).padEnd(128, "0");
}
