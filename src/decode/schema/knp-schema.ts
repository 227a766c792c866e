import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { memberSchema, resolved, type Schema, type SchemaSet } from "./schema-tree.ts";

const SELECTOR: Schema = {
  type: "object",
  properties: {
    matchLabels: { type: "object", additionalProperties: { type: "string" } },
    matchExpressions: {
      type: "array",
      items: {
        type: "object",
        required: ["key", "operator"],
        properties: {
          key: { type: "string" },
          operator: { type: "string", enum: ["In", "NotIn", "Exists", "DoesNotExist"] },
          values: { type: "array", items: { type: "string" } },
        },
      },
    },
  },
};

const PORTS: Schema = {
  type: "array",
  items: {
    type: "object",
    properties: {
      protocol: { type: "string", enum: ["TCP", "UDP", "SCTP"] },
      port: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
      endPort: { type: "integer", format: "int32" },
    },
  },
};

const PEERS: Schema = {
  type: "array",
  items: {
    type: "object",
    minProperties: 1,
    properties: {
      podSelector: SELECTOR,
      namespaceSelector: SELECTOR,
      ipBlock: {
        type: "object",
        required: ["cidr"],
        properties: {
          cidr: { type: "string", format: "sloppy-cidr" },
          except: { type: "array", items: { type: "string", format: "sloppy-cidr" } },
        },
      },
    },
  },
};

const NETWORK_POLICY: Schema = {
  type: "object",
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    spec: {
      type: "object",
      properties: {
        podSelector: SELECTOR,
        policyTypes: { type: "array", items: { type: "string", enum: ["Ingress", "Egress"] }, maxItems: 2 },
        ingress: { type: "array", items: { type: "object", properties: { from: PEERS, ports: PORTS } } },
        egress: { type: "array", items: { type: "object", properties: { to: PEERS, ports: PORTS } } },
      },
    },
  },
};

/**
 * The fields of a NetworkPolicy, which is no CRD, and their types; `network-policy-rules.ts` has the rest.
 * Upstream: k8s.io/api/networking/v1.
 */
export const KNP_SCHEMAS: SchemaSet = {
  version: "networking.k8s.io/v1",
  $defs: {},
  kinds: { NetworkPolicy: { v1: NETWORK_POLICY } },
};

/**
 * Nulls in the lists of a NetworkPolicy as the API server reads them: an empty object, an empty text. (Of a kind with a
 * CRD it refuses them.) Nulls of fields are gone before.
 */
export function withoutListNulls(value: JsonObject): JsonObject {
  const filled = fill(value, NETWORK_POLICY);
  return isObject(filled) ? filled : value;
}

function fill(value: Json, schema: Schema): Json {
  if (Array.isArray(value)) {
    const items = schema.items === undefined ? {} : resolved(schema.items, KNP_SCHEMAS);
    return value.map((element) => (element === null ? emptyOf(items) : fill(element, items)));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, fill(member, memberSchema(schema, key, KNP_SCHEMAS) ?? {})]),
  );
}

function emptyOf(schema: Schema): Json {
  if (schema.type === "object") return {};
  return schema.type === "string" ? "" : null;
}
