import type { Severity } from "#model/finding.ts";
import type { JsonObject } from "#model/json.ts";
import type { Rehearsal } from "#model/rehearsal.ts";
import { answerWord } from "./answer.ts";
import { type FileDiff, NO_NEWLINE, parseDiff, splitFiles } from "./diff-text.ts";
import { type Result, resultsOf } from "./results.ts";
import { ruleHelp } from "./rule-help.ts";
import { distinct } from "./words.ts";

const LEVEL: Readonly<Record<Severity, string>> = { error: "error", warn: "warning", info: "note" };

/** Code scanning services refuse more results a run. */
const MAX_RESULTS = 5000;

/** One result, whatever found it. `fix`: proven ones only, a tool may offer to apply them. */
export type SarifResult = Omit<Result, "hole"> & {
  readonly fix: { readonly diff: string; readonly summary: string } | null;
};

/**
 * The rehearsal as SARIF 2.1.0, for code scanning: one result a hole, finding, open question and dead rule, at the rule
 * concerned, with proven edits as fixes. `version` is ringfence's own.
 */
export function reportSarif(rehearsal: Rehearsal, version: string): string {
  const results = resultsOf(rehearsal).map(({ hole, ...result }): SarifResult => {
    const edit = hole?.edit;
    return { ...result, fix: edit === undefined || edit === null || !edit.proven ? null : edit };
  });
  return sarifLog(results, { version, help: ruleObject, properties: { answer: answerWord(rehearsal) } });
}

/** A SARIF log of results. `help` describes a rule, `properties` the run. */
export function sarifLog(
  all: readonly SarifResult[],
  run: { readonly version: string; readonly help: (id: string) => JsonObject; readonly properties: JsonObject },
): string {
  const results = all.slice(0, MAX_RESULTS);
  const rules = distinct(results.map((result) => result.rule));
  // Code scanning refuses results without a place: what belongs to no file stands at the first file concerned.
  const anywhere = results.find((result) => result.place !== null)?.place ?? null;
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "ringfence", version: run.version, rules: rules.map(run.help) } },
        columnKind: "utf16CodeUnits",
        results: results.map((result) => resultObject(result, rules.indexOf(result.rule), anywhere)),
        properties: { ...run.properties, resultsLeftOut: all.length - results.length },
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleObject(id: string): JsonObject {
  const { title, help } = ruleHelp(id);
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: help },
    help: { text: help, markdown: help },
  };
}

function resultObject(result: SarifResult, ruleIndex: number, anywhere: Result["place"]): JsonObject {
  const place = result.place ?? (anywhere === null ? null : { file: anywhere.file, line: 1, column: null });
  return {
    ruleId: result.rule,
    ruleIndex,
    level: LEVEL[result.severity],
    message: { text: result.message },
    ...(place === null ? {} : { locations: [location(place)] }),
    partialFingerprints: { "ringfence/v1": result.fingerprint },
    ...fixesOf(result),
  };
}

function location({ file, line, column }: NonNullable<SarifResult["place"]>): JsonObject {
  const region =
    line === null ? {} : { region: { startLine: line, ...(column === null ? {} : { startColumn: column }) } };
  return { physicalLocation: { artifactLocation: { uri: fileUri(file) }, ...region } };
}

/** A relative reference with what a URI may not hold escaped; absolute paths become file URIs. */
export function fileUri(file: string): string {
  const path = file
    .replaceAll("\\", "/")
    .replace(/^(\.\/)+/, "")
    .split("/")
    .map(encodeURIComponent)
    .join("/");
  return path.startsWith("/") ? `file://${path}` : path;
}

function fixesOf({ fix }: SarifResult): JsonObject {
  if (fix === null) return {};
  const changes = splitFiles(fix.diff).flatMap((part) => artifactChange(parseDiff(part)));
  return changes.length === 0 ? {} : { fixes: [{ description: { text: fix.summary }, artifactChanges: changes }] };
}

function artifactChange(diff: FileDiff | null): readonly JsonObject[] {
  if (diff === null) return [];
  const replacements = diff.changes.map((change): JsonObject => {
    const end = change.line + change.removed.length;
    const text = change.added.map((line) => `${line.replace(NO_NEWLINE, "")}\n`).join("");
    return {
      deletedRegion: { startLine: change.line, startColumn: 1, endLine: end, endColumn: 1 },
      insertedContent: { text },
    };
  });
  return [{ artifactLocation: { uri: fileUri(diff.newName.replace(/^b\//, "")) }, replacements }];
}
