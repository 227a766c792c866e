import { availableParallelism } from "node:os";
import { UserError } from "#model/finding.ts";
import { createFold, type Fold, type FoldOptions } from "#traffic/fold.ts";
import { findRecordingFiles, type RecordingFile, STDIN } from "./recording-files.ts";
import { foldInWorkers, workerScript } from "./recording-parallel.ts";
import type { EventTaker } from "./recording-fold.ts";
import { foldParts, type PartOptions, type PartProgress, type RecordingPart } from "./recording-parts.ts";

export type RecordingProgress = PartProgress & {
  /** Of all files on disk; null when standard input is among them. */
  readonly totalBytes: number | null;
};

export type RecordingOptions = {
  readonly fold?: Pick<FoldOptions, "changes" | "bounds">;
  readonly onProgress?: (progress: RecordingProgress) => void;
  /** Standard input for the path `-`; default the process's own. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Worker threads for large recordings; default two where there are two cores, 0 for none. */
  readonly workers?: number;
};

/** From this size on (compressed files count for what they may hold) the work is divided among workers. */
const LARGE_BYTES = 200 * 1024 * 1024;
/** How many times larger a compressed recording is taken to be. */
const GROWTH = 10;

/**
 * Reads recordings of flows: `hubble observe -o jsonpb` or `-o json`, exporter files, agents' events among them; plain,
 * `.gz`, `.zst` (told by content), rotated files as one, directories of them, `-` for standard input. Several paths are
 * one recording, in the order of time. Every line is accounted for: a conversation, left out, or skipped for a reason.
 * Throws a UserError when a path cannot be read or is no recording; everything else is a finding.
 */
export async function readRecording(paths: readonly string[], options: RecordingOptions = {}): Promise<Fold> {
  const { files, findings } = await findRecordingFiles(paths);
  if (paths.filter((path) => path === STDIN).length > 1) {
    throw new UserError("recording-twice", "standard input can be read once", { help: "name - once" });
  }
  const fold = createFold(options.fold);
  for (const finding of findings) fold.say(finding);
  const onProgress = progressOf(files, options);
  const progress = onProgress === null ? {} : { onProgress };
  const workers = workerCount(files, options);
  if (workers > 1) {
    await foldInWorkers(divide(files, workers), fold, { fold: options.fold ?? {}, ...progress });
    return fold;
  }
  const parts = files.map((file) => ({ file, from: 0, to: Number.POSITIVE_INFINITY }));
  const stdin = options.stdin === undefined ? {} : { stdin: options.stdin };
  await foldParts(parts, fold, { ...stdin, ...progress });
  return fold;
}

/**
 * Reads recordings as `readRecording` does, into a taker of events; `pause` is waited for after every piece. What can be
 * said of the files is said to the taker.
 */
export async function feedRecording(
  paths: readonly string[],
  taker: EventTaker,
  options: Pick<PartOptions, "stdin" | "pause"> = {},
): Promise<void> {
  const { files, findings } = await findRecordingFiles(paths);
  for (const finding of findings) taker.say(finding);
  await foldParts(
    files.map((file) => ({ file, from: 0, to: Number.POSITIVE_INFINITY })),
    taker,
    options,
  );
}

function progressOf(files: readonly RecordingFile[], { onProgress }: RecordingOptions) {
  if (onProgress === undefined) return null;
  const isKnown = files.every((file) => file.path !== STDIN);
  const totalBytes = isKnown ? files.reduce((sum, file) => sum + file.bytes, 0) : null;
  return (progress: PartProgress) => onProgress({ ...progress, totalBytes });
}

function workerCount(files: readonly RecordingFile[], options: RecordingOptions): number {
  const size = files.reduce((sum, file) => sum + weightOf(file), 0);
  if (size < LARGE_BYTES || files.some((file) => file.path === STDIN) || workerScript() === null) return 1;
  const isOne = files.length === 1 && files[0]?.compression !== "none";
  return isOne ? 1 : (options.workers ?? Math.min(2, availableParallelism()));
}

function weightOf(file: RecordingFile): number {
  return file.compression === "none" ? file.bytes : file.bytes * GROWTH;
}

/** The files in `count` stretches of about the same weight; plain files are cut where it fits. */
export function divide(files: readonly RecordingFile[], count: number): readonly (readonly RecordingPart[])[] {
  const total = files.reduce((sum, file) => sum + weightOf(file), 0);
  const stretches: RecordingPart[][] = Array.from({ length: count }, () => []);
  let before = 0;
  for (const file of files) {
    const weight = weightOf(file);
    for (let index = 0; index < count; index++) {
      const part = partOf(file, before, [(total * index) / count, (total * (index + 1)) / count]);
      if (part !== null) stretches[index]?.push(part);
    }
    before += weight;
  }
  return stretches.filter((parts) => parts.length > 0);
}

/** What of a file, which begins at `before` of the whole, lies in a stretch of it. A compressed file goes where it begins. */
function partOf(file: RecordingFile, before: number, [start, stop]: readonly [number, number]): RecordingPart | null {
  if (file.compression !== "none") {
    return before >= start && before < stop ? { file, from: 0, to: Number.POSITIVE_INFINITY } : null;
  }
  const from = Math.max(0, Math.ceil(start - before));
  const to = Math.ceil(stop - before);
  if (from >= file.bytes || to <= 0) return null;
  return { file, from, to: to >= file.bytes ? Number.POSITIVE_INFINITY : to };
}
