import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ringfence } from "../ringfence.ts";
import { inProcess } from "./in-process.ts";

const directory = mkdtempSync(join(tmpdir(), "ringfence-workers-"));
afterAll(() => rmSync(directory, { recursive: true }));
const isBuilt = existsSync(join(import.meta.dirname, "../../dist/test-worker.js"));

/** Larger than what one process does alone: ten lines a broken one, now and then a name that was there before. */
function largeSet(): string {
  const path = join(directory, "large.jsonl");
  const pad = "x".repeat(1500);
  const pod = (name: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "a", labels: { pad } },
    spec: { containers: [{ name: "c" }] },
  });
  const lines = Array.from({ length: 1400 }, (_, index) => {
    if (index % 100 === 7) return '{"name": [';
    const name = index % 300 === 11 ? "test 0" : `test ${index}`;
    const expect = { verdict: index % 50 === 0 ? "denied" : "allowed" };
    const connections = [{ from: "a/x", to: "a/y", port: 80, expect }];
    return JSON.stringify({ name, objects: [pod("x"), pod("y")], connections });
  });
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

describe("a large set, run in workers by the built command", () => {
  it.skipIf(!isBuilt).each(["text", "jsonl"])(
    "prints %s as one process does, in the same order",
    async (output) => {
      const path = largeSet();
      expect(statSync(path).size).toBeGreaterThan(4_000_000);
      const built = ringfence(["test", path, "-o", output, "-q"]);
      expect(built).toEqual(await inProcess(["test", path, "-o", output, "-q"]));
      expect(built.status).toBe(2);
      expect(built.stderr).toMatch(/large\.jsonl:8:\d+: broken json/);
      expect(built.stderr).toMatch(/large\.jsonl:12:\d+: `test 0` is the name of the test at .*large\.jsonl:1:/);
    },
    180_000,
  );
});
