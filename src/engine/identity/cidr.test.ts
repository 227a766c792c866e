import { describe, expect, it } from "vitest";
import { cidrContains, covers, hostPrefix, masked, parseAddress, parsePrefix, prefixKey, unmapped } from "./cidr.ts";

describe("parseAddress", () => {
  it.each([
    ["10.0.0.1", 4, 0x0a000001n],
    ["255.255.255.255", 4, 0xffffffffn],
    ["::", 6, 0n],
    ["::1", 6, 1n],
    ["2001:db8::8:800:200c:417a", 6, 0x20010db80000000000080800200c417an],
    ["1:2:3:4:5:6:7:8", 6, 0x00010002000300040005000600070008n],
    ["::ffff:10.0.0.1", 6, 0xffff0a000001n],
  ] as const)("reads %s", (text, family, value) => {
    expect(parseAddress(text)).toEqual({ family, value });
  });

  it.each([
    ["a leading zero", "10.0.0.01"],
    ["three fields", "10.0.0"],
    ["a field over 255", "10.0.0.256"],
    ["a name", "example.org"],
    ["nothing", ""],
    ["two gaps", "1::2::3"],
    ["a gap of no group", "1:2:3:4:5:6:7::8"],
    ["seven groups", "1:2:3:4:5:6:7"],
    ["five digits", "12345::"],
    ["a zone", "fe80::1%eth0"],
    ["a dotted end that is none", "::10.0.0"],
  ])("refuses %s", (_, text) => {
    expect(parseAddress(text)).toBeNull();
  });
});

describe("parsePrefix", () => {
  it.each([
    ["10.1.2.3/8", "4/a000000/8"],
    ["10.1.2.3", "4/a010203/32"],
    ["0.0.0.0/0", "4/0/0"],
    ["2001:db8::1/32", "6/20010db8000000000000000000000000/32"],
  ])("masks the host bits of %s", (text, key) => {
    const prefix = parsePrefix(text);
    expect(prefix === null ? null : prefixKey(prefix)).toBe(key);
  });

  it.each(["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08", "::/129", "x/8"])("refuses %s", (text) => {
    expect(parsePrefix(text)).toBeNull();
  });
});

describe("covers and cidrContains", () => {
  it.each([
    ["10.0.0.0/8", "10.255.255.255", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["10.0.0.0/8", "::ffff:10.1.1.1", true],
    ["203.0.113.7", "203.0.113.7", true],
    ["not a cidr", "203.0.113.7", false],
    ["10.0.0.0/8", "not an address", false],
  ])("%s holds %s: %s", (cidr, address, holds) => {
    expect(cidrContains(cidr, address)).toBe(holds);
  });

  it("knows the wider from the narrower", () => {
    const wide = parsePrefix("10.0.0.0/8");
    const narrow = parsePrefix("10.1.0.0/16");
    if (wide === null || narrow === null) throw new Error("unreadable");
    expect([covers(wide, narrow), covers(narrow, wide), covers(wide, wide)]).toEqual([true, false, true]);
  });

  it("masks and unmaps", () => {
    const address = parseAddress("::ffff:10.1.2.3");
    if (address === null) throw new Error("unreadable");
    expect(prefixKey(masked(unmapped(address), 24))).toBe("4/a010200/24");
    expect(prefixKey(hostPrefix(address))).toBe("6/ffff0a010203/128");
  });
});
