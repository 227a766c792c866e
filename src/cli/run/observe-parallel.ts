import { existsSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { EVERY_FLOW, type ObserveRequest } from "#hubble/observe-request.ts";
import { UserError } from "#model/finding.ts";
import type { RecordingFile } from "#sources/recording-files.ts";
import type { Io } from "../io.ts";
import type { Stretch, StretchPrinted, StretchWarning } from "./observe-stretch.ts";

/** Below this size one thread is as fast. */
const LARGE_BYTES = 64 << 20;
const STRETCH_BYTES = 8 << 20;
/** Stretches that are at work or wait for their turn, of each worker: so much output is held at most. */
const AHEAD = 2;

/** Formats whose lines do not depend on those before. */
const INDEPENDENT = new Set(["compact", "jsonpb", "json-legacy"]);

/** The bundled worker beside the bundle; null when the sources are run as they are. */
function workerScript(): string | null {
  const candidates = ["./observe-worker.js", "../observe-worker.js"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((path) => existsSync(path)) ?? null;
}

/** The stretches of plain files that workers may print each on its own; null when one thread must do, or does as well. */
export function stretchesOf(
  files: readonly Pick<RecordingFile, "path" | "compression">[],
  request: ObserveRequest,
): readonly Stretch[] | null {
  const isWhole = request.number === 0n || (request.number === EVERY_FLOW && !request.isFirst);
  if (!isWhole || !INDEPENDENT.has(request.print.output) || isPassedOn(request)) return null;
  if (files.some((file) => file.path === "-" || file.compression !== "none")) return null;
  const sizes = files.map(({ path }) => statSync(path)).map((stat) => (stat.isFile() ? stat.size : 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (sizes.includes(0) || total < LARGE_BYTES || availableParallelism() < 2 || workerScript() === null) return null;
  return files.flatMap(({ path }, index) => stretchesIn(path, sizes[index] ?? 0));
}

/** Every line printed by its bytes: that is reading and writing, and one thread does it without copies. */
function isPassedOn({ print, filters, since, until }: ObserveRequest): boolean {
  const isFiltered = filters.allow.length + filters.deny.length > 0 || since !== null || until !== null;
  return print.output === "jsonpb" && !isFiltered;
}

function stretchesIn(file: string, size: number): readonly Stretch[] {
  return Array.from({ length: Math.ceil(size / STRETCH_BYTES) }, (_, index) => ({
    file,
    from: index * STRETCH_BYTES,
    to: Math.min(size, (index + 1) * STRETCH_BYTES),
  }));
}

/** Prints stretches in workers and writes what they print in order. `warn` hears of an unknown field once. */
export async function printInWorkers(
  stretches: readonly Stretch[],
  request: ObserveRequest,
  { io, warn }: { readonly io: Io; readonly warn: (warning: StretchWarning) => void },
): Promise<void> {
  const script = workerScript();
  if (script === null) throw new Error("there is no worker to print in");
  const workers = [0, 1].map(() => new StretchWorker(new Worker(script, { workerData: request })));
  const told = new Set<string>();
  const waiting: Promise<StretchPrinted>[] = [];
  let next = 0;
  const send = () => {
    const stretch = stretches[next];
    const worker = workers[next % workers.length];
    if (stretch === undefined || worker === undefined) return;
    next++;
    const printed = worker.print(stretch);
    // Its turn may come late: until then a failure is no unhandled one.
    printed.catch(() => {});
    waiting.push(printed);
  };
  try {
    for (let index = 0; index < workers.length * AHEAD; index++) send();
    for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
      const { out, errors, warnings } = await first;
      send();
      for (const warning of warnings) if (isNew(warning, told)) warn(warning);
      for (const text of errors) io.err(text);
      for (const bytes of out) await io.out(bytes);
      if (!io.isOpen()) return;
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
  }
}

/** Each worker warns of its first unknown field. */
function isNew({ message }: StretchWarning, told: Set<string>): boolean {
  if (!message.startsWith("unknown field")) return true;
  if (told.has(message)) return false;
  told.add(message);
  return true;
}

/** A worker and the stretches that it is to print, answered in the order in which they were sent. */
class StretchWorker {
  private readonly worker: Worker;
  private readonly asked: {
    readonly resolve: (printed: StretchPrinted) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];

  constructor(worker: Worker) {
    this.worker = worker;
    worker.on("message", (printed: StretchPrinted) => this.asked.shift()?.resolve(printed));
    worker.on("error", (error) => this.fail(error));
    worker.on("exit", (code) => this.fail(new UserError("worker-ended", `a worker ended with ${code}`)));
  }

  print(stretch: Stretch): Promise<StretchPrinted> {
    return new Promise((resolve, reject) => {
      this.asked.push({ resolve, reject });
      this.worker.postMessage(stretch, []);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private fail(error: unknown): void {
    for (const { reject } of this.asked.splice(0)) reject(error);
  }
}
