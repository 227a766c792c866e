import type { GivenName, NameRecord } from "#model/coverage.ts";
import type { Place } from "#model/place.ts";
import { isAddress } from "../address.ts";

/** A name with its addresses as some line or field of a names file has it, not yet checked. */
export type NameEntry = {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly place: Place;
  readonly seen?: Pick<NameRecord, "firstSeen" | "lastSeen" | "ttlSeconds">;
  readonly node?: string;
  readonly endpointId?: number;
  readonly dump?: number;
};

const UNSEEN = { firstSeen: null, lastSeen: null, ttlSeconds: null };

/** What is wrong with an entry; null when nothing is. */
export function nameProblem({ name, addresses }: NameEntry): string | null {
  if (!isName(name)) return `\`${name}\` is no DNS name`;
  const odd = addresses.find((address) => !isAddress(address));
  if (odd !== undefined) return `\`${odd}\` is no address`;
  return addresses.length === 0 ? `\`${name}\` has no addresses` : null;
}

/** Cilium's own characters of a DNS name. Upstream: pkg/fqdn/dns. */
export function isName(name: string): boolean {
  return /^[-a-zA-Z0-9_.]{1,255}$/.test(name);
}

/** Lower case, no final dot: as names are compared. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** The record of a good entry. */
export function givenName(entry: NameEntry, file: string): GivenName {
  return {
    name: plainName(entry.name),
    addresses: entry.addresses.map(plainAddress),
    source: "file",
    node: entry.node ?? null,
    askedBy: null,
    ...(entry.seen ?? UNSEEN),
    file,
    ...(entry.endpointId === undefined ? {} : { endpointId: entry.endpointId }),
    ...(entry.dump === undefined ? {} : { dump: entry.dump }),
  };
}

/** Hubble writes IPv4 addresses plainly and IPv6 in lower case. */
function plainAddress(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
}
