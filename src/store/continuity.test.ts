import { describe, expect, it } from "vitest";
import { Continuity } from "./continuity.ts";

const NOTHING = { ranges: new Map(), endedCleanly: true };
const LOST = "the connection was lost";
const MINUTE = 60_000;

/** Two servers tell of node n; the first was away until now. */
function afterBreak(): Continuity {
  const continuity = new Continuity(NOTHING);
  for (let minute = 0; minute <= 10; minute++) continuity.note("n", minute * MINUTE, "one");
  continuity.reconnected(LOST, { source: "one", nodes: ["n"] });
  return continuity;
}

describe("what comes again after a break", () => {
  it("is known by its time, from who broke", () => {
    const continuity = afterBreak();
    expect(continuity.isRecorded("n", 3 * MINUTE, "one")).toBe(true);
    expect(continuity.isRecorded("n", 3 * MINUTE, "other")).toBe(false);
    expect(continuity.note("n", 11 * MINUTE, "one")).toBe(null);
  });

  it("though another server goes on meanwhile", () => {
    const continuity = afterBreak();
    expect(continuity.note("n", 11 * MINUTE, "other")).toBe(null);
    expect(continuity.isRecorded("n", 3 * MINUTE, "one")).toBe(true);
  });

  it("is over with the first new event: then an earlier time is a clock that stepped back", () => {
    const continuity = afterBreak();
    expect(continuity.note("n", 11 * MINUTE, "one")).toEqual({
      node: "n",
      from: 10 * MINUTE,
      to: 11 * MINUTE,
      reason: LOST,
    });
    expect(continuity.isRecorded("n", 3 * MINUTE, "one")).toBe(false);
  });

  it("is no more than a ring holds", () => {
    const continuity = afterBreak();
    let known = 0;
    while (known < 100_000 && continuity.isRecorded("n", 3 * MINUTE, "one")) known++;
    expect(known).toBe(1 << 16);
  });
});

describe("from when on a source is asked", () => {
  it("from where each node's events ended, but not from those that ended long ago", () => {
    const continuity = new Continuity(NOTHING);
    expect(continuity.resumeTime(0)).toBe(null);
    continuity.note("gone", 0);
    continuity.note("quiet", 100 * MINUTE);
    continuity.note("busy", 130 * MINUTE);
    expect(continuity.resumeTime(130 * MINUTE)).toBe(100 * MINUTE - 5000);
  });

  it("a node whose clock runs ahead hides nothing of the others", () => {
    const continuity = new Continuity(NOTHING);
    continuity.note("ahead", 10_000 * MINUTE);
    continuity.note("busy", 130 * MINUTE);
    expect(continuity.resumeTime(130 * MINUTE)).toBe(130 * MINUTE - 5000);
  });
});
