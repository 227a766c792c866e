import { quote } from "#engine/validate/go-text.ts";
import type { Json } from "#model/json.ts";
import type { Message } from "../message.ts";
import { descriptorOf } from "../schema.ts";
import { conflictOf } from "./conflicts.ts";
import { FILTER_FLAGS } from "./filter-fields.ts";
import { FlagError } from "./flag.ts";

type Draft = Map<string, Json[]>;
type Side = "source" | "destination";

/** Flags that name namespaces: which of the three lists they go to, and the namespace of those without a value. */
const NAMESPACES: Readonly<Record<string, "any" | Side>> = {
  namespace: "any",
  "from-namespace": "source",
  "to-namespace": "destination",
  "all-namespaces": "any",
  "from-all-namespaces": "source",
  "to-all-namespaces": "destination",
};

/**
 * The filter flags of one list as they come, and the FlowFilters that they make: one or two, for a plain flag asks for
 * either end. Upstream: hubble/cmd/observe filterTracker.
 */
export class FilterTracker {
  private left: Draft | null = null;
  private right: Draft | null = null;
  private readonly namespaces: Readonly<Record<"any" | Side, string[]>> = { any: [], source: [], destination: [] };
  private readonly used = new Set<string>();

  /** Throws FlagError. */
  set(name: string, value: string): void {
    this.used.add(name);
    const conflict = conflictOf(this.used);
    if (conflict !== null) throw new FlagError(`filters --${conflict[0]} and --${conflict[1]} cannot be combined`);
    const list = NAMESPACES[name];
    if (list !== undefined) this.namespaces[list].push(name.endsWith("all-namespaces") ? "" : value);
    else this.add(name, value);
    this.checkNamespaces(this.left);
    this.checkNamespaces(this.right);
  }

  private add(name: string, text: string): void {
    const flag = FILTER_FLAGS.get(name);
    if (flag === undefined) throw new Error(`no filter flag ${name}`);
    const value = flag.value(text);
    this.left ??= new Map();
    this.right ??= new Map();
    append(this.left, flag.left, value);
    append(this.right, flag.right, value);
  }

  /** The filters, none when no flag was given. Two equal ones are one. */
  filters(): readonly Message[] {
    const { any, source, destination } = this.namespaces;
    if (this.left === null && any.length + source.length + destination.length === 0) return [];
    const left = new Map(this.left ?? []);
    const right = new Map(this.right ?? []);
    for (const draft of [left, right]) {
      addNamespaces(draft, "destination", destination);
      addNamespaces(draft, "source", source);
    }
    addNamespaces(left, "source", any);
    addNamespaces(right, "destination", any);
    const filters = [filterOf(left), filterOf(right)];
    return JSON.stringify(filters[0]) === JSON.stringify(filters[1]) ? filters.slice(0, 1) : filters;
  }

  /** Upstream: checkNamespaceConflicts: all that is wrong, a line each. */
  private checkNamespaces(draft: Draft | null): void {
    if (draft === null) return;
    const names = (side: Side, kind: "pod" | "service") => textsOf(draft, `${side}_${kind}`);
    const lists: readonly (readonly [readonly string[], Side])[] = [
      [this.namespaces.any, "source"],
      [this.namespaces.any, "destination"],
      [this.namespaces.source, "source"],
      [this.namespaces.destination, "destination"],
    ];
    const problems = [
      ...lists.flatMap(([namespaces, side]) => [
        namespaceConflict(namespaces, names(side, "pod")),
        namespaceConflict(namespaces, names(side, "service")),
      ]),
      serviceConflict(names("source", "pod"), names("source", "service")),
      serviceConflict(names("destination", "pod"), names("destination", "service")),
    ].filter((problem) => problem !== null);
    if (problems.length > 0) throw new FlagError(problems.join("\n"));
  }
}

function append(draft: Draft, field: string, value: Json): void {
  draft.set(field, [...(draft.get(field) ?? []), value]);
}

function textsOf(draft: Draft, field: string): readonly string[] {
  return (draft.get(field) ?? []).filter((value) => typeof value === "string");
}

/** "" for a name without one. */
function namespaceOf(name: string): string {
  const slash = name.indexOf("/");
  return slash < 0 ? "" : name.slice(0, slash);
}

function namespaceConflict(namespaces: readonly string[], names: readonly string[]): string | null {
  for (const namespace of namespaces) {
    const other = names.find((name) => namespaceOf(name) !== "" && namespaceOf(name) !== namespace);
    if (other !== undefined) return `namespace conflict: ${quote(namespace)} does not contain ${quote(other)}`;
  }
  return null;
}

function serviceConflict(pods: readonly string[], services: readonly string[]): string | null {
  for (const namespace of pods.map(namespaceOf)) {
    const other = namespace === "" ? undefined : services.find((service) => namespaceOf(service) !== namespace);
    if (other !== undefined) return `namespace of service ${quote(other)} conflict with pod ${quote(namespace)}`;
  }
  return null;
}

/** Upstream: namespaceModifier: every name without a namespace gets each of them; without names, the whole namespaces. */
function addNamespaces(draft: Draft, side: Side, namespaces: readonly string[]): void {
  if (namespaces.length === 0) return;
  const pods = `${side}_pod`;
  const services = `${side}_service`;
  if (!draft.has(pods) && !draft.has(services)) draft.set(pods, [""]);
  for (const field of [pods, services]) {
    const names = textsOf(draft, field);
    if (names.length === 0) continue;
    const full = names.flatMap((name) => (name.includes("/") ? [name] : namespaces.map((ns) => `${ns}/${name}`)));
    draft.set(field, full);
  }
}

function filterOf(draft: Draft): Message {
  const filter: Record<string, Json> = {};
  for (const { name } of descriptorOf("FlowFilter").fields) {
    const values = draft.get(name);
    if (values !== undefined) filter[name] = values;
  }
  const expressions = draft.get("cel_expression");
  return expressions === undefined ? filter : { ...filter, experimental: { cel_expression: expressions } };
}
