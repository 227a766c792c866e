import { describe, expect, it } from "vitest";
import { atoi, parsePort } from "./go-number.ts";

// What Go's strconv says: ParseUint(text, 0, 16) and Atoi.

describe("a port's number", () => {
  it.each([
    ["80", 80],
    ["0", 0],
    ["00", 0],
    ["0120", 80],
    ["0x50", 80],
    ["0b11", 3],
    ["0o17", 15],
    ["1_000", 1000],
    ["0_7", 7],
    ["65535", 65535],
  ])("%s is %s", (text, value) => {
    expect(parsePort(text)).toEqual({ value });
  });

  it.each(["", "-1", "+80", "80 ", "8.0", "08", "0x", "1__0", "_1", "1_", "80-90", "1e3", "a_b"])(
    "%j is none",
    (text) => {
      expect(parsePort(text)).toEqual({ error: `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax` });
    },
  );

  it.each(["65536", "99999999999999999999", "0x1_0000"])("%s is too large", (text) => {
    expect(parsePort(text)).toEqual({ error: `strconv.ParseUint: parsing "${text}": value out of range` });
  });
});

it.each([
  ["8", 8],
  ["+8", 8],
  ["-8", -8],
  ["00", 0],
  ["", 0],
  [" 8", 0],
  ["8_0", 0],
  ["0x8", 0],
])("atoi(%j) is %s", (text, value) => {
  expect(atoi(text)).toBe(value);
});

it("atoi keeps a number that is too large, whatever follows it", () => {
  expect(atoi("99999999999999999999")).not.toBe(0);
  expect(atoi("99999999999999999999x")).not.toBe(0);
  expect(atoi("9223372036854775807x")).toBe(0);
});
