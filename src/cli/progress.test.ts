import { describe, expect, it } from "vitest";
import { createProgress } from "./progress.ts";

/** Updates at these milliseconds, and what was written. */
function written(isTerminal: boolean, times: readonly number[], text = "reading"): readonly string[] {
  const out: string[] = [];
  let clock = 0;
  const progress = createProgress({ write: (part) => out.push(part), isTerminal, columns: 20, now: () => clock });
  for (const time of times) {
    clock = time;
    progress.update(`${text} ${time}`);
  }
  progress.clear();
  return out;
}

describe("progress", () => {
  it("says nothing in the first second", () => {
    expect(written(true, [0, 500, 999])).toEqual([]);
    expect(written(false, [0, 500, 999])).toEqual([]);
  });

  it("writes over its line on a terminal, and takes it away", () => {
    expect(written(true, [1000, 1050, 1100])).toEqual([
      "\r\u001B[Kreading 1000",
      "\r\u001B[Kreading 1100",
      "\r\u001B[K",
    ]);
  });

  it("never fills the terminal's line, which would make a second one", () => {
    expect(written(true, [1000], "a very long name of a file")[0]).toBe("\r\u001B[Ka very long name o…");
  });

  it("writes whole lines elsewhere, every five seconds", () => {
    expect(written(false, [1000, 3000, 6000, 10_999, 11_000])).toEqual([
      "reading 1000\n",
      "reading 6000\n",
      "reading 11000\n",
    ]);
  });
});
