import type { NameRecord } from "#model/coverage.ts";
import { type Finding, UserError } from "#model/finding.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Place } from "#model/place.ts";
import { isAddress } from "./address.ts";
import { objectsAt, textAt, textsAt } from "./field.ts";
import { readObjects } from "./read-objects.ts";
import type { SourceObject } from "./source-object.ts";

/** Names and addresses read from a file, and what of it could not be read. */
export type ReadNames = { readonly names: readonly NameRecord[]; readonly findings: readonly Finding[] };

/** More names than this are not kept; the finding `names-bound` says so. */
const MAX_NAMES = 200_000;

type Entry = {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly place: Place;
  readonly more?: More;
};
type More = Pick<NameRecord, "firstSeen" | "lastSeen" | "ttlSeconds">;
const UNSEEN: More = { firstSeen: null, lastSeen: null, ttlSeconds: null };

/**
 * Reads the file given with `--names`: which names which addresses have, for what Hubble cannot know before a DNS rule
 * exists. It may be a YAML or JSON map (`github.com: [140.82.112.3]`), a list of `{name, ips}`, lines of a hosts file
 * (`140.82.112.3 github.com www.github.com`), or `cilium-dbg fqdn cache list -o json`. Throws `UserError` when no line
 * of it can be read; a bad entry among good ones is a finding.
 */
export function readNames(text: string, file: string): ReadNames {
  const entries = looksLikeHosts(text) ? hostsEntries(text, file) : documentEntries(text, file);
  const findings: Finding[] = [];
  const names: NameRecord[] = [];
  for (const entry of entries) {
    const problem = problemOf(entry);
    if (problem !== null) findings.push(badEntry(problem, entry.place));
    else if (names.length < MAX_NAMES) names.push(recordOf(entry));
  }
  if (names.length === MAX_NAMES) findings.push(tooMany(file));
  const [first] = findings;
  if (names.length === 0 && first !== undefined) {
    throw new UserError("bad-names", first.message, { help: FORMS, place: first.place ?? { file } });
  }
  return { names, findings };
}

const FORMS = "write `name: [address, …]`, a list of `{name, ips}`, or hosts-file lines `address name…`";

function problemOf(entry: Entry): string | null {
  if (!/^[-a-zA-Z0-9_.]+$/.test(entry.name) || entry.name.length > 255) return `\`${entry.name}\` is no DNS name`;
  const odd = entry.addresses.find((address) => !isAddress(address));
  if (odd !== undefined) return `\`${odd}\` is no address`;
  return entry.addresses.length === 0 ? `\`${entry.name}\` has no addresses` : null;
}

function recordOf(entry: Entry): NameRecord {
  return {
    name: entry.name.toLowerCase().replace(/\.$/, ""),
    addresses: entry.addresses,
    source: "file",
    node: null,
    askedBy: null,
    ...(entry.more ?? UNSEEN),
  };
}

/** The first line that says something begins with an address and no colon follows a name: no YAML looks like that. */
function looksLikeHosts(text: string): boolean {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "" && !candidate.trim().startsWith("#"));
  const [first = "", second = ""] = (line ?? "").trim().split(/\s+/);
  return isAddress(first) && second !== "" && !second.startsWith("#");
}

function hostsEntries(text: string, file: string): readonly Entry[] {
  return text.split("\n").flatMap((line, index) => {
    const words = (line.split("#")[0] ?? "").split(/\s+/).filter((word) => word !== "");
    const [address, ...names] = words;
    if (address === undefined) return [];
    const place = { file, line: index + 1, column: line.indexOf(address) + 1 };
    if (names.length === 0) return [{ name: "", addresses: [], place }];
    return names.map((name) => ({ name, addresses: [address], place }));
  });
}

function documentEntries(text: string, file: string): readonly Entry[] {
  return readObjects(text, file).flatMap((source) => {
    const placed = placesIn(source, file);
    const { value } = source;
    if (Array.isArray(value)) return value.map((entry, index) => listEntry(entry, placed(`[${index}]`)));
    if (!isObject(value)) return [{ name: String(value), addresses: [], place: placed("") }];
    const list = value["names"];
    if (Array.isArray(list)) return list.map((entry, index) => listEntry(entry, placed(`names[${index}]`)));
    return mapEntries(isObject(list) ? list : value, isObject(list) ? "names." : "", placed);
  });
}

function mapEntries(map: JsonObject, prefix: string, placed: (path: string) => Place): readonly Entry[] {
  return Object.entries(map).map(([name, value]) => ({
    name,
    addresses: addressesOf(value),
    place: placed(prefix + name),
  }));
}

function placesIn(source: SourceObject, file: string): (path: string) => Place {
  const positions = source.positions();
  return (path) => {
    const [line, column] = positions[path] ?? source.position;
    return { file, line, column };
  };
}

/** `{name, ips}` as in a policy test's `dns`, or an entry of the agent's cache (`fqdn`, `lookup-time`, `ttl`). */
function listEntry(value: Json, place: Place): Entry {
  const name = textAt(value, "name") ?? textAt(value, "fqdn") ?? "";
  const addresses = ["ips", "addresses", "ip", "address"].flatMap((key) =>
    addressesOf(isObject(value) ? value[key] : null),
  );
  const lookup = Date.parse(textAt(value, "lookup-time") ?? "");
  const ttl = isObject(value) && typeof value["ttl"] === "number" ? value["ttl"] : null;
  const seen = Number.isNaN(lookup) ? null : lookup;
  return { name, addresses, place, more: { firstSeen: seen, lastSeen: seen, ttlSeconds: ttl } };
}

function addressesOf(value: Json | undefined): readonly string[] {
  if (typeof value === "string") return value.split(/[\s,]+/).filter((word) => word !== "");
  if (isObject(value)) return addressesOf(value["ips"] ?? value["addresses"] ?? null);
  return textsAt({ list: value ?? null }, "list").concat(objectsAt({ list: value ?? null }, "list").map(() => "{…}"));
}

function badEntry(problem: string, place: Place): Finding {
  return { id: "bad-name-entry", severity: "warn", message: `${problem}; left out`, help: FORMS, place };
}

function tooMany(file: string): Finding {
  return {
    id: "names-bound",
    severity: "warn",
    message: `more than ${MAX_NAMES} names: the rest is left out`,
    help: "give only the names that the recording's addresses have",
    place: { file },
  };
}
