import { quote } from "./go-text.ts";

/** An address as Go's net/netip holds it: 4 or 16 bytes. `::ffff:10.0.0.1` stays an IPv6 address. */
export type Address = { readonly bytes: readonly number[]; readonly zone: string };
export type Prefix = { readonly address: Address; readonly bits: number };

export type ParsedAddress = { readonly address: Address } | { readonly error: string };
export type ParsedPrefix = { readonly prefix: Prefix } | { readonly error: string };

/** Go's netip.ParseAddr, with its error texts. Refuses what others take: leading zeros, short forms, ports, masks. */
export function parseAddress(text: string): ParsedAddress {
  const special = /[.:%]/.exec(text)?.[0];
  if (special === ".") return parseIPv4(text);
  if (special === ":") return parseIPv6(text);
  return addressError(text, special === "%" ? "missing IPv6 address" : "unable to parse IP");
}

function addressError(text: string, message: string, at = ""): { readonly error: string } {
  const where = at === "" ? "" : ` (at ${quote(at)})`;
  return { error: `ParseAddr(${quote(text)}): ${message}${where}` };
}

function parseIPv4(text: string): ParsedAddress {
  const fields = parseIPv4Fields(text, text);
  return "error" in fields ? fields : { address: { bytes: fields.bytes, zone: "" } };
}

/** `part` is the dotted decimal in `text`, all of it or an IPv6 address's end. */
function parseIPv4Fields(
  text: string,
  part: string,
): { readonly bytes: readonly number[] } | { readonly error: string } {
  const bytes: number[] = [];
  let value = 0;
  let digits = 0;
  for (let at = 0; at < part.length; at++) {
    const character = part.charAt(at);
    if (character >= "0" && character <= "9") {
      if (digits === 1 && value === 0) return addressError(text, "IPv4 field has octet with leading zero");
      value = value * 10 + Number(character);
      digits++;
      if (value > 255) return addressError(text, "IPv4 field has value >255");
    } else if (character === ".") {
      const empty = at === 0 || at === part.length - 1 || part.charAt(at - 1) === ".";
      if (empty) return addressError(text, "IPv4 field must have at least one digit", part.slice(at));
      if (bytes.length === 3) return addressError(text, "IPv4 address too long");
      bytes.push(value);
      value = 0;
      digits = 0;
    } else return addressError(text, "unexpected character", part.slice(at));
  }
  if (bytes.length < 3) return addressError(text, "IPv4 address too short");
  return { bytes: [...bytes, value] };
}

function parseIPv6(text: string): ParsedAddress {
  const percent = text.indexOf("%");
  const zone = percent < 0 ? "" : text.slice(percent + 1);
  if (percent >= 0 && zone === "") return addressError(text, "zone must be a non-empty string");
  const groups = parseGroups(text, percent < 0 ? text : text.slice(0, percent));
  if ("error" in groups) return groups;
  const { bytes, ellipsis } = groups;
  if (bytes.length === 16) {
    if (ellipsis >= 0) return addressError(text, "the :: must expand to at least one field of zeros");
    return { address: { bytes, zone } };
  }
  if (ellipsis < 0) return addressError(text, "address string too short");
  const zeros = Array.from({ length: 16 - bytes.length }, () => 0);
  return { address: { bytes: [...bytes.slice(0, ellipsis), ...zeros, ...bytes.slice(ellipsis)], zone } };
}

/** `ellipsis`: how many bytes stand before the `::`, -1 without one. */
type Groups = { readonly bytes: readonly number[]; readonly ellipsis: number };

/** The groups of an IPv6 address without its zone. Upstream: netip parseIPv6, whose order of complaints this keeps. */
function parseGroups(text: string, part: string): Groups | { readonly error: string } {
  const bytes: number[] = [];
  let ellipsis = part.startsWith("::") ? 0 : -1;
  let rest = ellipsis === 0 ? part.slice(2) : part;
  if (ellipsis === 0 && rest === "") return { bytes, ellipsis };
  while (bytes.length < 16) {
    const group = /^[0-9a-fA-F]*/.exec(rest)?.[0] ?? "";
    if (group.length > 4) return addressError(text, "each group must have 4 or less digits", rest);
    if (group === "") return addressError(text, "each colon-separated field must have at least one digit", rest);
    if (rest.charAt(group.length) === ".") {
      const embedded = parseEmbedded(text, rest, bytes.length, ellipsis);
      return "error" in embedded ? embedded : { bytes: [...bytes, ...embedded.bytes], ellipsis };
    }
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 0xff);
    rest = rest.slice(group.length);
    if (rest === "") break;
    if (!rest.startsWith(":")) return addressError(text, "unexpected character, want colon", rest);
    if (rest.length === 1) return addressError(text, "colon must be followed by more characters", rest);
    rest = rest.slice(1);
    if (rest.startsWith(":")) {
      if (ellipsis >= 0) return addressError(text, "multiple :: in address", rest);
      ellipsis = bytes.length;
      rest = rest.slice(1);
      if (rest === "") break;
    }
  }
  return rest === "" ? { bytes, ellipsis } : addressError(text, "trailing garbage after address", rest);
}

/** Dotted decimal at the end of an IPv6 address. */
function parseEmbedded(
  text: string,
  rest: string,
  before: number,
  ellipsis: number,
): { readonly bytes: readonly number[] } | { readonly error: string } {
  if (ellipsis < 0 && before !== 12) {
    return addressError(text, "embedded IPv4 address must replace the final 2 fields of the address", rest);
  }
  if (before + 4 > 16) {
    return addressError(text, "too many hex fields to fit an embedded IPv4 at the end of the address", rest);
  }
  return parseIPv4Fields(text, rest);
}

/** Go's netip.ParsePrefix, with its error texts. Host bits may be set. */
export function parsePrefix(text: string): ParsedPrefix {
  const slash = text.lastIndexOf("/");
  if (slash < 0) return prefixError(text, "no '/'");
  const parsed = parseAddress(text.slice(0, slash));
  if ("error" in parsed) return prefixError(text, parsed.error);
  const { address } = parsed;
  if (address.zone !== "") return prefixError(text, "IPv6 zones cannot be present in a prefix");
  const length = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]*)$/.test(length) || BigInt(length) >= 2n ** 63n) {
    return prefixError(text, `bad bits after slash: ${quote(length)}`);
  }
  const bits = Number(length);
  if (bits > address.bytes.length * 8) return prefixError(text, "prefix length out of range");
  return { prefix: { address, bits } };
}

function prefixError(text: string, message: string): ParsedPrefix {
  return { error: `netip.ParsePrefix(${quote(text)}): ${message}` };
}

/** Go's Prefix.Contains: never across families, and `::ffff:…` is IPv6. */
export function contains(prefix: Prefix, address: Address): boolean {
  const network = prefix.address.bytes;
  if (network.length !== address.bytes.length) return false;
  for (let bit = 0; bit < prefix.bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((network[bit >> 3] ?? 0) & mask) !== ((address.bytes[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}
