import { type Place, placeText } from "#model/place.ts";
import type { TestConnection, TestEdit, TestFailure } from "#model/policy-test.ts";
import { changeText } from "../change-text.ts";
import { fileChanges } from "../diff-text.ts";
import { counted, listed } from "../words.ts";

/** One result of a policy test with what people want to know of it: see docs/policy-test.md for the JSON line. */
export type TestOutcome = {
  readonly test: string;
  /** Where the test begins. */
  readonly place: Place;
  /** Name or index of the connection, or the policy. */
  readonly subject: { readonly connection: string | number } | { readonly policy: string };
  readonly pass: boolean;
  readonly got: Readonly<Record<string, unknown>>;
  readonly expect: Readonly<Record<string, unknown>>;
  /** null for a result about a policy. */
  readonly connection: TestConnection | null;
  /** Why it came out so; null for what is as expected, and where nobody asked. */
  readonly failure: TestFailure | null;
};

/** `visitor through Traefik`, `connection 3`, `CiliumNetworkPolicy/blog/x`. */
export function subjectName({ subject }: TestOutcome): string {
  if ("policy" in subject) return subject.policy;
  return typeof subject.connection === "number" ? `connection ${subject.connection}` : subject.connection;
}

/** `expected allowed, got denied`, for each key that differs. */
export function differences({ got, expect }: TestOutcome): readonly string[] {
  const keys = Object.keys(expect).filter((key) => !agrees(key, got[key], expect[key]));
  return keys.map((key) => `${key}: expected ${valueText(expect[key])}, got ${valueText(got[key])}`);
}

function agrees(key: string, got: unknown, wanted: unknown): boolean {
  if (key === "error" && typeof got === "string" && typeof wanted === "string") return got.includes(wanted);
  if (!Array.isArray(got) || !Array.isArray(wanted)) return got === wanted;
  return got.every((item) => wanted.includes(item)) && wanted.every((item) => got.includes(item));
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(", ");
  if (value === null || value === undefined) return "nothing enforced";
  return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
}

/** `shop/db → shop/web :8080, GET /`: the connection as people write it. */
export function connectionText({ from, to, protocol, port, icmpType, request, serverName }: TestConnection): string {
  const name = protocol === "TCP" && port !== null ? "" : protocol;
  const target =
    port === null
      ? ` ${name}${icmpType === null ? "" : ` type ${icmpType}`}`
      : ` :${port}${name === "" ? "" : `/${name}`}`;
  return `${from} → ${to}${target}${requestText(request)}${serverName === null ? "" : `, SNI ${serverName}`}`;
}

function requestText(request: TestConnection["request"]): string {
  switch (request?.kind) {
    case "dns":
      return `, asks for ${request.name}`;
    case "http":
      return `, ${request.method === "" ? "HTTP" : request.method} ${request.path}`;
    default:
      return "";
  }
}

/** What went wrong, in the same words for every format: the differences, an end that is not there, the reasons. */
export function failureSentences(outcome: TestOutcome): readonly string[] {
  const { got, expect, failure } = outcome;
  const error = typeof got["error"] === "string" && expect["error"] === undefined ? got["error"] : "";
  return [...differences(outcome), ...(error === "" ? [] : [error]), ...(failure?.sentences ?? [])];
}

/** What the test's place is called at the end of a failure. */
export function testPlace({ place }: TestOutcome): string {
  return placeText(place);
}

/** One line of an edit: where it is made, what it adds or takes away, what else it does. */
export type EditLine = { readonly kind: "place" | "change" | "effect"; readonly text: string };

/** An edit in as few lines as tell it. */
export function editLines(edit: TestEdit): readonly EditLine[] {
  const changes = fileChanges(edit.diff).flatMap(({ file, line, changes: made }): EditLine[] => [
    placeLine(`${namedAsGiven(file, edit)}:${line}`),
    ...made.flatMap(changeText).map((text): EditLine => ({ kind: "change", text })),
  ]);
  const told: readonly EditLine[] = [
    ...(edit.place === null ? [] : [placeLine(edit.place)]),
    ...edit.summary.map((text): EditLine => ({ kind: "change", text })),
  ];
  return [...(changes.length > 0 ? changes : told), { kind: "effect", text: effectText(edit) }];
}

function placeLine(text: string): EditLine {
  return { kind: "place", text };
}

/** A diff names files below `a/` and `b/`, without the leading `/` or `./` that the user gave. */
function namedAsGiven(file: string, { file: given }: TestEdit): string {
  return given !== null && given.replace(/^\.?\//, "") === file ? given : file;
}

function effectText({ alsoMends }: TestEdit): string {
  const proven = "proven on the whole test: this is then as expected, and what was stays so";
  if (alsoMends.length === 0) return proven;
  return `${proven}; it mends ${counted(alsoMends.length, "other")} as well: ${listed(alsoMends, 3)}`;
}
