import { addressTraits } from "./address.ts";

/** What is worked out once of an address: its traits, and a hash that is the same in every worker. */
export type KnownAddress = { readonly traits: number; readonly hash: number };

const MAX_KNOWN = 1 << 17;

/** Addresses met; a cache that begins anew when it is full. */
export class AddressBook {
  private readonly known = new Map<string, KnownAddress>();

  get(address: string): KnownAddress {
    const known = this.known.get(address);
    if (known !== undefined) return known;
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    const entry = { traits: addressTraits(address), hash: hashText(address) };
    this.known.set(address, entry);
    return entry;
  }
}

function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash ^ (hash >>> 15);
}
