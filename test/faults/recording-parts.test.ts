import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import type { Traffic } from "../../src/model/snapshot.ts";
import { foldParts } from "../../src/sources/recording-parts.ts";
import { createFold } from "../../src/traffic/fold.ts";

const scratch = mkdtempSync(join(tmpdir(), "parts-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const homelab = join(import.meta.dirname, "../../examples/homelab/flows.jsonl.gz");
const path = join(scratch, "flows.jsonl");
writeFileSync(path, gunzipSync(readFileSync(homelab)).subarray(0, 4_000_000));
const { size } = statSync(path);
const file = { path, bytes: size, compression: "none" as const, firstTime: null, isAgentEvents: false };

/** Folds stretches of the file each by itself, as workers do, and joins them. */
async function read(...cuts: readonly number[]): Promise<Traffic> {
  const bounds = [0, ...cuts, Number.POSITIVE_INFINITY];
  const whole = createFold();
  for (let index = 0; index + 1 < bounds.length; index += 1) {
    const part = createFold({ isContinuation: index > 0 });
    await foldParts([{ file, from: bounds[index] ?? 0, to: bounds[index + 1] ?? 0 }], part);
    whole.merge(part.state());
  }
  return whole.finish({ inventory: null, config: null, policies: [] });
}

const lines = readFileSync(path, "utf8").split("\n");
/** The byte at which a line begins. */
const startOf = (line: number) => lines.slice(0, line).reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);

describe("a recording read in parts is the recording read whole", () => {
  it.each([
    ["cut in the middle of a line", startOf(1000) + 400],
    ["cut where a line begins", startOf(1000)],
    ["cut at a newline", startOf(1000) - 1],
    ["cut near the end of the first piece", 131_072],
    ["cut in the last line", size - 10],
  ])("%s", async (_, cut) => {
    const whole = await read();
    const parts = await read(cut);
    expect(parts.coverage).toEqual(whole.coverage);
    expect(parts.conversations.map((one) => [one.id, one.flows, one.recorded])).toEqual(
      whole.conversations.map((one) => [one.id, one.flows, one.recorded]),
    );
  });

  it("says once that its last line is cut, whichever part reads it", async () => {
    const { coverage } = await read(size / 2);
    expect(coverage.skipped).toEqual({ cut: 1 });
    expect(coverage.findings.filter(({ id }) => id === "recording-cut")).toHaveLength(1);
    expect(coverage.lines).toBe(lines.length);
  });
});
