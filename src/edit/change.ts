import type { Json } from "#model/json.ts";

/**
 * One change to an object, at an element path below it (`spec.egress[0].toPorts[0]`). `append`: add `value` to the
 * list at `path`, made when absent; `set`: give the mapping at `path` (made when absent) the key `key`; `replace`: put
 * `value` in the place of what is there.
 */
export type Change = {
  readonly path: string;
  readonly op: "append" | "set" | "replace";
  readonly key?: string;
  readonly value: Json;
};

/** Which object of a text is meant. `namespace` null: a cluster-scoped kind. */
export type Target = { readonly kind: string; readonly namespace: string | null; readonly name: string };
