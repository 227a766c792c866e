import type { Json } from "#model/json.ts";

/**
 * A Go type as encoding/json sees it. `go` is how the type's name is printed in an error (`[]api.IngressRule`).
 * Pointers do not appear: decoding looks through them, except that null stays null in a list of pointers.
 */
export type GoShape =
  | { readonly kind: "string"; readonly go: string }
  | { readonly kind: "bool"; readonly go: string }
  | { readonly kind: "integer"; readonly go: string; readonly min: number; readonly max: number }
  | { readonly kind: "list"; readonly go: string; readonly element: GoShape; readonly pointers: boolean }
  | { readonly kind: "map"; readonly go: string; readonly value: GoShape }
  | StructShape
  | { readonly kind: "own"; readonly unmarshal: Unmarshal };

export type StructShape = {
  readonly kind: "struct";
  readonly go: string;
  /** The type's bare name, which stands before the field in an error; "" for a struct without a name. */
  readonly name: string;
  /** By the JSON name, and by the folded name when that is not the same. */
  readonly fields: ReadonlyMap<string, GoField>;
};

/** `through`: the Go names of the embedded structs on the way, which error messages list. */
export type GoField = { readonly name: string; readonly shape: GoShape; readonly through: readonly string[] };

/** A type's own UnmarshalJSON. A failure here ends all decoding at once, unlike a wrong type elsewhere. */
export type Unmarshal = (value: Json, path: string) => Decoded;

export type Decoded = { readonly value: Json } | { readonly failure: Failure };

/** `type`: Go's UnmarshalTypeError, whose struct and field the decoders further out still rewrite. */
export type Failure =
  | {
      readonly kind: "type";
      readonly value: string;
      readonly go: string;
      readonly wants: Exclude<GoShape["kind"], "own">;
      readonly struct: string;
      readonly field: string;
      readonly path: string;
    }
  | {
      readonly kind: "other";
      readonly text: string;
      readonly path: string;
      readonly help?: string;
      readonly crash?: true;
    };

export const TEXT: GoShape = { kind: "string", go: "string" };
export const BOOL: GoShape = { kind: "bool", go: "bool" };
export const INT32: GoShape = { kind: "integer", go: "int32", min: -(2 ** 31), max: 2 ** 31 - 1 };
export const INT64: GoShape = { kind: "integer", go: "int64", min: -(2 ** 63), max: 2 ** 63 - 1024 };
export const UINT64: GoShape = { kind: "integer", go: "uint64", min: 0, max: 2 ** 64 - 2048 };
export const UINT8: GoShape = { kind: "integer", go: "uint8", min: 0, max: 255 };

/** A string type with a name of its own (`api.CIDR`). */
export function named(go: string): GoShape {
  return { kind: "string", go };
}

/** A slice; `go` is only given for a named slice type. */
export function list(element: GoShape, go: string = `[]${nameOf(element)}`): GoShape {
  return { kind: "list", go, element, pointers: false };
}

/** A slice of pointers: a null element stays null. */
export function pointers(element: GoShape, go: string = `[]*${nameOf(element)}`): GoShape {
  return { kind: "list", go, element, pointers: true };
}

export function map(value: GoShape, go: string = `map[string]${nameOf(value)}`): GoShape {
  return { kind: "map", go, value };
}

function nameOf(shape: GoShape): string {
  return shape.kind === "own" ? "struct" : shape.go;
}

/**
 * A struct. Keys are the JSON names; embedded structs are given apart, by their Go name, as `inline` shapes whose
 * fields are promoted.
 */
export function struct(
  go: string,
  fields: Readonly<Record<string, GoShape>>,
  embedded: Readonly<Record<string, StructShape>> = {},
): StructShape {
  const all: GoField[] = Object.entries(fields).map(([name, shape]) => ({ name, shape, through: [] }));
  for (const [goName, inline] of Object.entries(embedded)) {
    for (const [key, field] of inline.fields) {
      if (key === field.name) all.push({ ...field, through: [goName, ...field.through] });
    }
  }
  const byName = new Map<string, GoField>();
  for (const field of all) {
    byName.set(fold(field.name), field);
  }
  for (const field of all) byName.set(field.name, field);
  const name = go.startsWith("struct ") ? "" : go.slice(go.lastIndexOf(".") + 1);
  return { kind: "struct", go, name, fields: byName };
}

/**
 * The field that a key means: the exact name, else one that differs in case alone. encoding/json takes `EndpointSelector`
 * for `endpointSelector`.
 */
export function fieldOf(shape: StructShape, key: string): GoField | undefined {
  return shape.fields.get(key) ?? shape.fields.get(fold(key));
}

/** Go's foldName for the letters that field names have; U+017F folds to s, U+212A to k. */
function fold(name: string): string {
  return name.replaceAll("\u017f", "s").toLowerCase();
}
