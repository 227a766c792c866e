import { describe, expect, it } from "vitest";
import { UserError } from "#model/finding.ts";
import { isAddress, isCidr } from "../address.ts";
import { readNames } from "./names.ts";
import { nearestName } from "../nearest.ts";

function names(text: string): Record<string, readonly string[]> {
  return Object.fromEntries(readNames(text, "names").names.map(({ name, addresses }) => [name, addresses]));
}

function thrownBy(run: () => unknown): UserError {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error("nothing was thrown");
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
        file: "fqdn-cache.json",
        endpointId: 1,
        dump: 0,
      },
    ]);
  });

  it("several agents' caches, one after the other or below their nodes", () => {
    const one = '[{"endpoint-id": 7, "fqdn": "a.example.", "ips": ["198.51.100.1"]}]';
    const told = (text: string) =>
      readNames(text, "f").names.map(({ name, node, dump, endpointId }) => [name, node, dump, endpointId]);
    expect(told(`${one}\n${one.replace("a.ex", "b.ex")}`)).toEqual([
      ["a.example", null, 0, 7],
      ["b.example", null, 1, 7],
    ]);
    expect(told(`{"worker-1": ${one}, "worker-2": ${one}}`)).toEqual([
      ["a.example", "worker-1", 0, 7],
      ["a.example", "worker-2", 1, 7],
    ]);
  });

  it("the agent's DNS cache as it is printed for people", () => {
    const text = [
      'Defaulted container "cilium-agent" out of: cilium-agent, config (init)',
      "Endpoint   Source       FQDN              TTL   ExpirationTime                          IPs                         ",
      "1303       lookup       api.example.org.  30    2026-11-21 02:52:53.148 +0000 UTC       198.51.100.21,2001:DB8::1   ",
      "1303       connection   old.example.org.  0     2026-11-21 02:52:53.148 +0000 UTC       198.51.100.22               ",
    ].join("\n");
    const read = readNames(text, "cache.txt");
    expect(read.names).toMatchObject([
      { name: "api.example.org", addresses: ["198.51.100.21", "2001:db8::1"], ttlSeconds: 30, endpointId: 1303 },
      { name: "old.example.org", addresses: ["198.51.100.22"] },
    ]);
    expect(read.findings.map((one) => one.place)).toEqual([{ file: "cache.txt", line: 1, column: 1 }]);
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

  it.each(["[INFO] plugin/reload: Running\n", "{", "a: b: c\n"])(
    "what is no list of names says what would be: %j",
    (text) => {
      const error = thrownBy(() => readNames(text, "names"));
      expect(error).toMatchObject({ code: "bad-names", place: { file: "names" } });
      expect(error.help).toContain("cilium-dbg fqdn cache list");
      expect(error.help).toContain("CoreDNS's query log");
    },
  );

  it("bad entries beyond twenty are counted", () => {
    const text = `a: [10.0.0.1]\n${Array.from({ length: 50 }, (_, index) => `bad ${index}: [10.0.0.1]\n`).join("")}`;
    const { findings } = readNames(text, "names");
    expect([findings.length, findings.at(-1)?.count]).toEqual([20, 31]);
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
