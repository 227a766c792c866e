import { describe, expect, it } from "vitest";
import type { Conversation } from "#model/conversation.ts";
import { EMPTY_INVENTORY } from "#model/objects.ts";
import { edgesNotRecorded } from "./metric-edges.ts";
import { joinProcesses } from "./processes.ts";

const pod = (workload: string, name: string, address: string) => ({
  kind: "pod" as const,
  namespace: "shop",
  workload: { kind: "Deployment", name: workload },
  pods: [name],
  podCount: 1,
  labels: [],
  namedPorts: [],
  nodes: [],
  addresses: [address],
  otherCluster: null,
});
const toDb = {
  from: pod("web", "web-1", "10.0.0.10"),
  to: pod("db", "db-0", "10.0.0.20"),
  protocol: "TCP",
  port: 5432,
  firstSeen: 1_000_000,
  lastSeen: 1_500_000,
  services: ["shop/db"],
} as unknown as Conversation;
const service = { namespace: "shop", name: "db", clusterIPs: ["10.96.0.7"] };
const inventory = { ...EMPTY_INVENTORY, services: [service] } as unknown as typeof EMPTY_INVENTORY;
const connect = {
  time: 1_200_000,
  binary: "/bin/psql",
  namespace: "shop",
  pod: "web-1",
  address: "10.0.0.20",
  port: 5432,
};

describe("a program behind a conversation", () => {
  it.each([
    ["its source's, to its destination", {}, ["/bin/psql"]],
    ["through the Service", { address: "10.96.0.7", port: 15432 }, ["/bin/psql"]],
    ["just before the first flow", { time: 950_000 }, ["/bin/psql"]],
    ["of another pod", { pod: "web-2" }, undefined],
    ["of a pod of that name elsewhere", { namespace: "other" }, undefined],
    ["to another port", { port: 80 }, undefined],
    ["to another address", { address: "10.0.0.21" }, undefined],
    ["an hour later", { time: 5_000_000 }, undefined],
  ])("%s", (_, change, expected) => {
    expect(joinProcesses([toDb], [{ ...connect, ...change }], inventory)[0]?.processes).toEqual(expected);
  });
});

describe("a pair that metrics counted", () => {
  it.each([
    ["shop/web", "shop/db", "recorded"],
    ["shop/web-1", "shop/db-0", "recorded"],
    ["shop", "shop", "recorded"],
    ["shop/db", "shop/web", "not recorded"],
    ["shop/web", "reserved:world", "not recorded"],
  ])("%s -> %s is %s", (source, destination, expected) => {
    expect(edgesNotRecorded([{ source, destination }], [toDb]).length === 0 ? "recorded" : "not recorded").toBe(
      expected,
    );
  });
});
