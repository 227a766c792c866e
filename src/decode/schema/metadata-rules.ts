import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { textAt, valueAt } from "../field.ts";
import { isDnsLabel, isLabelKey, isSubdomain } from "./label-syntax.ts";
import { labelProblems } from "./network-policy-rules.ts";
import { checkBySchema } from "./schema-check.ts";
import { type SchemaMessage, schemaMessages } from "./schema-message.ts";
import type { Schema } from "./schema-tree.ts";

const READ_AS_TEXT = /^metadata\.(name$|namespace$|labels\.|annotations\.)/;
const TEXTS: Schema = { type: "object", additionalProperties: { type: "string" } };

/** The types of what people write. Upstream: k8s.io/apimachinery pkg/apis/meta/v1 ObjectMeta. */
const METADATA: Schema = {
  type: "object",
  properties: {
    metadata: {
      type: "object",
      properties: {
        name: { type: "string" },
        generateName: { type: "string" },
        namespace: { type: "string" },
        labels: TEXTS,
        annotations: TEXTS,
        finalizers: { type: "array", items: { type: "string" } },
        ownerReferences: { type: "array", items: { type: "object" } },
      },
    },
  },
};

/**
 * What the API server has against the names, labels and annotations of a policy.
 * Upstream: apimachinery pkg/api/validation ValidateObjectMeta.
 */
export function metadataProblems(value: JsonObject): readonly SchemaMessage[] {
  const metadata = valueAt(value, "metadata");
  const labels = valueAt(metadata, "labels");
  const breaches = checkBySchema({ metadata: metadata ?? {} }, METADATA, { version: "", $defs: {}, kinds: {} });
  return [
    // A number or boolean where a text belongs has a finding of its own (`not-text`).
    ...schemaMessages(
      breaches.filter(({ path, value: found }) => typeof found === "object" || !READ_AS_TEXT.test(path)),
    ),
    ...nameProblems(textAt(metadata, "name") ?? ""),
    ...namespaceProblems(textAt(metadata, "namespace") ?? ""),
    ...Object.entries(isObject(labels) ? labels : {}).flatMap(([key, label]) =>
      labelProblems(key, label, `metadata.labels.${key}`),
    ),
    ...annotationProblems(valueAt(metadata, "annotations")),
  ];
}

/** A missing name has a finding of its own. */
function nameProblems(name: string): readonly SchemaMessage[] {
  if (name === "" || isSubdomain(name)) return [];
  const help = "a name has lower-case letters, digits, `-` and `.`, and begins and ends with a letter or digit";
  return [{ path: "metadata.name", message: `is \`${name.slice(0, 300)}\``, help }];
}

function namespaceProblems(namespace: string): readonly SchemaMessage[] {
  if (namespace === "" || isDnsLabel(namespace)) return [];
  const help = "the name of a namespace has at most 63 lower-case letters, digits and `-`";
  return [{ path: "metadata.namespace", message: `is \`${namespace.slice(0, 300)}\``, help }];
}

/** Upstream: TotalAnnotationSizeLimitB. */
const ANNOTATION_BYTES = 256 * 1024;

function annotationProblems(annotations: Json | undefined): readonly SchemaMessage[] {
  if (!isObject(annotations)) return [];
  const entries = Object.entries(annotations);
  const encoder = new TextEncoder();
  const sizeBytes = entries.reduce(
    (sum, [key, text]) =>
      sum + encoder.encode(key).length + (typeof text === "string" ? encoder.encode(text).length : 0),
    0,
  );
  const size: SchemaMessage = {
    path: "metadata.annotations",
    message: `hold ${sizeBytes} bytes`,
    help: `all annotations together may hold ${ANNOTATION_BYTES} bytes`,
  };
  return [
    ...entries
      .filter(([key]) => !isLabelKey(key.toLowerCase()))
      .map(([key]) => ({
        path: `metadata.annotations.${key}`,
        message: `has the key \`${key.slice(0, 300)}\``,
        help: "the key of an annotation is a name of at most 63 letters, digits, `-`, `_` and `.`, with a domain and `/` before it",
      })),
    ...(sizeBytes > ANNOTATION_BYTES ? [size] : []),
  ];
}
