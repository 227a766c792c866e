import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mismatch } from "./run-corpus.ts";

/** The folder of the recorded policy tests. */
export const CORPUS = join(import.meta.dirname, "../../corpus");

/** A key known to differ from the recording, and why it is left so. Each is run, and must still differ. */
export type KnownGap = {
  readonly file: string;
  readonly test: string;
  /** The connection's name or index, or the policy. */
  readonly of: string;
  readonly key: string;
  readonly why: string;
};

/** The lines of corpus/known-gaps.txt. Throws at one without its five parts: a gap that is not run is not known. */
export function readKnownGaps(path: string = join(CORPUS, "known-gaps.txt")): readonly KnownGap[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map(readGap);
}

/** True for a difference that this line tells of, in a file of that name. */
export function isGap(mismatch: Pick<Mismatch, "test" | "of" | "key">, gap: KnownGap): boolean {
  return mismatch.test === gap.test && String(mismatch.of) === gap.of && mismatch.key === gap.key;
}

function readGap(line: string): KnownGap {
  const [file = "", test = "", of = "", key = "", why = "", ...more] = line.split(" | ");
  if (why === "" || more.length > 0) throw new Error(`not file | test | connection | key | why: ${line}`);
  return { file, test, of, key, why };
}
