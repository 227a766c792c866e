// Upstream: Go's net/netip as pkg/policy and pkg/labels use it. Prefixes keep their bits masked; zones are refused.

export type Address = { readonly family: 4 | 6; readonly value: bigint };
/** `value` has the host bits cleared. */
export type Prefix = Address & { readonly bits: number };

const WIDTH = { 4: 32, 6: 128 } as const;

/** Reads an address as netip.ParseAddr does: no leading zeros, no zone. null when it is none. */
export function parseAddress(text: string): Address | null {
  if (!text.includes(":")) {
    const value = parseV4(text);
    return value === null ? null : { family: 4, value };
  }
  const value = parseV6(text);
  return value === null ? null : { family: 6, value };
}

/** `::ffff:10.0.0.1` as the IPv4 address it stands for. Upstream: netip.Addr.Unmap. */
export function unmapped(address: Address): Address {
  const isMapped = address.family === 6 && address.value >> 32n === 0xffffn;
  return isMapped ? { family: 4, value: address.value & 0xffffffffn } : address;
}

/** Reads `10.0.0.0/8`, or an address as its own prefix. Host bits are allowed and cleared. */
export function parsePrefix(text: string): Prefix | null {
  const slash = text.lastIndexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  const width = WIDTH[address.family];
  if (slash < 0) return { ...address, bits: width };
  const bits = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(bits) || Number(bits) > width) return null;
  return masked(address, Number(bits));
}

/** The prefix of `bits` bits that holds an address. */
export function masked(address: Address, bits: number): Prefix {
  const host = BigInt(WIDTH[address.family] - bits);
  return { family: address.family, value: (address.value >> host) << host, bits };
}

/** An address as the prefix of its full length. */
export function hostPrefix(address: Address): Prefix {
  return { ...address, bits: WIDTH[address.family] };
}

/** True when every address of `inner` is one of `outer`. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.bits > inner.bits) return false;
  const host = BigInt(WIDTH[outer.family] - outer.bits);
  return outer.value >> host === inner.value >> host;
}

/** True when the CIDR (or address) holds the address; false when either cannot be read. */
export function cidrContains(cidr: string, address: string): boolean {
  const prefix = parsePrefix(cidr);
  const parsed = parseAddress(address);
  return prefix !== null && parsed !== null && covers(prefix, hostPrefix(unmapped(parsed)));
}

/** A key that equal prefixes share. */
export function prefixKey(prefix: Prefix): string {
  return `${prefix.family}/${prefix.value.toString(16)}/${prefix.bits}`;
}

function parseV4(text: string): bigint | null {
  const fields = text.split(".");
  if (fields.length !== 4) return null;
  let value = 0n;
  for (const field of fields) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(field) || Number(field) > 255) return null;
    value = (value << 8n) | BigInt(field);
  }
  return value;
}

function parseV6(text: string): bigint | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves;
  const front = groups(head ?? "");
  const back = tail === undefined ? [] : groups(tail);
  if (front === null || back === null) return null;
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  return [...front, ...Array.from({ length: missing }, () => 0n), ...back].reduce(
    (value, group) => (value << 16n) | group,
    0n,
  );
}

/** The 16-bit groups of one side of `::`; the last may be a dotted IPv4 address. */
function groups(text: string): readonly bigint[] | null {
  if (text === "") return [];
  const found: bigint[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (part.includes(".") && index === parts.length - 1) {
      const v4 = parseV4(part);
      if (v4 === null) return null;
      found.push(v4 >> 16n, v4 & 0xffffn);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) found.push(BigInt(`0x${part}`));
    else return null;
  }
  return found;
}
