import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCorpus } from "./run-corpus.ts";

// Suites that others wrote for NetworkPolicy and Cilium, as policy tests. They are kept beside the checkout.
const SUITES = join(import.meta.dirname, "../../../shared/conformance-suites");
const isThere = existsSync(SUITES);
if (!isThere) console.warn(`the suites of others are not run: there is no ${SUITES}`);
const names = isThere ? readdirSync(SUITES).filter(isSuite) : [];

/** Cyclonus lies in the corpus. */
function isSuite(name: string): boolean {
  return name !== "cyclonus" && existsSync(join(SUITES, name, "tests.jsonl"));
}

describe.skipIf(!isThere)("suites of others", () => {
  it.each(names)("%s", (name) => {
    const run = runCorpus(join(SUITES, name, "tests.jsonl"));
    expect(run.mismatches.slice(0, 20).map(({ text }) => text)).toEqual([]);
    expect(run.keys).toBeGreaterThan(200);
  });
});
