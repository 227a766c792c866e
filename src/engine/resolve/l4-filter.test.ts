import { describe, expect, it } from "vitest";
import { addEntry, type FilterContext, type FilterTable, portNumber } from "./l4-filter.ts";
import { NO_L7, PLAIN_ENTRY, plainPorts, type PolicyEntry, type PortRule } from "../rules/policy-entry.ts";
import { reservedSelector, type Selector, WILDCARD } from "../selector/selector.ts";
import { SEMANTICS } from "../semantics.ts";

const WORLD = reservedSelector("world");

function entry(l3: readonly Selector[] | null, l4: readonly PortRule[], element = "egress[0]"): PolicyEntry {
  return {
    ...PLAIN_ENTRY,
    ...{ ref: { policy: "p", element }, direction: "egress", verdict: "allow", tier: 0, priority: 0 },
    ...{ subject: WILDCARD, namespace: "a", l3, l4, defaultDeny: true },
  };
}

const ports = (...texts: readonly string[]) =>
  plainPorts(texts.map((text) => ({ port: text, endPort: 0, protocol: "TCP" })));

function filters(entries: readonly PolicyEntry[], minor: "1.18" | "1.20" = "1.20"): readonly string[] {
  const context: FilterContext = {
    ...{ semantics: SEMANTICS[minor], namespace: "a", defaultDeny: true, allowLocalhost: true },
    selectsHost: () => false,
    wildcard: (selector) => selector,
  };
  const table: FilterTable = new Map();
  for (const item of entries) addEntry(table, item, 0, context);
  return [...table.values()].map(
    ({ port, portName, proto, selectors }) => `${portName || port}/${proto} ${[...selectors.values()].length}`,
  );
}

describe("filters", () => {
  it.each([
    ["no ports is every port", [entry([WORLD], [])], ["0/0 1"]],
    ["no peers and no ports is nothing", [entry([], [])], []],
    ["no peers with ports is everybody", [entry([], [ports("80")])], ["80/6 1"]],
    ["an empty list of ports is nothing", [entry([WORLD], [ports()])], []],
    ["nobody selected is nothing", [entry(null, [ports("80")])], []],
    ["a wildcard hides the others", [entry([WORLD, WILDCARD], [ports("80")])], ["80/6 1"]],
    [
      "two rules of one port are one filter",
      [entry([WORLD], [ports("80")]), entry([WILDCARD], [ports("80")])],
      ["80/6 2"],
    ],
    [
      "ANY is three protocols",
      [entry([WORLD], [plainPorts([{ port: "53", endPort: 0, protocol: "ANY" }])])],
      ["53/6 1", "53/17 1", "53/132 1"],
    ],
    ["a name is a filter of its own", [entry([WORLD], [ports("http", "80")])], ["http/6 1", "80/6 1"]],
  ])("%s", (_, entries, expected) => {
    expect(filters(entries)).toEqual(expected);
  });

  it("merges ports by their decimal reading before 1.20", () => {
    const both = [entry([WORLD], [ports("80")]), entry([WILDCARD], [ports("0120")])];
    expect([filters(both, "1.18"), filters(both)]).toEqual([["80/6 1", "80/6 1"], ["80/6 2"]]);
  });

  it("reads ports as Go does", () => {
    expect(["80", "0120", "0x50", "65536", "x", ""].map(portNumber)).toEqual([80, 80, 80, 65535, 0, 0]);
  });

  it("keeps L7 rules from filtering where nothing isolates the subject", () => {
    const http = { method: "GET", path: "", host: "", headers: [], headerMatches: [] };
    const rule = { ...ports("80"), rules: { ...NO_L7, http: [http] } };
    const rulesUnder = (defaultDeny: boolean) => {
      const table: FilterTable = new Map();
      const context = { semantics: SEMANTICS["1.20"], namespace: "a", defaultDeny, allowLocalhost: true };
      addEntry(table, entry([WORLD], [rule]), 0, {
        ...context,
        selectsHost: () => false,
        wildcard: (selector) => selector,
      });
      return [...table.values()].flatMap((filter) =>
        [...filter.selectors.values()].flatMap(({ policy }) => policy?.rules.http ?? []),
      );
    };
    expect([rulesUnder(true).length, rulesUnder(false).length]).toEqual([1, 2]);
  });
});
