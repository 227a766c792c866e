import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, covers, hostPrefix, masked, parseAddress, parsePrefix, type Prefix, prefixKey } from "./cidr.ts";
import { CidrTable } from "./cidr-table.ts";

const prefix = (text: string): Prefix => parsePrefix(text) ?? expect.unreachable(text);
const address = (text: string): Address => parseAddress(text) ?? expect.unreachable(text);

describe("the longest prefix that holds an address", () => {
  const texts = [
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.0.0/24",
    "0.0.0.0/0",
    "255.255.255.255/32",
    "2001:db8::/32",
    "::/0",
  ];
  const table = new CidrTable(texts.map(prefix));
  it.each([
    ["10.1.0.7", "10.1.0.0/24"],
    ["10.1.1.0", "10.1.0.0/16"],
    ["10.255.255.255", "10.0.0.0/8"],
    ["11.0.0.0", "0.0.0.0/0"],
    ["255.255.255.255", "255.255.255.255/32"],
    ["2001:db8:ffff::1", "2001:db8::/32"],
    ["2001:db9::", "::/0"],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"],
  ])("%s: %s", (text, expected) => {
    expect(texts[table.find(address(text))]).toBe(expected);
  });

  it("is none where there is none", () => {
    expect(new CidrTable([]).find(address("10.0.0.1"))).toBe(-1);
    const two = new CidrTable([prefix("10.0.0.0/9"), prefix("10.128.0.0/9")]);
    expect(["9.255.255.255", "11.0.0.0", "::1"].map((text) => two.find(address(text)))).toEqual([-1, -1, -1]);
  });

  it("is what looking through all prefixes finds, and so are those that hold it", () => {
    const bits = (width: number) => fc.integer({ min: 0, max: width });
    // Few different bits, so that prefixes lie in one another.
    const v4 = fc.tuple(fc.integer({ min: 0, max: 63 }), bits(32)).map(([few, length]): Prefix => {
      return masked({ family: 4, value: BigInt(few) << 26n }, length);
    });
    const v6 = fc.tuple(fc.integer({ min: 0, max: 63 }), bits(128)).map(([few, length]): Prefix => {
      return masked({ family: 6, value: (BigInt(few) << 122n) | (BigInt(few) << 60n) | BigInt(few % 3) }, length);
    });
    const prefixes = fc.uniqueArray(fc.oneof(v4, v6), { maxLength: 30, selector: prefixKey });
    fc.assert(
      fc.property(prefixes, fc.array(fc.oneof(v4, v6), { maxLength: 20 }), (all, asked) => {
        const table = new CidrTable(all);
        const holding = (one: Prefix) =>
          [...all.keys()]
            .filter((place) => covers(all[place] ?? one, one))
            .sort((a, b) => (all[b]?.bits ?? 0) - (all[a]?.bits ?? 0));
        for (const one of [...asked, ...all].map(hostPrefix)) {
          const chain: number[] = [];
          for (let at = table.find(one); at >= 0; at = table.parent(at)) chain.push(at);
          expect(chain).toEqual(holding(one));
        }
      }),
      { numRuns: 300 },
    );
  });
});
