import { parentPort, workerData } from "node:worker_threads";
import type { ObserveRequest } from "#hubble/observe-request.ts";
import { type Stretch, StretchPrinter } from "./run/observe-stretch.ts";

/*
 * The worker's entry, bundled apart: prints the stretches of a recording that it is told.
 */

const request: ObserveRequest = workerData;
const printer = new StretchPrinter(request);
parentPort?.on("message", (stretch: Stretch) => {
  const printed = printer.print(stretch);
  parentPort?.postMessage(
    printed,
    printed.out.map((bytes) => bytes.buffer),
  );
});
