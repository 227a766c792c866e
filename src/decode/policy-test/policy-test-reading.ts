import { type Finding, UserError } from "#model/finding.ts";
import type { JsonObject } from "#model/json.ts";
import type { Place } from "#model/place.ts";
import { nearestName } from "../nearest.ts";
import { type SourceObject, TextProblem } from "../objects/source-object.ts";

/** Reads one element of a test; `problem` ends the reading with the element's place. */
export type Reading = {
  readonly place: (path: string) => Place;
  readonly problem: (path: string, message: string, help?: string) => UserError;
  readonly note: (path: string, message: string, help: string) => void;
};

/** How a test's elements are placed, refused and remarked upon. Notes go into `findings`. */
export function readingOf(source: SourceObject, file: string, findings: Finding[]): Reading {
  let known: ReturnType<SourceObject["positions"]> | null = null;
  const place = (path: string): Place => {
    if (path === "") return { file, line: source.position[0], column: source.position[1], path };
    known ??= positionsOf(source);
    const positions = known;
    let at = path;
    while (at !== "" && positions[at] === undefined)
      at = at.slice(0, Math.max(0, at.lastIndexOf("."), at.lastIndexOf("[")));
    const [line, column] = positions[at] ?? source.position;
    return { file, line, column, path };
  };
  return {
    place,
    problem: (path, message, help) =>
      new UserError("bad-policy-test", path === "" ? message : `${path}: ${message}`, {
        place: place(path),
        help: help ?? "see the policy test format",
      }),
    note: (path, message, help) =>
      findings.push({
        id: "odd-policy-test",
        severity: "warn",
        message: path === "" ? message : `${path}: ${message}`,
        help,
        place: place(path),
      }),
  };
}

/** Empty where a text is nested too deeply to be read a second time for its positions. */
function positionsOf(source: SourceObject): ReturnType<SourceObject["positions"]> {
  try {
    return source.positions();
  } catch (problem) {
    if (problem instanceof TextProblem) return {};
    throw problem;
  }
}

/** Refuses keys that do not exist: what a mistyped one asks for would never be checked, and the test would pass. */
export function refuseUnknownKeys(value: JsonObject, path: string, known: readonly string[], reading: Reading): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const near = nearestName(key, known);
    const help = near === null ? `known are ${known.join(", ")}` : `did you mean ${near}?`;
    throw reading.problem(path === "" ? key : `${path}.${key}`, "no such key", help);
  }
}
