import type { Finding } from "#model/finding.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Manifest } from "#model/objects.ts";
import type { Place, Position } from "#model/place.ts";
import { scalarAt, textAt } from "../field.ts";
import type { DuplicateKey, SourceObject } from "./source-object.ts";

/** A manifest with what is needed to point into its text. */
export type SourceManifest = Manifest & {
  readonly file: string | null;
  /** Element path below the object (`spec.egress[0]`; "" is the object) → position. Worked out at the call. */
  readonly positions: () => Readonly<Record<string, Position>>;
  readonly duplicates: () => readonly DuplicateKey[];
};

export type ReadManifests = { readonly manifests: readonly SourceManifest[]; readonly findings: readonly Finding[] };

/** `kind/namespace/name`, or `kind/name` without a namespace: the object of a place. */
export function objectName(manifest: Pick<Manifest, "kind" | "namespace" | "name">): string {
  return manifest.namespace === null
    ? `${manifest.kind}/${manifest.name}`
    : `${manifest.kind}/${manifest.namespace}/${manifest.name}`;
}

/**
 * The manifests in values read from a text: `List` and every `*List` unfolded, nested ones too. Items of a typed list
 * that name no kind of their own (`kubectl get --raw`) get it from the list. What is no object or names no kind is left out
 * and said. Namespaces stay as written: null when absent.
 */
export function manifestsIn(sources: readonly SourceObject[], file: string | null): ReadManifests {
  const gathered: Gathered = { manifests: [], strays: [] };
  for (const source of sources) gather(source, { file, kind: "", apiVersion: "" }, gathered);
  return { manifests: gathered.manifests, findings: strayFinding(gathered.strays, file) };
}

type Gathered = { readonly manifests: SourceManifest[]; readonly strays: Position[] };
type From = { readonly file: string | null; readonly kind: string; readonly apiVersion: string };

function gather(source: SourceObject, from: From, into: Gathered): void {
  const { value } = source;
  if (value === null) return;
  if (Array.isArray(value)) {
    for (const element of source.elements("")) gather(element, from, into);
    return;
  }
  const kind = isObject(value) ? (textAt(value, "kind") ?? from.kind) : "";
  if (!isObject(value) || kind === "") {
    into.strays.push(source.position);
    return;
  }
  const apiVersion = textAt(value, "apiVersion") ?? from.apiVersion;
  if (kind.endsWith("List") && (Array.isArray(value["items"]) || value["items"] === null)) {
    const item = kind === "List" ? { kind: "", apiVersion: "" } : { kind: kind.slice(0, -4), apiVersion };
    for (const element of source.elements("items")) gather(element, { file: from.file, ...item }, into);
    return;
  }
  into.manifests.push(manifestOf(source, value, { file: from.file, kind, apiVersion }));
}

function manifestOf(source: SourceObject, value: JsonObject, from: From): SourceManifest {
  const { kind, apiVersion, file } = from;
  const namespace = scalarAt(value, "metadata", "namespace") ?? "";
  const name = scalarAt(value, "metadata", "name") ?? scalarAt(value, "metadata", "generateName") ?? "";
  const names = { kind, namespace: namespace === "" ? null : namespace, name };
  const [line, column] = source.position;
  const place: Place = { ...(file === null ? {} : { file }), line, column, object: objectName(names) };
  const full = value["kind"] === kind && value["apiVersion"] === apiVersion ? value : { ...value, apiVersion, kind };
  return {
    ...names,
    apiVersion,
    value: kind === "Secret" ? withoutSecrets(full) : full,
    place,
    file,
    positions: source.positions,
    duplicates: source.duplicates,
  };
}

/** The contents of Secrets are dropped where they are read. */
function withoutSecrets(value: JsonObject): JsonObject {
  const { apiVersion, kind, metadata } = value;
  const kept = isObject(metadata) ? { name: metadata["name"] ?? "", namespace: metadata["namespace"] ?? "" } : {};
  return { apiVersion: apiVersion ?? "", kind: kind ?? "", metadata: kept };
}

function strayFinding(strays: readonly Position[], file: string | null): readonly Finding[] {
  const [first] = strays;
  if (first === undefined) return [];
  const place: Place = { ...(file === null ? {} : { file }), line: first[0], column: first[1] };
  return [
    {
      id: "not-a-manifest",
      severity: "info",
      message: "no Kubernetes object: it names no kind; left out",
      help: "name manifests only, or ignore this if the file is not one",
      place,
      count: strays.length,
    },
  ];
}

/** Manifests of objects that come from no text: policy tests hold them inline. Their places name the object only. */
export function manifestsOf(objects: readonly JsonObject[], file: string | null): readonly SourceManifest[] {
  return manifestsIn(objects.map(sourceWithoutText), file).manifests.map((manifest) => ({
    ...manifest,
    place: { ...(file === null ? {} : { file }), object: objectName(manifest) },
    positions: () => ({}),
  }));
}

function sourceWithoutText(value: Json): SourceObject {
  return {
    value,
    position: [1, 1],
    positions: () => ({}),
    duplicates: () => [],
    elements: (key) => {
      const list = key === "" ? value : isObject(value) ? value[key] : null;
      return Array.isArray(list) ? list.map(sourceWithoutText) : [];
    },
  };
}
