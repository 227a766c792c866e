import { describe, expect, it } from "vitest";
import { isAddress, isCidr } from "./address.ts";
import { readNames } from "./names.ts";
import { nearestName } from "./nearest.ts";

function names(text: string): Record<string, readonly string[]> {
  return Object.fromEntries(readNames(text, "names").names.map(({ name, addresses }) => [name, addresses]));
}

describe("a file of names may be", () => {
  it.each<[string, string, Record<string, readonly string[]>]>([
    [
      "a map",
      "github.com: [140.82.112.3, '2606:50c0::1']\nghcr.io: 140.82.112.4\n",
      { "github.com": ["140.82.112.3", "2606:50c0::1"], "ghcr.io": ["140.82.112.4"] },
    ],
    ["a map below the key names", "names:\n  github.com: [140.82.112.3]\n", { "github.com": ["140.82.112.3"] }],
    [
      "a list",
      "- {name: github.com, ips: [140.82.112.3]}\n- {name: ghcr.io, addresses: [140.82.112.4]}\n",
      { "github.com": ["140.82.112.3"], "ghcr.io": ["140.82.112.4"] },
    ],
    ["JSON", '{"GitHub.com.": ["140.82.112.3"]}', { "github.com": ["140.82.112.3"] }],
    [
      "a hosts file",
      "# outside\n140.82.112.3  github.com www.github.com # both\n\n2606:50c0::1\tghcr.io\n",
      { "github.com": ["140.82.112.3"], "www.github.com": ["140.82.112.3"], "ghcr.io": ["2606:50c0::1"] },
    ],
  ])("%s", (_, text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  it("the agent's DNS cache, with times", () => {
    const text =
      '[{"endpoint-id": 1, "fqdn": "api.stripe.example.", "ips": ["198.51.100.21"], "lookup-time": "2026-11-21T02:48:45.470Z", "source": "lookup", "ttl": 30}]';
    expect(readNames(text, "fqdn-cache.json").names).toEqual([
      {
        name: "api.stripe.example",
        addresses: ["198.51.100.21"],
        source: "file",
        node: null,
        askedBy: null,
        firstSeen: Date.UTC(2026, 10, 21, 2, 48, 45, 470),
        lastSeen: Date.UTC(2026, 10, 21, 2, 48, 45, 470),
        ttlSeconds: 30,
      },
    ]);
  });

  it("empty", () => {
    expect(names("")).toEqual({});
    expect(names("[]")).toEqual({});
  });
});

describe("bad entries are said with their line, the others stay", () => {
  it.each([
    ["a: [10.0.0.1]\nb c: [10.0.0.1]\n", 2, "`b c` is no DNS name; left out"],
    ["a: [10.0.0.1]\nb: [10.0.0.300]\n", 2, "`10.0.0.300` is no address; left out"],
    ["a: [10.0.0.1]\nb: []\n", 2, "`b` has no addresses; left out"],
    ["10.0.0.1 a\n10.0.0.2\n", 2, "`` is no DNS name; left out"],
    ["10.0.0.1 a\nb 10.0.0.2\n", 2, "`b` is no address; left out"],
  ])("%j", (text, line, message) => {
    const { names: found, findings } = readNames(text, "names");
    expect(found.map(({ name }) => name)).toEqual(["a"]);
    expect(findings).toMatchObject([
      { id: "bad-name-entry", severity: "warn", message, place: { file: "names", line } },
    ]);
  });

  it("a file with nothing right in it is an error", () => {
    expect(() => readNames("just words\n", "names")).toThrow("is no DNS name");
  });
});

describe("addresses as Go's netip takes them", () => {
  it.each([
    ["10.0.0.1", true],
    ["010.0.0.1", false],
    ["10.0.0.256", false],
    ["10.0.0", false],
    ["::", true],
    ["::1", true],
    ["fe80::1%eth0", false],
    ["1:2:3:4:5:6:7:8", true],
    ["1:2:3:4:5:6:7", false],
    ["1::2::3", false],
    ["1:2:3:4:5:6:7::8", false],
    ["::ffff:10.0.0.1", true],
    ["::ffff:10.0.0.300", false],
    ["10.0.0.1::", false],
    ["12345::", false],
    ["", false],
  ])("%s: %s", (text, valid) => {
    expect(isAddress(text)).toBe(valid);
  });

  it.each([
    ["10.0.0.0/8", true],
    ["010.0.0.0/8", true],
    ["10.0.0.0/33", false],
    ["10.0.0.0", false],
    ["10.0.0.0/", false],
    ["::/0", true],
    ["fd00::/129", false],
    ["10.0.0.0/8/8", false],
  ])("and CIDRs as the API server takes them: %s: %s", (text, valid) => {
    expect(isCidr(text)).toBe(valid);
  });
});

describe("the nearest name", () => {
  const fields = ["toEndpoints", "toPorts", "toFQDNs", "toCIDR", "toCIDRSet"];
  it.each([
    ["toPort", "toPorts"],
    ["toports", "toPorts"],
    ["toFQDN", "toFQDNs"],
    ["toEndpiont", "toEndpoints"],
    ["toCidrset", "toCIDRSet"],
    ["something", null],
    ["x", null],
  ])("to %s is %s", (word, expected) => {
    expect(nearestName(word, fields)).toBe(expected);
  });
});
