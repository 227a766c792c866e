/** Bits of `addressTraits`. */
export const AddressTrait = { multicast: 1, linkLocalV6: 2, unspecified: 4, loopbackService: 8, v6: 16 } as const;

/** The address that Cilium gives a pod which reaches itself through its own Service: policy is skipped (semantics 17). */
const LOOPBACK_SERVICE = "169.254.42.1";

/**
 * What an address is, as far as it decides whether an event can be a conversation. 169.254.169.254 (cloud metadata) and
 * 169.254.20.10 (node-local DNS) are ordinary destinations: IPv4 link-local has no trait here.
 */
export function addressTraits(address: string): number {
  if (address === "") return 0;
  return address.includes(":") ? traitsV6(address.toLowerCase()) : traitsV4(address);
}

function traitsV4(address: string): number {
  if (address === LOOPBACK_SERVICE) return AddressTrait.loopbackService;
  const first = Number.parseInt(address, 10);
  if ((first >= 224 && first <= 239) || address === "255.255.255.255") return AddressTrait.multicast;
  return address === "0.0.0.0" ? AddressTrait.unspecified : 0;
}

function traitsV6(address: string): number {
  if (address.startsWith("ff")) return AddressTrait.v6 | AddressTrait.multicast;
  if (/^fe[89ab]/.test(address)) return AddressTrait.v6 | AddressTrait.linkLocalV6;
  return address === "::" ? AddressTrait.v6 | AddressTrait.unspecified : AddressTrait.v6;
}

/** The /24 (IPv4) or /48 (IPv6) that holds an address, as text; the address itself when it cannot be read. */
export function widePrefix(address: string): string {
  if (!address.includes(":")) {
    const parts = address.split(".");
    return parts.length === 4 ? `${parts.slice(0, 3).join(".")}.0/24` : address;
  }
  const words = expandV6(address);
  return words === null ? address : `${words.slice(0, 3).join(":")}::/48`;
}

/** The eight words of an IPv6 address in hexadecimal; null when it is none. */
function expandV6(address: string): readonly string[] | null {
  const [head = "", tail, ...more] = address.split("::");
  if (more.length > 0) return null;
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = 8 - first.length - last.length;
  if (tail === undefined ? missing !== 0 : missing < 0) return null;
  return [...first, ...Array.from({ length: missing }, () => "0"), ...last];
}

/** True when an address lies in a prefix (`10.0.0.0/8`); false when either cannot be read or the families differ. */
export function isInPrefix(address: string, prefix: string): boolean {
  const [network = "", length = ""] = prefix.split("/");
  const bits = bitsOf(address);
  const base = bitsOf(network);
  const size = length === "" ? base?.length : Number(length);
  if (bits === null || base === null || size === undefined || bits.length !== base.length) return false;
  return bits.slice(0, size) === base.slice(0, size);
}

function bitsOf(address: string): string | null {
  if (address.includes(":")) {
    const words = expandV6(address);
    return words === null
      ? null
      : words.map((word) => Number.parseInt(word, 16).toString(2).padStart(16, "0")).join("");
  }
  const parts = address.split(".");
  return parts.length === 4 ? parts.map((part) => Number(part).toString(2).padStart(8, "0")).join("") : null;
}
