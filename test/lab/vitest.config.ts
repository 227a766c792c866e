import { defineConfig } from "vitest/config";

/** The tier of `npm run test:lab`: one file after the other, against real programs. */
export default defineConfig({
  test: {
    include: ["test/lab/*.live.ts"],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
  },
});
