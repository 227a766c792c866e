import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { UserError } from "#model/finding.ts";
import { type TestText, testTexts } from "./read-tests.ts";
import { brokenTest, runTests, type TestReport, type TestRun } from "./run-tests.ts";
import { isLargeSet } from "./test-files.ts";

/** Smaller sets are done before workers would have started. */
const LARGE_SET_BYTES = 3 * 1024 * 1024;
const WORKERS = 2;
/** Texts handed to a worker and not yet answered: one in work, one waiting. */
const TEXTS_A_WORKER = 2;

/** Runs the tests of files and reports them in their order; large sets in two workers. */
export async function* testReports(files: readonly string[], run: TestRun): AsyncGenerator<TestReport> {
  const script = workerScript();
  const isParallel = script !== null && availableParallelism() > 1 && (await isLargeSet(files, LARGE_SET_BYTES));
  yield* isParallel ? reportsOfWorkers(files, run, script) : reportsHere(files, run);
}

async function* reportsHere(files: readonly string[], run: TestRun): AsyncGenerator<TestReport> {
  const shared = new Map();
  for await (const text of testTexts(files)) {
    if (text instanceof UserError) yield brokenTest(text);
    else yield* await runTests(text, run, shared);
  }
}

/** The bundled worker beside the bundle; null when the sources are run as they are. */
function workerScript(): string | null {
  const candidates = ["./test-worker.js", "../test-worker.js"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((path) => existsSync(path)) ?? null;
}

async function* reportsOfWorkers(files: readonly string[], run: TestRun, script: string): AsyncGenerator<TestReport> {
  const lines = Array.from({ length: WORKERS }, () => startLine(script, run));
  const waiting: Promise<readonly TestReport[]>[] = [];
  try {
    for await (const text of testTexts(files)) {
      waiting.push(text instanceof UserError ? Promise.resolve([brokenTest(text)]) : shortest(lines).ask(text));
      if (waiting.length >= WORKERS * TEXTS_A_WORKER) yield* (await waiting.shift()) ?? [];
    }
    for (const reports of waiting) yield* await reports;
  } finally {
    await Promise.all(lines.map((line) => line.end()));
  }
}

/** A worker and the texts it has yet to answer; it answers them in order. */
type Line = {
  readonly ask: (text: TestText) => Promise<readonly TestReport[]>;
  readonly length: () => number;
  readonly end: () => Promise<unknown>;
};

type Asked = { readonly resolve: (reports: readonly TestReport[]) => void; readonly reject: (error: Error) => void };

function startLine(script: string, run: TestRun): Line {
  const worker = new Worker(script, { workerData: run });
  const asked: Asked[] = [];
  const fail = (error: Error) => {
    for (const one of asked.splice(0)) one.reject(error);
  };
  worker.on("message", (reports: readonly TestReport[]) => asked.shift()?.resolve(reports));
  worker.on("error", fail);
  worker.on("exit", (code) => fail(new Error(`a worker ended with ${code}`)));
  const ask = (text: TestText) => {
    const answer = new Promise<readonly TestReport[]>((resolve, reject) => {
      asked.push({ resolve, reject });
      worker.postMessage(text, []);
    });
    // Awaited in its turn; until then its failure is nobody's.
    answer.catch(() => undefined);
    return answer;
  };
  return { ask, length: () => asked.length, end: () => worker.terminate() };
}

function shortest(lines: readonly Line[]): Line {
  const [first, ...others] = lines;
  if (first === undefined) throw new Error("there is no worker");
  return others.reduce((best, line) => (line.length() < best.length() ? line : best), first);
}
