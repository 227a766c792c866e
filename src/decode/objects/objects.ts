import type { Finding } from "#model/finding.ts";
import type { EndpointSlice, Inventory, Namespace } from "#model/objects.ts";
import { placeText } from "#model/place.ts";
import type { PolicyObject } from "#model/policy.ts";
import { type CiliumFacts, ciliumFacts } from "../config/cilium-config.ts";
import { type Draft, KINDS, type Kind, kindNamed, kindOf } from "./kinds.ts";
import { manifestsOf, objectName, type SourceManifest } from "./manifest.ts";
import { metadataFindings } from "./metadata.ts";
import { implicitNamespace } from "./namespace.ts";
import { nearestName } from "../nearest.ts";
import { groupOf, isPassedOver } from "./passed-over.ts";

export { manifestsOf };

/** What manifests hold, read. */
export type ReadInventory = {
  readonly inventory: Inventory;
  /** In file order; of one kind, namespace and name the last one given. */
  readonly policies: readonly PolicyObject[];
  /** The agent's version and settings as far as the manifests tell them; null when they tell nothing. */
  readonly ciliumConfig: CiliumFacts | null;
  readonly findings: readonly Finding[];
};

export type ReadOptions = {
  /** Takes an object by its kind alone, whatever its apiVersion says, as policy tests do. */
  readonly anyVersion?: boolean;
};

/**
 * Reads manifests into the model. Of one kind, namespace and name the last one counts. Kinds that are not read are
 * counted in findings; `wrong-api-version` findings are objects that the API server would not take.
 */
export function readInventory(manifests: readonly SourceManifest[], options: ReadOptions = {}): ReadInventory {
  const sorted = sortOut(manifests, options.anyVersion === true);
  const { kept, findings } = lastOfEach(sorted.known);
  const draft = emptyDraft();
  for (const { manifest, kind } of kept) kind.read(manifest, draft);
  const facts = ciliumFacts(manifests);
  return {
    inventory: inventoryOf(draft),
    policies: draft.policies,
    ciliumConfig: facts,
    findings: [
      ...sorted.findings,
      ...findings,
      ...kept.flatMap(({ manifest, kind }) => (kind.draft === "policies" ? placeholderFindings(manifest) : [])),
      ...(facts?.findings ?? []),
    ],
  };
}

type Known = { readonly manifest: SourceManifest; readonly kind: Kind };

function sortOut(
  manifests: readonly SourceManifest[],
  anyVersion: boolean,
): { readonly known: readonly Known[]; readonly findings: readonly Finding[] } {
  const known: Known[] = [];
  const findings: Finding[] = [];
  const unknown = new Map<string, SourceManifest[]>();
  for (const manifest of manifests) {
    const found = anyVersion ? kindByName(manifest.kind) : kindOf(manifest);
    if (found === null) {
      if (isPassedOver(groupOf(manifest.apiVersion).group, manifest.kind)) continue;
      const name = `${manifest.kind} (${manifest.apiVersion})`;
      unknown.set(name, [...(unknown.get(name) ?? []), manifest]);
    } else if ("wrong" in found) {
      findings.push(wrongVersion(manifest, found.wrong));
    } else {
      findings.push(...metadataFindings(manifest));
      known.push({ manifest, kind: found.kind });
    }
  }
  return { known, findings: [...findings, ...[...unknown].flatMap(([name, objects]) => unknownKind(name, objects))] };
}

function kindByName(name: string): { readonly kind: Kind } | null {
  const kind = kindNamed(name);
  return kind === null ? null : { kind };
}

/** Keeps the last of each name in the place of the first; says so unless both are the same. */
function lastOfEach(known: readonly Known[]): {
  readonly kept: readonly Known[];
  readonly findings: readonly Finding[];
} {
  const kept = new Map<string, Known>();
  const findings: Finding[] = [];
  const others: Finding[] = [];
  for (const one of known) {
    const { manifest, kind } = one;
    const name = objectName({ ...manifest, namespace: kind.namespaced ? (manifest.namespace ?? "default") : null });
    const key = `${kind.group}/${name}`;
    const before = kept.get(key)?.manifest;
    kept.set(key, one);
    if (before === undefined || JSON.stringify(before.value) === JSON.stringify(manifest.value)) continue;
    (kind.draft === "policies" ? findings : others).push(givenTwice(name, manifest, before));
  }
  const [first] = others;
  if (first !== undefined) findings.push({ ...first, severity: "info", count: others.length });
  return { kept: [...kept.values()], findings };
}

