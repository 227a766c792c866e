import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { UserError } from "#model/finding.ts";
import type { Fold, FoldOptions } from "#traffic/fold.ts";
import type { FoldState } from "#traffic/fold-state.ts";
import type { PartProgress, RecordingPart } from "./recording-parts.ts";

/** What a worker is started with. */
export type WorkerTask = {
  readonly parts: readonly RecordingPart[];
  readonly fold: Pick<FoldOptions, "changes" | "bounds">;
  readonly isContinuation: boolean;
};

/** What a worker tells. */
export type WorkerMessage =
  | { readonly kind: "progress"; readonly progress: PartProgress }
  | { readonly kind: "done"; readonly state: FoldState }
  | {
      readonly kind: "refused";
      readonly code: string;
      readonly message: string;
      readonly help: string | undefined;
      readonly file: string | undefined;
      readonly byte: number | undefined;
    };

export type ParallelOptions = {
  readonly fold?: Pick<FoldOptions, "changes" | "bounds">;
  readonly onProgress?: (progress: PartProgress) => void;
};

/** The bundled worker beside the bundle; null when the sources are run as they are. */
export function workerScript(): string | null {
  const candidates = ["./recording-worker.js", "../recording-worker.js"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** Folds stretches of a recording in a worker each, and joins them in the order of time. */
export async function foldInWorkers(
  stretches: readonly (readonly RecordingPart[])[],
  fold: Fold,
  options: ParallelOptions,
): Promise<void> {
  const script = workerScript();
  if (script === null) throw new Error("there is no worker to fold in");
  const told = stretches.map(() => ({ bytes: 0, lines: 0 }));
  const onProgress = (index: number, progress: PartProgress) => {
    told[index] = progress;
    const bytes = told.reduce((sum, one) => sum + one.bytes, 0);
    const lines = told.reduce((sum, one) => sum + one.lines, 0);
    options.onProgress?.({ file: progress.file, bytes, lines });
  };
  const running = stretches.map((parts, index) => {
    const task: WorkerTask = { parts, fold: options.fold ?? {}, isContinuation: index > 0 };
    return runWorker(script, task, (progress) => onProgress(index, progress));
  });
  const states = await Promise.all(running);
  for (const state of states) fold.merge(state);
}

function runWorker(script: string, task: WorkerTask, onProgress: (progress: PartProgress) => void): Promise<FoldState> {
  const worker = new Worker(script, { workerData: task });
  return new Promise<FoldState>((resolve, reject) => {
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "progress") onProgress(message.progress);
      else if (message.kind === "done") resolve(message.state);
      else reject(refusal(message));
    });
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`a worker ended with ${code}`)));
  }).finally(() => worker.terminate());
}

function refusal(message: Extract<WorkerMessage, { kind: "refused" }>): UserError {
  const { code, help, file, byte } = message;
  const place = file === undefined ? {} : { place: byte === undefined ? { file } : { file, byte } };
  return new UserError(code, message.message, { ...(help === undefined ? {} : { help }), ...place });
}
