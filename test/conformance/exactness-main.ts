import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { CORPORA } from "./corpora.ts";
import { exactnessPage, type FuzzRecord, type SuiteRow, withFuzzRecord } from "./exactness.ts";
import { isGap, type KnownGap, readKnownGaps } from "./known-gaps.ts";
import { runCorpus } from "./run-corpus.ts";

// `npm run exactness`: runs every corpus, and the suites of others where they lie beside the checkout; writes the
// page. With --fuzz only its paragraph on fuzzing, from the record.

const SUITES = "../shared/conformance-suites";

function rowOf(path: string, name: string, gaps: readonly KnownGap[]): SuiteRow {
  const { mismatches, minors, unlike } = runCorpus(path);
  const news = mismatches.filter((mismatch) => !gaps.some((gap) => gap.file === name && isGap(mismatch, gap)));
  for (const text of [...news.map((mismatch) => mismatch.text), ...unlike]) throw new Error(`differs: ${text}`);
  return { name, minors, knownGaps: mismatches.length, isInCorpus: path.startsWith("corpus") };
}

function suitePaths(): readonly string[] {
  if (!existsSync(SUITES)) {
    console.warn(`the suites of others are not run: there is no ${SUITES}`);
    return [];
  }
  const names = readdirSync(SUITES).filter((name) => name !== "cyclonus");
  return names.map((name) => join(SUITES, name, "tests.jsonl")).filter((path) => existsSync(path));
}

function measuredRows(gaps: readonly KnownGap[]): readonly SuiteRow[] {
  return [
    ...CORPORA.map(([file]) => rowOf(`corpus/${file}.jsonl.gz`, file, gaps)),
    ...suitePaths().map((path) => rowOf(path, basename(join(path, "..")), gaps)),
  ];
}

const PAGE = "docs/exactness.md";
const record = JSON.parse(readFileSync("corpus/fuzz-record.json", "utf8")) as FuzzRecord;
if (process.argv.includes("--fuzz")) {
  writeFileSync(PAGE, withFuzzRecord(readFileSync(PAGE, "utf8"), record));
} else {
  const gaps = readKnownGaps("corpus/known-gaps.txt");
  const told = gaps.map(({ test, of, key, why }) => `\`${test}\`, connection ${of}, ${key}: ${why}`);
  const rows = measuredRows(gaps);
  writeFileSync(PAGE, exactnessPage(rows, record, told));
  console.log(`${PAGE}: ${rows.length} suites`);
}
