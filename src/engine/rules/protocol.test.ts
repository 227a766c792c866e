import { describe, expect, it } from "vitest";
import { protocolName, protocolNumber } from "./protocol.ts";

describe("protocolNumber", () => {
  it.each([
    ["TCP", 6],
    ["udp", 17],
    ["ANY", 0],
    ["ICMPv4", 1],
    ["ICMPv6", 58],
    ["41", 41],
    ["256", null],
    ["0", null],
    ["", null],
    ["nonsense", null],
  ])("%s → %s", (text, number) => {
    expect(protocolNumber(text)).toBe(number);
  });
});

describe("protocolName", () => {
  it.each([
    [6, "TCP"],
    [58, "ICMPv6"],
    [200, "200"],
  ])("%i → %s", (number, name) => {
    expect(protocolName(number)).toBe(name);
  });
});
