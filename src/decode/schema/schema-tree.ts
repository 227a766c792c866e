import type { Json } from "#model/json.ts";

/** The part of OpenAPI v3 that CRDs use, as `scripts/update-crds.mjs` writes it. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly Json[];
  readonly default?: Json;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  /** A CEL rule of ClusterNetworkPolicy: `self.start < self.end`. */
  readonly startBeforeEnd?: boolean;
  /** A CEL rule of its egress rules: no named port towards networks, nodes or domain names. */
  readonly portsHaveNumbers?: boolean;
};

/** The schemas of one Cilium minor: by kind, then by version. */
export type SchemaSet = {
  /** The release that they were taken from. */
  readonly version: string;
  readonly $defs: Readonly<Record<string, Schema>>;
  readonly kinds: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
};

/** Follows a `$ref` of a schema set. */
export function resolved(schema: Schema, set: SchemaSet): Schema {
  const name = schema.$ref?.replace("#/$defs/", "");
  return name === undefined ? schema : (set.$defs[name] ?? schema);
}

/** The schema of a member: a property, or what `additionalProperties` says of any other. */
export function memberSchema(schema: Schema, key: string, set: SchemaSet): Schema | undefined {
  const own = Object.hasOwn(schema.properties ?? {}, key) ? schema.properties?.[key] : undefined;
  const other = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
  const found = own ?? other;
  return found === undefined ? undefined : resolved(found, set);
}
