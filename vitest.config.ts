import { defineConfig } from "vitest/config";

// CI asks for the counts in a file (.ci/run), people for lines on the screen.
const report = process.env["RINGFENCE_TEST_REPORT"];

export default defineConfig({
  test: {
    reporters: report === undefined ? ["default"] : ["default", "json"],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // A bound for what hangs, not a measure: on a loaded machine everything takes ten times as long.
    testTimeout: 180_000,
    pool: "forks",
    maxWorkers: 2,
    // Files share their imports: nothing in the pure folders keeps what could tell one test of another.
    isolate: false,
  },
});
