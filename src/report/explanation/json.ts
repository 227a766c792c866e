import type { Explained } from "#model/explanation.ts";
import { jsonChunks } from "../json.ts";
import schema from "../schema/explanation.schema.json" with { type: "json" };

/** What explain answers as JSON, described by `schema/explanation.schema.json`: keys in the schema's order. */
export function explainedJson(explained: Explained): string {
  return [...jsonChunks(explained, schema)].join("");
}
