/**
 * The part of the SARIF 2.1.0 schema that ringfence's output uses, written down by hand; every object is closed, so a
 * field that the standard does not have fails.
 */
function object(properties: Readonly<Record<string, unknown>>, ...required: readonly string[]) {
  return { type: "object", additionalProperties: false, properties, required };
}

const TEXT = { type: "string", minLength: 1 };
const POSITION = { type: "integer", minimum: 1 };
const MESSAGE = object({ text: TEXT }, "text");
const MULTIFORMAT = object({ text: TEXT, markdown: TEXT }, "text");
const ARTIFACT = object({ uri: { type: "string", format: "uri-reference" } }, "uri");
const REGION = object(
  { startLine: POSITION, startColumn: POSITION, endLine: POSITION, endColumn: POSITION },
  "startLine",
);
const REPLACEMENT = object(
  { deletedRegion: REGION, insertedContent: object({ text: { type: "string" } }, "text") },
  "deletedRegion",
);
const CHANGE = object(
  { artifactLocation: ARTIFACT, replacements: { type: "array", minItems: 1, items: REPLACEMENT } },
  "artifactLocation",
  "replacements",
);
const FIX = object(
  { description: MESSAGE, artifactChanges: { type: "array", minItems: 1, items: CHANGE } },
  "artifactChanges",
);
const LOCATION = object({
  physicalLocation: object({ artifactLocation: ARTIFACT, region: REGION }, "artifactLocation"),
});
const RESULT = object(
  {
    ruleId: TEXT,
    ruleIndex: { type: "integer", minimum: 0 },
    level: { enum: ["none", "note", "warning", "error"] },
    message: MESSAGE,
    locations: { type: "array", items: LOCATION },
    partialFingerprints: { type: "object", additionalProperties: TEXT },
    fixes: { type: "array", items: FIX },
  },
  "message",
);
const RULE = object({ id: TEXT, shortDescription: MULTIFORMAT, fullDescription: MULTIFORMAT, help: MULTIFORMAT }, "id");
const TOOL = object(
  { driver: object({ name: TEXT, version: TEXT, rules: { type: "array", items: RULE } }, "name") },
  "driver",
);
const RUN = object(
  {
    tool: TOOL,
    columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
    results: { type: "array", items: RESULT },
    properties: { type: "object" },
  },
  "tool",
);

export const SARIF_SCHEMA = object(
  { $schema: TEXT, version: { const: "2.1.0" }, runs: { type: "array", items: RUN } },
  "version",
  "runs",
);
