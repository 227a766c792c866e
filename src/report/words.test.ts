import { expect, it } from "vitest";
import { count, counted, distinct, duration, listed, minuteText } from "./words.ts";

it.each([
  [0, "0"],
  [999, "999"],
  [12303, "12,303"],
  [1200345, "1,200,345"],
])("%i is written %s", (value, text) => {
  expect(count(value)).toBe(text);
});

it.each([
  [0, "0 holes"],
  [1, "1 hole"],
  [1200, "1,200 holes"],
])("%i hole(s)", (value, text) => {
  expect(counted(value, "hole")).toBe(text);
});

it.each([
  [0, "0 s"],
  [89, "89 s"],
  [240, "4 min"],
  [5400, "2 h"],
  [86400, "24 h"],
  [9 * 86400, "9 days"],
])("%i seconds are %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it.each([
  [[], 3, ""],
  [["a"], 3, "a"],
  [["a", "b"], 3, "a and b"],
  [["a", "b", "c"], 3, "a, b and c"],
  [["a", "b", "c", "d", "e"], 3, "a, b, c and 2 more"],
])("%j, at most %i", (names, limit, text) => {
  expect(listed(names, limit)).toBe(text);
});

it("times are told to the minute, and left alone when they are none", () => {
  expect(minuteText("2026-11-21T08:33:04.123Z")).toBe("2026-11-21 08:33 UTC");
  expect(minuteText("yesterday")).toBe("yesterday");
});

it("repeats go, order stays", () => {
  expect(distinct(["b", "a", "b"])).toEqual(["b", "a"]);
});
