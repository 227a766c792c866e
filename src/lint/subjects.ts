import { isNamespaceKey, bareKey } from "#analysis/selector-text.ts";
import { writtenSpecs } from "#analysis/surprises/written-rules.ts";
import type { Engine } from "#engine/engine.ts";
import { podEnd } from "#engine/identity/identity.ts";
import type { PodEnd } from "#model/conversation.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { NAMESPACE_LABEL } from "#model/labels.ts";
import type { Pod } from "#model/objects.ts";
import { type PolicyObject, policyName } from "#model/policy.ts";
import type { Snapshot } from "#model/snapshot.ts";

/** One spec of a policy. `path`: `spec`, or `specs[1]`. */
export type Spec = { readonly policy: PolicyObject; readonly path: string; readonly value: JsonObject };

/**
 * The endpoints that a spec is about. `isReal`: those of the objects and the recording. Otherwise nobody knows them, and
 * made-up ones stand for all there could be: the least that the spec's selector takes, and that joined with the labels
 * that each other spec asks for. Then something is certain only where it holds for every one of them.
 */
export type Subjects = {
  readonly isReal: boolean;
  /** All of them. Made-up ones are made when asked for: `holdsFor` mostly needs the first alone. */
  readonly ends: readonly PodEnd[];
  /** One after the other. */
  readonly each: () => Iterable<PodEnd>;
};

/** The endpoints of which something holds: of real ones those, of made-up ones all or none. */
export function holdsFor(subjects: Subjects, holds: (end: PodEnd) => boolean): readonly PodEnd[] {
  if (subjects.isReal) return subjects.ends.filter(holds);
  for (const end of subjects.each()) if (!holds(end)) return [];
  return subjects.ends.slice(0, 1);
}

/** Subjects that are known. */
export function realSubjects(ends: readonly PodEnd[]): Subjects {
  return { isReal: true, ends, each: () => ends };
}

/** Beyond so many nothing is made up: the answer is then "nobody", and checks stay silent. */
const MOST_WITNESSES = 400;

/** Subjects that are made up, each when it is asked for. */
export function madeUpSubjects(source: Iterator<PodEnd>): Subjects {
  const made: PodEnd[] = [];
  let isDone = false;
  const next = (): boolean => {
    const { done, value } = isDone ? { done: true, value: undefined } : source.next();
    isDone = done === true || made.length > MOST_WITNESSES;
    if (isDone || value === undefined) return false;
    made.push(value);
    return true;
  };
  function* each(): Generator<PodEnd> {
    for (let index = 0; index < made.length || next(); index++) {
      const end = made[index];
      if (end !== undefined) yield end;
    }
  }
  return {
    isReal: false,
    each,
    get ends() {
      while (next());
      return made.length > MOST_WITNESSES ? [] : made;
    },
  };
}

/** The specs of a policy with their paths. */
export function specsOf(policy: PolicyObject): readonly Spec[] {
  return writtenSpecs(policy).map(({ spec, path }) => ({
    policy,
    path: path === "" ? "spec" : path.slice(0, -1),
    value: spec,
  }));
}

/** A policy of this spec alone, under the same name; the policy itself where it has no other. */
export function onlySpec({ policy, path, value }: Spec): PolicyObject {
  if (path === "spec" && policy.value["specs"] === undefined) return policy;
  const { spec: _, specs: __, ...rest } = policy.value;
  return { ...policy, value: { ...rest, spec: value } };
}

/** Makes up the endpoints that a spec could be about, beside the specs of a whole set. */
export function* witnesses(spec: Spec, set: SpecSet, world: Snapshot, engine: Engine): Generator<PodEnd> {
  const asked = askedLabels(spec);
  if (asked === null) return;
  const name = policyName(spec.policy);
  const found = new Set<PodEnd>();
  // Whoever has the labels asked for and more is taken as well, unless the selector excludes.
  const isPositive = !/"operator":"(?:NotIn|DoesNotExist)"/.test(JSON.stringify(spec.value));
  for (const namespace of namespacesFor(spec, asked, set)) {
    for (const labels of combined(asked, namespace, set)) {
      const end = knownMadeUp(namespace, labels, world);
      if (found.has(end) || !((isPositive && found.size > 0) || engine.selectsSubject(name, end))) continue;
      found.add(end);
      yield end;
    }
  }
}

/** One end for equal labels: engines remember what they worked out for an end. */
function knownMadeUp(namespace: string, asked: Asked, world: Snapshot): PodEnd {
  const known = madeUpEnds.get(world) ?? new Map<string, PodEnd>();
  madeUpEnds.set(world, known);
  const key = `${namespace} ${askedKey(asked)}`;
  const end = known.get(key) ?? madeUp(namespace, asked, world);
  known.set(key, end);
  return end;
}

const madeUpEnds = new WeakMap<Snapshot, Map<string, PodEnd>>();

