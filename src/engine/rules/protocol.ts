// Upstream: pkg/u8proto/u8proto.go.

const NUMBERS: Readonly<Record<string, number>> = {
  ANY: 0,
  ALL: 0,
  NONE: 0,
  ICMP: 1,
  ICMPV4: 1,
  IGMP: 2,
  IPIP: 4,
  TCP: 6,
  UDP: 17,
  IPV6: 41,
  GRE: 47,
  ESP: 50,
  AH: 51,
  ICMPV6: 58,
  OSPF: 89,
  VRRP: 112,
  SCTP: 132,
};

const NAMES: ReadonlyMap<number, string> = new Map([
  [1, "ICMP"],
  [2, "IGMP"],
  [4, "IPIP"],
  [6, "TCP"],
  [17, "UDP"],
  [41, "IPv6"],
  [47, "GRE"],
  [50, "ESP"],
  [51, "AH"],
  [58, "ICMPv6"],
  [112, "VRRP"],
  [132, "SCTP"],
]);

export const ANY = 0;
export const ICMPV4 = 1;
export const TCP = 6;
export const UDP = 17;
export const ICMPV6 = 58;
export const SCTP = 132;

/** A protocol nothing names: only entries of every protocol match it. Unassigned at IANA, so no rule can mean it. */
export const UNKNOWN_PROTOCOL = 254;

/** The IP protocol number of a name, in any case, or of a number in text. null when it is neither. */
export function protocolNumber(text: string): number | null {
  const known = NUMBERS[text] ?? NUMBERS[text.toUpperCase()];
  if (known !== undefined) return known;
  const number = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  return number > 0 && number < 256 ? number : null;
}

/** Cilium's name of a protocol number. */
export function protocolName(number: number): string {
  return NAMES.get(number) ?? String(number);
}
