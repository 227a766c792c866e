import { defineConfig } from "vitest/config";

// What needs ClickHouse's engine or a server: run by scripts/test-clickhouse.mjs, which looks for them.
export default defineConfig({
  test: {
    include: ["test/store/clickhouse/*.engine.ts", "test/store/clickhouse/*.server.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
