import type { LintReport } from "#model/lint.ts";
import { jsonChunks } from "../json.ts";
import schema from "../schema/lint.schema.json" with { type: "json" };

/** The report as JSON, described by `schema/lint.schema.json`: keys in the schema's order, a finding a line. */
export function lintJson(report: LintReport): string {
  return [...jsonChunks(report, schema)].join("");
}
