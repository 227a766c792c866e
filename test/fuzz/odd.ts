import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Random } from "./random.ts";

/** Values that a policy's fields are not made for: the agent rejects the object, or takes it in its own way. */
const ODD: readonly Json[] = [
  ...["", " ", "*", "-", ".", "x y", "UPPER", "ä", "0", "-1", "65536", "1.2.3.4", "10.0.0.0/33", "::1", "none", "any:"],
  ...["k8s:", "reserved:", "reserved:none", "a".repeat(64), "[", "null", "true"],
  ...[0, -1, 1.5, 65536, 4294967296, true, false, null],
  ...[[], {}, [""], [null], [{}], [[]]],
];

/** A place in a value: the steps to it. */
type Path = readonly (string | number)[];

/** A policy with one element of its specification dropped, doubled, or replaced by something odd. */
export function oddPolicy(random: Random, policy: JsonObject): JsonObject {
  const paths = pathsOf(policy).filter((path) => String(path[0]).startsWith("spec"));
  if (paths.length === 0) return policy;
  const path = random.pick(paths);
  const changed = changeAt(policy, path, (value) => oddValue(random, value));
  return isObject(changed) ? changed : policy;
}

/** Every place below a value. */
export function pathsOf(value: Json, at: Path = []): readonly Path[] {
  const entries: readonly (readonly [string | number, Json])[] = Array.isArray(value)
    ? value.map((item: Json, index) => [index, item] as const)
    : isObject(value)
      ? Object.entries(value)
      : [];
  return entries.flatMap(([key, item]) => [[...at, key], ...pathsOf(item, [...at, key])]);
}

/** A copy with the element of a place changed; `undefined` takes it out. */
export function changeAt(value: Json, path: Path, change: (value: Json) => Json | undefined): Json | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return change(value);
  if (Array.isArray(value)) {
    return value.flatMap((item: Json, index) => {
      const kept = index === key ? changeAt(item, rest, change) : item;
      return kept === undefined ? [] : [kept];
    });
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, item]): [string, Json][] => {
    const kept = name === key ? changeAt(item, rest, change) : item;
    return kept === undefined ? [] : [[name, kept]];
  });
  return Object.fromEntries(members);
}

function oddValue(random: Random, value: Json): Json | undefined {
  return random.weighted<() => Json | undefined>([
    [5, () => random.pick(ODD)],
    [2, () => undefined],
    [0.5, () => null],
    [1, () => (Array.isArray(value) ? [...value, ...value] : random.pick(ODD))],
    [1, () => (isObject(value) ? { ...value, unknown: "x" } : [value])],
    [1, () => (typeof value === "string" ? `${value}${random.pick([" ", ".", "*", "/", "x".repeat(70)])}` : {})],
  ])();
}
