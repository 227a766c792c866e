import type { TestConnection } from "#model/policy-test.ts";

/** One result of a policy test with what people want to know of it: see docs/policy-test.md for the JSON line. */
export type TestOutcome = {
  readonly test: string;
  /** The file of the test; null when it has none. */
  readonly file: string | null;
  /** Name or index of the connection, or the policy. */
  readonly subject: { readonly connection: string | number } | { readonly policy: string };
  readonly pass: boolean;
  readonly got: Readonly<Record<string, unknown>>;
  readonly expect: Readonly<Record<string, unknown>>;
  /** null for a result about a policy. */
  readonly connection: TestConnection | null;
  /** Why it came out so, a line each; asked for failures only. */
  readonly reasons: readonly string[];
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
