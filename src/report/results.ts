import type { Finding, Severity } from "#model/finding.ts";
import type { Hole, Rehearsal, RulePlace } from "#model/rehearsal.ts";
import { edgeName } from "./ends.ts";

/** Where a result stands in the user's files. */
export type ResultPlace = { readonly file: string; readonly line: number | null; readonly column: number | null };

/** One thing a rehearsal found, in the flat form that tools for findings take. */
export type Result = {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  /** null when it belongs to no file. */
  readonly place: ResultPlace | null;
  /** The same in every run over the same cluster, whatever the order: what tells a known result from a new one. */
  readonly fingerprint: string;
  readonly hole: Hole | null;
};

/**
 * Everything a rehearsal found with its severity: holes are errors, findings have their own, undecided, not proven and
 * newly allowed are warnings, dead rules are information. `--fail-on` and the formats for tools agree because both ask
 * here.
 */
export function resultsOf(rehearsal: Rehearsal): readonly Result[] {
  return [
    ...rehearsal.findings.map(findingResult),
    ...rehearsal.holes.map(holeResult),
    ...rehearsal.newlyAllowed.map((edge): Result => {
      const rules = [...(edge.after.egress?.by ?? []), ...(edge.after.ingress?.by ?? [])];
      const message = `${edgeName(edge)}: denied today, newly allowed by the proposal`;
      return edgeResult("newly-allowed", "warn", edge.conversation, { message, place: placeOfRules(rules) });
    }),
    ...rehearsal.undecided.map((edge): Result => {
      const message = `${edgeName(edge)}: ${edge.side} is undecided: ${edge.missing}; to decide it: ${edge.remedy}`;
      return edgeResult("undecided", "warn", `${edge.conversation}/${edge.side}`, { message, place: null });
    }),
    ...rehearsal.notProven.map((entry): Result => {
      const name = [entry.namespace, entry.workload?.name]
        .filter((part) => part !== undefined && part !== null)
        .join("/");
      const message = `${name === "" ? "" : `${name}: `}${entry.reason}; ${entry.remedy}`;
      return edgeResult("not-proven", "warn", `${name}/${entry.reason}`, { message, place: null });
    }),
    ...rehearsal.deadRules.map((rule): Result => {
      const message = `${rule.policy} ${rule.element} decides nothing (${rule.reason}): ${rule.sentence}`;
      return edgeResult("dead-rule", "info", `${rule.policy}/${rule.element}`, {
        message,
        place: placeOfRules([rule]),
      });
    }),
  ];
}

function edgeResult(rule: string, severity: Severity, key: string, at: Pick<Result, "message" | "place">): Result {
  return { rule, severity, ...at, fingerprint: `${rule}/${key}`, hole: null };
}

function findingResult(finding: Finding): Result {
  const { id, severity, message, help, place } = finding;
  const file = place?.file;
  return {
    rule: id,
    severity,
    message: help === undefined ? message : `${message}; ${help}`,
    place: file === undefined ? null : { file, line: place?.line ?? null, column: place?.column ?? null },
    fingerprint: `${id}/${place?.object ?? file ?? ""}/${place?.path ?? place?.line ?? ""}`,
    hole: null,
  };
}

function holeResult(hole: Hole): Result {
  const edit =
    hole.edit === null || hole.edit.summary === ""
      ? ""
      : `; ${hole.edit.proven ? "proven" : "suggested"} edit: ${hole.edit.summary}`;
  return {
    rule: hole.cause,
    severity: "error",
    message: `${edgeName(hole)} (${hole.side}) would be denied: ${hole.sentence}${edit}`,
    place:
      placeOfRules([...(hole.nearestRule === null ? [] : [hole.nearestRule]), ...hole.defaultDeny]) ?? editPlace(hole),
    fingerprint: `hole/${hole.conversation}/${hole.side}`,
    hole,
  };
}

function editPlace(hole: Hole): ResultPlace | null {
  const file = hole.edit?.file;
  return file === null || file === undefined ? null : { file, line: null, column: null };
}

function placeOfRules(rules: readonly RulePlace[]): ResultPlace | null {
  const rule = rules.find((some) => some.file !== null);
  return rule === undefined || rule.file === null ? null : { file: rule.file, line: rule.line, column: null };
}

const RANK: Readonly<Record<Severity, number>> = { info: 1, warn: 2, error: 3 };

/** Whether a rehearsal holds anything at or above a severity; `never` is never reached. */
export function failsOn(rehearsal: Rehearsal, threshold: Severity | "never"): boolean {
  if (threshold === "never") return false;
  const worst = Math.max(0, ...resultsOf(rehearsal).map((result) => RANK[result.severity]));
  const hairpins = rehearsal.hairpins.length > 0 ? RANK.info : 0;
  return Math.max(worst, hairpins) >= RANK[threshold];
}
