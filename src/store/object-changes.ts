import { createHash } from "node:crypto";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { ObjectVersion } from "./store.ts";

/** What a watch tells: a whole list of a kind, or one object of it. */
export type ObjectEvent =
  | { readonly kind: "all"; readonly objects: readonly JsonObject[] }
  | { readonly kind: "set"; readonly object: JsonObject }
  | { readonly kind: "deleted"; readonly object: JsonObject };

/** Kinds whose status decides something. */
const TELLING_STATUS: ReadonlySet<string> = new Set(["Pod", "Node", "Service", "CiliumEndpoint"]);

/**
 * Makes versions of what is told of a cluster's objects: what is as it was before makes none, whatever the API server
 * counts as a change (a heartbeat, a status). Holds a fingerprint of each object, not the objects.
 */
export class ObjectChanges {
  private readonly known: Map<string, string>;
  private readonly listed = new Set<string>();

  /** `known`: the last versions, as `ObjectLog.known` answers. */
  constructor(known: ReadonlyMap<string, string>) {
    this.known = new Map(known);
  }

  /** How many objects there are. */
  get size(): number {
    return this.known.size;
  }

  /** The versions that an event of a kind makes; `now`: milliseconds since 1970. */
  take(kind: string, event: ObjectEvent, now: number): readonly ObjectVersion[] {
    switch (event.kind) {
      case "set":
        return this.set(kind, event.object, now);
      case "deleted":
        return this.deleted(`${kind}/${placeOf(event.object).join("/")}`, now);
      case "all":
        return this.all(kind, event.objects, now);
    }
  }

  private all(kind: string, objects: readonly JsonObject[], now: number): readonly ObjectVersion[] {
    const isFirst = !this.listed.has(kind);
    this.listed.add(kind);
    const there = new Set(objects.map((object) => `${kind}/${placeOf(object).join("/")}`));
    const gone = [...this.known.keys()].filter((key) => key.startsWith(`${kind}/`) && !there.has(key));
    return [
      ...gone.flatMap((key) => this.deleted(key, now)),
      ...objects.flatMap((object) => {
        const isNew = !this.known.has(`${kind}/${placeOf(object).join("/")}`);
        // It was there before anybody looked, as far as is known as it is now.
        return this.set(kind, object, isFirst && isNew ? Math.min(now, createdAt(object) ?? now) : now);
      }),
    ];
  }

  private set(kind: string, whole: JsonObject, time: number): readonly ObjectVersion[] {
    const object = lasting(kind, whole);
    const [namespace, name] = placeOf(object);
    const key = `${kind}/${namespace}/${name}`;
    const print = fingerprint(object);
    if (this.known.get(key) === print) return [];
    this.known.set(key, print);
    return [{ time, kind, namespace, name, object }];
  }

  private deleted(key: string, time: number): readonly ObjectVersion[] {
    if (!this.known.delete(key)) return [];
    const [kind = "", namespace = "", ...name] = key.split("/");
    return [{ time, kind, namespace, name: name.join("/"), object: null }];
  }
}

/** What of an object is kept: not what only tells how it fares. */
function lasting(kind: string, object: JsonObject): JsonObject {
  if (!TELLING_STATUS.has(kind)) {
    const { status: _, ...rest } = object;
    return rest;
  }
  const status = object["status"];
  return kind === "Node" && isObject(status) ? { ...object, status: { addresses: status["addresses"] ?? [] } } : object;
}

/** Equal for versions that mean the same. */
export function fingerprint(object: JsonObject): string {
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  const { resourceVersion: _r, managedFields: _m, generation: _g, ...rest } = metadata;
  const text = JSON.stringify(sorted({ ...object, metadata: rest }));
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

function placeOf(object: JsonObject): readonly [namespace: string, name: string] {
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  const text = (name: string) => (typeof metadata[name] === "string" ? metadata[name] : "");
  return [text("namespace"), text("name")];
}

function createdAt(object: JsonObject): number | null {
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  const time = metadata["creationTimestamp"];
  const parsed = typeof time === "string" ? Date.parse(time) : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}
