import { describe, expect, it } from "vitest";
import { SURPRISES } from "../../src/analysis/surprises.ts";
import { CILIUM_MINORS } from "../../src/model/profile.ts";
import { explained, surprisesIn } from "./explained.ts";
import { SURPRISE_CASES } from "./surprise-cases.ts";

/** What a request of `/secret` meets: the cases with HTTP rules ask for it. */
const SECRET = { kind: "http", method: "GET", path: "/secret", host: "web", headers: {} } as const;

describe.each(SURPRISE_CASES)("$id: $title", (one) => {
  it.each(CILIUM_MINORS)("%s", (minor) => {
    const told = explained({ ...one, minor, request: SECRET });
    const sentences = surprisesIn(told).filter((surprise) => surprise.id === one.id);
    expect(told.verdict).toBe(one.verdict[minor]);
    expect(sentences.map((surprise) => surprise.sentence)).toHaveLength(one.told.includes(minor) ? 1 : 0);
  });
});

describe("every surprise", () => {
  it("has a case in which it is told and one in which it is not", () => {
    const lacking = SURPRISES.filter(({ id }) => {
      const cases = SURPRISE_CASES.filter((one) => one.id === id);
      const isTold = cases.some((one) => one.told.length > 0);
      return !isTold || !cases.some((one) => one.told.length < CILIUM_MINORS.length);
    });
    expect(lacking.map(({ id }) => id)).toEqual([]);
  });
});
