import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { SEMANTICS } from "#engine/semantics.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/semantics.md"), "utf8");
const corpus = join(import.meta.dirname, "../../corpus");

/** Names of recorded tests, without their minor. */
function caseNames(): ReadonlySet<string> {
  const files = readdirSync(corpus).filter((name) => name.startsWith("topic-") || name.startsWith("corners"));
  const lines = files.flatMap((name) =>
    gunzipSync(readFileSync(join(corpus, name)))
      .toString("utf8")
      .split("\n"),
  );
  return new Set(lines.flatMap((line) => /^\{"name":\s*"([^"]+)@1[.]\d+"/.exec(line)?.[1] ?? []));
}

describe("docs/semantics.md", () => {
  it("names only cases that exist", () => {
    const known = caseNames();
    const named = [...page.matchAll(/`([a-z0-9-]+\/[^`\s]+)`/g)].map((match) => match[1] ?? "");
    const cases = named.filter((name) => !/^(test|src|default)\//.test(name));
    expect(cases.filter((name) => !known.has(name))).toEqual([]);
    expect(cases.length).toBeGreaterThan(150);
  });

  it("names every difference between the minors", () => {
    const named = new Set([...page.matchAll(/\[([a-zA-Z0-9, ]+)\]/g)].flatMap((match) => (match[1] ?? "").split(", ")));
    expect(Object.keys(SEMANTICS["1.20"]).filter((field) => !named.has(field))).toEqual([]);
  });
});
