import type { Json } from "#model/json.ts";

/**
 * One change to an object, at an element path below it (`spec.egress[0].toPorts[0]`). `append`: add `value` to the
 * list at `path`, made when absent; `set`: give the mapping at `path` (made when absent) the key `key`; `replace`: put
 * `value` in the place of what is there; `remove`: take the key or the list item at `path` away. What held the last one
 * stays as `[]` or `{}`, which Cilium may read otherwise than nothing: who means the whole list removes that.
 */
export type Change = ValueChange | Removal;

type ValueChange = {
  readonly path: string;
  readonly op: "append" | "set" | "replace";
  readonly key?: string;
  readonly value: Json;
};

type Removal = { readonly path: string; readonly op: "remove" };

/**
 * Which object of a text is meant. `namespace` null: a cluster-scoped kind. Empty `kind` and `name`: a mapping that is no
 * object, such as a values file.
 */
export type Target = { readonly kind: string; readonly namespace: string | null; readonly name: string };
