import { expect, it } from "vitest";
import { regexpError } from "./regexp.ts";

// What Go's regexp.Compile says.
it.each([
  ["", null],
  ["/api/v[0-9]+/.*", null],
  ["\\p{Greek}", null],
  ["x{1000}", null],
  ["(?P<a>x)(?P<a>y)", null],
  ["(", "error parsing regexp: missing closing ): `(`"],
  ["(?P<a>(?P<a>", "error parsing regexp: missing closing ): `(?P<a>(?P<a>`"],
  ["a)", "error parsing regexp: unexpected ): `a)`"],
  ["[a", "error parsing regexp: missing closing ]: `[a`"],
  ["*a", "error parsing regexp: missing argument to repetition operator: `*`"],
  ["a**", "error parsing regexp: invalid nested repetition operator: `**`"],
  ["x{1001}", "error parsing regexp: invalid repeat count: `{1001}`"],
  ["(?!x)", "error parsing regexp: invalid or unsupported Perl syntax: `(?!`"],
  ["(?<", "error parsing regexp: invalid or unsupported Perl syntax: `(?<`"],
  ["(a)\\1", "error parsing regexp: invalid escape sequence: `\\1`"],
  ["a\\", "error parsing regexp: trailing backslash at end of expression: ``"],
])("%s", (pattern, error) => {
  expect(regexpError(pattern)).toBe(error);
});

it("bounds nesting", () => {
  const deep = `${"(".repeat(1001)}${")".repeat(1001)}`;
  expect(regexpError(deep)).toBe(`error parsing regexp: expression nests too deeply: \`${deep}\``);
});
