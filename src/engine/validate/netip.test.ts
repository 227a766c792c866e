import { describe, expect, it } from "vitest";
import { contains, parseAddress, parsePrefix } from "./netip.ts";

// What Go's net/netip says.

describe("an address", () => {
  it.each([
    ["1.2.3.4", [1, 2, 3, 4]],
    ["::", Array(16).fill(0)],
    ["::ffff:10.0.0.1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1]],
    ["2001:DB8::1", [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ["fe80::1%eth0", [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
  ])("%s", (text, bytes) => {
    expect(parseAddress(text)).toMatchObject({ address: { bytes } });
  });

  it.each([
    ["010.0.0.1", 'ParseAddr("010.0.0.1"): IPv4 field has octet with leading zero'],
    ["1.2.3", 'ParseAddr("1.2.3"): IPv4 address too short'],
    ["1.2.3.4.5", 'ParseAddr("1.2.3.4.5"): IPv4 address too long'],
    ["1..2.3", 'ParseAddr("1..2.3"): IPv4 field must have at least one digit (at ".2.3")'],
    ["1.2.3.256", 'ParseAddr("1.2.3.256"): IPv4 field has value >255'],
    ["1:2:3", 'ParseAddr("1:2:3"): address string too short'],
    ["1::2::3", 'ParseAddr("1::2::3"): multiple :: in address (at ":3")'],
    ["12345::", 'ParseAddr("12345::"): each group must have 4 or less digits (at "12345::")'],
    ["1:2:3:4:5:6:7::8", 'ParseAddr("1:2:3:4:5:6:7::8"): the :: must expand to at least one field of zeros'],
    ["", 'ParseAddr(""): unable to parse IP'],
    ["%eth0", 'ParseAddr("%eth0"): missing IPv6 address'],
  ])("%s is none", (text, error) => {
    expect(parseAddress(text)).toEqual({ error });
  });
});

describe("a prefix", () => {
  it.each([
    ["10.0.0.0/8", 8],
    ["10.1.2.3/8", 8],
    ["0.0.0.0/0", 0],
    ["::ffff:10.0.0.0/104", 104],
  ])("%s", (text, bits) => {
    expect(parsePrefix(text)).toMatchObject({ prefix: { bits } });
  });

  it.each([
    ["10.0.0.0", `netip.ParsePrefix("10.0.0.0"): no '/'`],
    ["10.0.0.0/08", 'netip.ParsePrefix("10.0.0.0/08"): bad bits after slash: "08"'],
    ["10.0.0.0/33", 'netip.ParsePrefix("10.0.0.0/33"): prefix length out of range'],
    ["::/129", 'netip.ParsePrefix("::/129"): prefix length out of range'],
    ["fe80::1%eth0/64", 'netip.ParsePrefix("fe80::1%eth0/64"): IPv6 zones cannot be present in a prefix'],
    ["1.2/8", 'netip.ParsePrefix("1.2/8"): ParseAddr("1.2"): IPv4 address too short'],
  ])("%s is none", (text, error) => {
    expect(parsePrefix(text)).toEqual({ error });
  });

  it.each([
    ["10.0.0.0/8", "10.255.0.1", true],
    ["10.1.2.3/8", "10.0.0.1", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.0.0.0/8", "::ffff:10.0.0.1", false],
    ["0.0.0.0/0", "255.255.255.255", true],
    ["2001:db8::/33", "2001:db8:8000::", false],
  ])("%s contains %s: %s", (prefix, address, expected) => {
    const parsed = { ...parsePrefix(prefix), ...parseAddress(address) };
    if (!("prefix" in parsed) || !("address" in parsed)) throw new Error("must parse");
    expect(contains(parsed.prefix, parsed.address)).toBe(expected);
  });
});
