import { parentPort, workerData } from "node:worker_threads";
import { UserError } from "#model/finding.ts";
import { createFold } from "#traffic/fold.ts";
import type { WorkerMessage, WorkerTask } from "./recording-parallel.ts";
import { foldParts } from "./recording-parts.ts";

/*
 * The worker's entry, bundled apart: folds its stretch of the recording and hands the fold's state to its parent.
 */

const tell = (message: WorkerMessage) => parentPort?.postMessage(message, []);

async function work(task: WorkerTask): Promise<void> {
  const fold = createFold({ ...task.fold, isContinuation: task.isContinuation });
  try {
    await foldParts(task.parts, fold, { onProgress: (progress) => tell({ kind: "progress", progress }) });
    tell({ kind: "done", state: fold.state() });
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    const { code, message, help, place } = cause;
    tell({ kind: "refused", code, message, help, file: place?.file, byte: place?.byte });
  }
}

const task: WorkerTask = workerData;
await work(task);
