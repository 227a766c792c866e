import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Place } from "#model/place.ts";
import { numberAt, objectsAt, textAt, textsAt } from "../field.ts";
import type { NameEntry } from "./name-entry.ts";
import { readObjects } from "../objects/read-objects.ts";
import type { SourceObject } from "../objects/source-object.ts";

type Placed = (path: string) => Place;

/**
 * Entries of a YAML or JSON text: a map of names, a list of `{name, ips}`, one or several agents' caches
 * (`cilium-dbg fqdn cache list -o json`, one after the other or below their nodes' names). Throws where it is neither
 * YAML nor JSON.
 */
export function documentEntries(text: string, file: string): readonly NameEntry[] {
  return readObjects(text, file).flatMap((source, dump) => {
    const placed = placesIn(source, file);
    const { value } = source;
    if (Array.isArray(value)) return value.map((entry, index) => listEntry(entry, placed(`[${index}]`), dump));
    if (!isObject(value)) return [{ name: String(value), addresses: [], place: placed("") }];
    const list = value["names"];
    if (Array.isArray(list)) return list.map((entry, index) => listEntry(entry, placed(`names[${index}]`), dump));
    return mapEntries(isObject(list) ? list : value, isObject(list) ? "names." : "", placed);
  });
}

function mapEntries(map: JsonObject, prefix: string, placed: Placed): readonly NameEntry[] {
  return Object.entries(map).flatMap(([key, value], dump): readonly NameEntry[] => {
    const place = placed(prefix + key);
    if (!isCache(value)) return [{ name: key, addresses: addressesOf(value), place }];
    return value.map((entry) => ({ ...listEntry(entry, place, dump), node: key }));
  });
}

/** What `cilium-dbg fqdn cache list` writes, here as the value of a node's name. */
function isCache(value: Json): value is readonly Json[] {
  return Array.isArray(value) && value.some((entry) => isObject(entry) && entry["fqdn"] !== undefined);
}

function placesIn(source: SourceObject, file: string): Placed {
  const positions = source.positions();
  return (path) => {
    const [line, column] = positions[path] ?? source.position;
    return { file, line, column };
  };
}

/** `{name, ips}` as in a policy test's `dns`, or an entry of the agent's cache (`fqdn`, `lookup-time`, `ttl`). */
function listEntry(value: Json, place: Place, dump: number): NameEntry {
  const name = textAt(value, "name") ?? textAt(value, "fqdn") ?? "";
  const addresses = ["ips", "addresses", "ip", "address"].flatMap((key) =>
    addressesOf(isObject(value) ? value[key] : null),
  );
  const lookup = Date.parse(textAt(value, "lookup-time") ?? "");
  const at = Number.isNaN(lookup) ? null : lookup;
  const seen = { firstSeen: at, lastSeen: at, ttlSeconds: numberAt(value, "ttl") ?? null };
  const endpointId = numberAt(value, "endpoint-id");
  return { name, addresses, place, seen, ...(endpointId === undefined ? {} : { endpointId, dump }) };
}

function addressesOf(value: Json | undefined): readonly string[] {
  if (typeof value === "string") return value.split(/[\s,]+/).filter((word) => word !== "");
  if (isObject(value)) return addressesOf(value["ips"] ?? value["addresses"] ?? null);
  return textsAt({ list: value ?? null }, "list").concat(objectsAt({ list: value ?? null }, "list").map(() => "{…}"));
}