type Asked = ReadonlyMap<string, string>;

function* combined(asked: Asked, namespace: string, set: SpecSet): Generator<Asked> {
  yield asked;
  for (const more of set.askedIn(namespace)) {
    const joined = join(asked, more);
    if (joined !== null && joined.size > asked.size) yield joined;
  }
}

/** What the specs of a set ask of their subjects, by namespace. */
export class SpecSet {
  readonly namespaces: readonly string[];
  readonly #byNamespace = new Map<string | null, Map<string, Asked>>();

  constructor(specs: readonly Spec[]) {
    for (const spec of specs) {
      const asked = askedLabels(spec);
      if (asked === null) continue;
      const { namespace } = spec.policy;
      const known = this.#byNamespace.get(namespace) ?? new Map<string, Asked>();
      this.#byNamespace.set(namespace, known.set(askedKey(asked), asked));
    }
    this.namespaces = [...this.#byNamespace.keys()].filter((name) => name !== null);
  }

  /** Each once: of the specs of a namespace, and of clusterwide ones. */
  *askedIn(namespace: string): Generator<Asked> {
    for (const asked of this.#byNamespace.get(namespace)?.values() ?? []) yield asked;
    for (const asked of this.#byNamespace.get(null)?.values() ?? []) yield asked;
  }
}

function askedKey(asked: Asked): string {
  return [...asked]
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(" ");
}

function join(one: Asked, other: Asked): Asked | null {
  for (const [key, value] of other) if ((one.get(key) ?? value) !== value) return null;
  return new Map([...one, ...other]);
}

/** A namespaced policy's own; for a clusterwide one what it names, else those of the set and one that nothing speaks of. */
function namespacesFor(spec: Spec, asked: Asked, set: SpecSet): readonly string[] {
  if (spec.policy.namespace !== null) return [spec.policy.namespace];
  const named = asked.get(NAMESPACE_LABEL);
  if (named !== undefined) return [named];
  return ["some-namespace", ...set.namespaces];
}

/** The least labels that the subject selector takes; null where that is not a pod's, or cannot be said. */
function askedLabels({ policy, value }: Spec): Asked | null {
  const selector = policy.kind === "NetworkPolicy" ? value["podSelector"] : value["endpointSelector"];
  if (selector === undefined && policy.kind !== "NetworkPolicy") return null;
  if (!isObject(selector)) return new Map();
  const labels = new Map<string, string>();
  const note = (key: string, label: string) => {
    if (key.startsWith("reserved:")) return false;
    const bare = bareKey(key);
    if ((labels.get(bare) ?? label) !== label) return false;
    labels.set(bare, label);
    return true;
  };
  const matchLabels = isObject(selector["matchLabels"]) ? selector["matchLabels"] : {};
  const isPlain = Object.entries(matchLabels).every(([key, label]) => note(key, String(label)));
  const expressions = Array.isArray(selector["matchExpressions"]) ? selector["matchExpressions"] : [];
  return isPlain && expressions.every((one) => isObject(one) && noteExpression(one, note)) ? labels : null;
}

function noteExpression(expression: JsonObject, note: (key: string, label: string) => boolean): boolean {
  const key = String(expression["key"]);
  const values: readonly Json[] = Array.isArray(expression["values"]) ? expression["values"] : [];
  switch (expression["operator"]) {
    case "In":
      return note(key, String(values[0]));
    case "Exists":
      return note(key, "any");
    default:
      return !key.startsWith("reserved:");
  }
}

function madeUp(namespace: string, asked: Asked, { inventory, cilium, config }: Snapshot): PodEnd {
  const labels = [...asked].filter(([key]) => !isNamespaceKey(key) && !key.startsWith("io.cilium.k8s"));
  const pod: Pod = {
    namespace,
    name: "some-pod",
    labels: Object.fromEntries(labels),
    annotations: {},
    serviceAccount: asked.get("io.cilium.k8s.policy.serviceaccount") ?? "default",
    nodeName: null,
    hostNetwork: false,
    addresses: [],
    ports: [],
    owners: [],
    generateName: "",
    phase: "Running",
    startTime: null,
    deletionTime: null,
    dnsPolicy: "ClusterFirst",
    dnsSearches: [],
    fromTemplate: true,
  };
  const metadata = [...asked].filter(([key]) => key.startsWith("io.cilium.k8s.namespace.labels."));
  const own = Object.fromEntries(metadata.map(([key, value]) => [key.replace(/^.*?labels\./, ""), value]));
  const namespaces = [...inventory.namespaces.filter(({ name }) => name !== namespace)];
  const known = inventory.namespaces.find(({ name }) => name === namespace);
  const made = { name: namespace, annotations: {}, labels: { ...known?.labels, ...own } };
  return podEnd(pod, { ...inventory, namespaces: [...namespaces, made] }, cilium.value, config.value);
}
