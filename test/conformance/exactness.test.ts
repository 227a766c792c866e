import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CORPORA } from "./corpora.ts";
import { figure } from "./exactness.ts";
import { CORPUS, readKnownGaps } from "./known-gaps.ts";

// The corpora themselves are counted where they are run: here only that the page tells those counts.
const page = readFileSync(join(import.meta.dirname, "../../docs/exactness.md"), "utf8");
const rows = new Map(
  [...page.matchAll(/^\| (\S+) \| (.+) \|$/gm)].map(([, name = "", cells = ""]) => [
    name,
    cells.split(" | ").map((cell) => Number(cell.replaceAll(",", ""))),
  ]),
);

describe("docs/exactness.md: if it fails, run npm run exactness", () => {
  it.each(CORPORA)("%s has the counts of its run", (file, connections, policies, keys) => {
    const [v18 = 0, v19 = 0, v20 = 0, judged, compared, equal, known] = rows.get(file) ?? [];
    const gaps = readKnownGaps().filter((gap) => gap.file === file).length;
    expect([v18 + v19 + v20, judged, compared, equal, known]).toEqual([connections, policies, keys, keys - gaps, gaps]);
  });

  it("has a row for every file of the corpus", () => {
    const files = readdirSync(CORPUS).flatMap((name) => /^(.*)\.jsonl\.gz$/.exec(name)?.[1] ?? []);
    expect(CORPORA.map(([file]) => file).sort()).toEqual(files.sort());
    expect(files.filter((file) => !rows.has(file))).toEqual([]);
  });

  it("sums its suites by version", () => {
    const suites = [...rows].filter(([name]) => !/^[\d.]+$/.test(name) && name !== "---" && name !== "suite");
    const sums = [0, 1, 2].map((at) => suites.reduce((sum, [, cells]) => sum + (cells[at] || 0), 0));
    expect(["1.18.11", "1.19.6", "1.20.2"].map((version) => rows.get(version)?.[0])).toEqual(sums);
  });

  it("tells the fuzz record and every known gap", () => {
    const record = JSON.parse(readFileSync(join(CORPUS, "fuzz-record.json"), "utf8"));
    for (const count of [record.worlds, record.decisions, record.keys]) expect(page).toContain(figure(count));
    expect(page).toContain(`On ${record.date}, ${record.minutes} minutes from seed ${record.seed}`);
    for (const { test, of, key } of readKnownGaps()) expect(page).toContain(`\`${test}\`, connection ${of}, ${key}`);
  });
});
