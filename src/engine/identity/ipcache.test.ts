import { EMPTY_INVENTORY, type Inventory } from "#model/objects.ts";
import { type CiliumMinor, defaultConfig } from "#model/profile.ts";
import { describe, expect, it } from "vitest";
import { parsePrefix } from "./cidr.ts";
import { createIpcache } from "./ipcache.ts";
import type { LabelArray } from "../selector/labels.ts";
import { SEMANTICS } from "../semantics.ts";

const group = (name: string, cidrs: readonly string[], labels: Readonly<Record<string, string>> = {}) => ({
  ...{ name, cidrs, labels },
});
const names = ["github.com", "*.github.com"];

function ipcache(prefixes: readonly string[], more: Partial<Inventory> = {}, minor: CiliumMinor = "1.20") {
  return createIpcache({
    inventory: { ...EMPTY_INVENTORY, ...more },
    config: defaultConfig(minor),
    semantics: SEMANTICS[minor],
    prefixes: prefixes.flatMap((text) => parsePrefix(text) ?? []),
    fqdns: names.map((label) => ({
      rule: { matchName: label, matchPattern: "" },
      label,
      matches: (name) => name === label || (label.startsWith("*.") && name.endsWith(label.slice(1))),
    })),
  });
}

const shown = (labels: LabelArray) =>
  [...labels.byKey.values()]
    .map((label) => `${label.source}:${label.key}${label.value === "" ? "" : `=${label.value}`}`)
    .sort();
const only = (found: readonly LabelArray[]) => {
  expect(found.length).toBe(1);
  return found.flatMap(shown);
};

describe("an address outside", () => {
  it.each([
    ["is the world", [], [], ["reserved:world"]],
    [
      "has the longest prefix that a policy mentions",
      ["203.0.0.0/16", "203.0.113.0/24"],
      [],
      ["cidr:203.0.113.0/24", "reserved:world"],
    ],
    ["has none of a /0", ["0.0.0.0/0"], [], ["reserved:world"]],
    ["has none of prefixes elsewhere", ["198.51.100.0/24"], [], ["reserved:world"]],
    ["has the selectors that take a name of it", [], ["api.github.com"], ["fqdn:*.github.com", "reserved:world"]],
  ])("%s", (_, prefixes, known, labels) => {
    expect(only(ipcache(prefixes).outside("203.0.113.7", known))).toEqual(labels);
  });

  it("has the labels of every CIDR group that holds it, of one key the longest prefix's", () => {
    const cidrGroups = [
      group("wide", ["203.0.0.0/16"], { lvl: "one", zone: "z" }),
      group("narrow", ["203.0.113.0/24"], { lvl: "two" }),
    ];
    expect(only(ipcache([], { cidrGroups }, "1.18").outside("203.0.113.7", []))).toEqual([
      "cidrgroup:io.cilium.policy.cidrgroupname/narrow",
      "cidrgroup:io.cilium.policy.cidrgroupname/wide",
      "cidrgroup:lvl=two",
      "cidrgroup:zone=z",
      "reserved:world",
    ]);
  });

  it("is the API server where the Service kubernetes says so", () => {
    const endpointSlices = [
      { namespace: "default", service: "kubernetes", labels: {}, addresses: ["203.0.113.7"], ports: [] },
    ];
    expect(only(ipcache([], { endpointSlices }).outside("203.0.113.7", []))).toEqual([
      "reserved:kube-apiserver",
      "reserved:world",
    ]);
  });

  it("takes every toFQDNs label where unknown names are asked for", () => {
    expect(only(ipcache([]).outsideWithAnyName("203.0.113.7"))).toEqual([
      "fqdn:*.github.com",
      "fqdn:github.com",
      "reserved:world",
    ]);
  });

  it("is nothing where the text is no address", () => {
    expect(ipcache([]).outside("example.org", [])).toEqual([]);
  });
});

describe("a prefix", () => {
  const parts = (prefixes: readonly string[], place: string) =>
    ipcache(prefixes)
      .outside(place, [])
      .map(shown)
      .map((labels) => labels.join(" "))
      .sort();

  it.each([
    ["is one where nothing tells it apart", ["203.0.0.0/16"], ["cidr:203.0.0.0/16 reserved:world"]],
    [
      "is two where a policy mentions a part",
      ["203.0.113.128/25"],
      ["cidr:203.0.113.128/25 reserved:world", "reserved:world"],
    ],
    [
      "is only its parts where they make the whole",
      ["203.0.113.0/25", "203.0.113.128/25"],
      ["cidr:203.0.113.0/25 reserved:world", "cidr:203.0.113.128/25 reserved:world"],
    ],
  ])("%s", (_, prefixes, expected) => {
    expect(parts(prefixes, "203.0.113.0/24")).toEqual(expected);
  });
});