function givenTwice(name: string, manifest: SourceManifest, before: SourceManifest): Finding {
  return {
    id: "duplicate-object",
    severity: "warn",
    message: `${name} is given twice; this one is taken, not the one at ${placeText(before.place)}`,
    help: "give every object once",
    place: { ...manifest.place, object: name },
  };
}

function emptyDraft(): Draft {
  return {
    namespaces: [],
    pods: [],
    workloads: [],
    services: [],
    endpointSlices: [],
    endpoints: [],
    nodes: [],
    cidrGroups: [],
    webhooks: [],
    ciliumEndpoints: [],
    ciliumIdentities: [],
    ciliumNodes: [],
    policies: [],
    policyCrds: [],
  };
}

function inventoryOf(draft: Draft): Inventory {
  const { endpoints, policies: _, policyCrds, ...rest } = draft;
  return {
    ...rest,
    ...(policyCrds.length > 0 ? { policyCrds } : {}),
    namespaces: [...draft.namespaces, ...missingNamespaces(draft)],
    endpointSlices: [...draft.endpointSlices, ...withoutSlices(endpoints, draft.endpointSlices)],
  };
}

/** Namespaces of pods and workloads that no Namespace object was given for. */
function missingNamespaces(draft: Draft): readonly Namespace[] {
  const given = new Set(draft.namespaces.map((namespace) => namespace.name));
  const named = [...draft.pods, ...draft.workloads].map((object) => object.namespace);
  return [...new Set(named)].filter((name) => !given.has(name)).map(implicitNamespace);
}

/** The API server mirrors Endpoints into EndpointSlices: where both are given the slices say more. */
function withoutSlices(
  endpoints: readonly EndpointSlice[],
  slices: readonly EndpointSlice[],
): readonly EndpointSlice[] {
  const known = new Set(slices.map((slice) => `${slice.namespace}/${slice.service}`));
  return endpoints.filter((slice) => !known.has(`${slice.namespace}/${slice.service}`));
}

function wrongVersion(manifest: SourceManifest, wanted: string): Finding {
  const written = manifest.apiVersion === "" ? "no apiVersion" : `the apiVersion ${manifest.apiVersion}`;
  return {
    id: "wrong-api-version",
    severity: "error",
    message: `${manifest.kind} has ${written}: the API server knows no such object`,
    help: `write \`apiVersion: ${wanted}\``,
    place: manifest.place,
  };
}

function unknownKind(name: string, objects: readonly SourceManifest[]): readonly Finding[] {
  const [first] = objects;
  if (first === undefined) return [];
  return [
    {
      id: "unknown-kind",
      severity: "warn",
      message: `objects of kind ${name} are not used`,
      help: unknownHelp(first),
      place: first.place,
      count: objects.length,
    },
  ];
}

function unknownHelp(manifest: SourceManifest): string {
  const { group } = groupOf(manifest.apiVersion);
  const near = nearestName(
    manifest.kind,
    KINDS.filter((kind) => kind.group === group).map((kind) => kind.kind),
  );
  if (near !== null) return `did you mean ${near}?`;
  if (manifest.kind.endsWith("Policy")) return `cilium does not enforce the ${manifest.kind} of ${group || "v1"}`;
  return "nothing to do if they hold no policy";
}

/** `${NAME}` left by Flux or envsubst: the cluster holds something else there. */
function placeholderFindings(manifest: SourceManifest): readonly Finding[] {
  const found = /\$\{[A-Za-z_][^}]*\}/.exec(JSON.stringify(manifest.value));
  if (found === null) return [];
  return [
    {
      id: "unrendered-placeholder",
      severity: "warn",
      message: `holds the placeholder ${found[0]}: it is judged as if that were its text`,
      help: "render the manifests first, for example with `flux build` or `envsubst`",
      place: manifest.place,
    },
  ];
}
