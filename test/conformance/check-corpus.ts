import { join } from "node:path";
import { expect, it } from "vitest";
import type { CorpusFile } from "./corpora.ts";
import { isInShare, SHARE } from "../share.ts";
import { CORPUS, isGap, readKnownGaps } from "./known-gaps.ts";
import { runCorpus } from "./run-corpus.ts";

/** Checks that the engine answers every key of these files as Cilium did, but for the known gaps: see share.ts. */
export function checkCorpus(files: readonly CorpusFile[]): void {
  const known = readKnownGaps();
  it.each(files)("%s: %i connections, %i policies", (file, connections, policies, keys) => {
    const run = runCorpus(join(CORPUS, `${file}.jsonl.gz`), isInShare);
    const counts = { connections: run.connections, policies: run.policies, keys: run.keys };
    if (SHARE === 1) expect(counts).toEqual({ connections, policies, keys });
    expect(counts.keys).toBeGreaterThan(0);
    expect(run.unlike.slice(0, 20)).toEqual([]);
    const gaps = known.filter((gap) => gap.file === file);
    const news = run.mismatches.filter((mismatch) => !gaps.some((gap) => isGap(mismatch, gap)));
    expect(news.slice(0, 20).map(({ text }) => text)).toEqual([]);
    const closed = SHARE > 1 ? [] : gaps.filter((gap) => !run.mismatches.some((mismatch) => isGap(mismatch, gap)));
    expect(closed, "no longer a gap: take it out of corpus/known-gaps.txt").toEqual([]);
  });
}
