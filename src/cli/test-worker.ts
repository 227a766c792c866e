import { parentPort, workerData } from "node:worker_threads";
import type { SharedManifests, TestText } from "./read-tests.ts";
import { runTests, type TestRun } from "./run-tests.ts";

/*
 * The worker's entry, bundled apart: runs one text of tests after the other, in the order in which they are handed in.
 */

const run: TestRun = workerData;
const shared: SharedManifests = new Map();
let last: Promise<void> = Promise.resolve();

async function work(text: TestText): Promise<void> {
  parentPort?.postMessage(await runTests(text, run, shared), []);
}

parentPort?.on("message", (text: TestText) => {
  last = last.then(() => work(text));
});
