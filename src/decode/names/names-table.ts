import { isAddress } from "../address.ts";
import type { NameEntry } from "./name-entry.ts";

/** The first line that says something begins with an address and no colon follows a name: no YAML looks like that. */
export function looksLikeHosts(text: string): boolean {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "" && !candidate.trim().startsWith("#"));
  const [first = "", second = ""] = (line ?? "").trim().split(/\s+/);
  return isAddress(first) && second !== "" && !second.startsWith("#");
}

/** `140.82.112.3 github.com www.github.com # both`. */
export function hostsEntries(text: string, file: string): readonly NameEntry[] {
  return text.split("\n").flatMap((line, index) => {
    const words = (line.split("#")[0] ?? "").split(/\s+/).filter((word) => word !== "");
    const [address, ...names] = words;
    if (address === undefined) return [];
    const place = { file, line: index + 1, column: line.indexOf(address) + 1 };
    if (names.length === 0) return [{ name: "", addresses: [], place }];
    return names.map((name) => ({ name, addresses: [address], place }));
  });
}

const HEADER = /^Endpoint\s+Source\s+FQDN\s+TTL\s+ExpirationTime\s+IPs\s*$/;

/** What `cilium-dbg fqdn cache list` prints for people. Upstream: cilium-dbg/cmd/fqdn.go. */
export function looksLikeCacheTable(text: string): boolean {
  return text.split("\n", 20).some((line) => HEADER.test(line));
}

/** Rows of that table; its header begins each agent's. Its only time, when an entry ends, tells no lookup. */
export function cacheTableEntries(text: string, file: string): readonly NameEntry[] {
  const entries: NameEntry[] = [];
  let dump = -1;
  text.split("\n").forEach((line, index) => {
    const words = line.trim().split(/\s+/);
    const [endpoint = "", , name = "", ttl = ""] = words;
    if (HEADER.test(line)) dump++;
    else if (line.trim() !== "") {
      const place = { file, line: index + 1, column: 1 };
      const addresses = (words.at(-1) ?? "").split(",");
      const seen = { firstSeen: null, lastSeen: null, ttlSeconds: /^\d+$/.test(ttl) ? Number(ttl) : null };
      const isRow = /^\d+$/.test(endpoint) && words.length >= 6;
      entries.push(
        isRow
          ? { name, addresses, place, seen, endpointId: Number(endpoint), dump }
          : { name: line.trim(), addresses: [], place },
      );
    }
  });
  return entries;
}
