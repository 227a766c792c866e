import { describe, expect, it } from "vitest";
import type { GivenName } from "#model/coverage.ts";
import { type CiliumEndpoint, EMPTY_INVENTORY, type Inventory } from "#model/objects.ts";
import { attributeNames } from "./given-names.ts";

const endpoint = (name: string, endpointId: number, nodeAddress: string): CiliumEndpoint => ({
  ...{ namespace: "shop", name, identity: 1, labels: [], addresses: [], nodeAddress, namedPorts: [], endpointId },
});
const node = (name: string, address: string): Inventory["nodes"][number] => ({
  ...{ name, labels: {}, podCIDRs: [] },
  addresses: [{ type: "InternalIP", address }],
});
/** Endpoint 7 is on both nodes, 8 on the first, 9 on the second. */
const inventory: Inventory = {
  ...EMPTY_INVENTORY,
  nodes: [node("worker-1", "192.0.2.1"), node("worker-11", "192.0.2.2")],
  ciliumEndpoints: [
    endpoint("web-a", 7, "192.0.2.1"),
    endpoint("web-b", 7, "192.0.2.2"),
    endpoint("db", 8, "192.0.2.1"),
    endpoint("far", 9, "192.0.2.2"),
  ],
};

function name(endpointId: number | null, more: Partial<GivenName> = {}): GivenName {
  return {
    ...{
      name: "a.example",
      addresses: ["198.51.100.1"],
      source: "file",
      node: null,
      askedBy: null,
      file: "cache.json",
    },
    ...{ firstSeen: null, lastSeen: null, ttlSeconds: null, ...(endpointId === null ? {} : { endpointId, dump: 0 }) },
    ...more,
  };
}

describe("whose cache a dump is, and who asked", () => {
  it.each<[string, readonly GivenName[], readonly (readonly [string | null, string | null])[]]>([
    ["the key's node", [name(7, { node: "worker-11" })], [["worker-11", "shop/web-b"]]],
    ["the node in the path", [name(7, { file: "dumps/worker-1.json" })], [["worker-1", "shop/web-a"]]],
    ["the longer of two nodes in the path", [name(7, { file: "worker-11/cache.json" })], [["worker-11", "shop/web-b"]]],
    [
      "the one node that has all endpoints",
      [name(7), name(9)],
      [
        ["worker-11", "shop/web-b"],
        ["worker-11", "shop/far"],
      ],
    ],
    ["nobody's, where several have them", [name(7)], [[null, null]]],
    [
      "nobody's, where none has them all",
      [name(8), name(9)],
      [
        [null, null],
        [null, null],
      ],
    ],
    [
      "each dump for itself",
      [name(8), name(9, { dump: 1 })],
      [
        ["worker-1", "shop/db"],
        ["worker-11", "shop/far"],
      ],
    ],
    ["an endpoint that is gone by now", [name(404, { file: "worker-1.json" })], [["worker-1", null]]],
    ["a key that is no node", [name(7, { node: "elsewhere" })], [["elsewhere", null]]],
    ["a name without endpoint", [name(null)], [[null, null]]],
  ])("%s", (_, names, expected) => {
    const given = attributeNames(names, inventory);
    expect(given.map((one) => [one.node, one.askedBy])).toEqual(expected);
    expect(given.some((one) => "endpointId" in one || "dump" in one)).toBe(false);
  });
});
