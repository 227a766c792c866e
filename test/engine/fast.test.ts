import { describe, expect, it } from "vitest";
import { readInventory } from "../../src/decode/objects/objects.ts";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import type { Connection } from "../../src/model/connection.ts";
import { address, policy, reserved, type World, worldOf } from "./world.ts";

// What the fast engine shares between subjects and between peers, where sharing would be wrong.

/** The verdicts of both engines, which must make the same decisions whichever connection is asked first. */
function verdicts(make: () => World, ask: (world: World) => readonly Connection[]): readonly string[] {
  const decided = [ask, (world: World) => [...ask(world)].reverse()].map((asked, turn) => {
    const world = make();
    const connections = asked(world);
    const fast = connections.map(world.fast.decide);
    expect(fast).toEqual(connections.map(world.engine.decide));
    return turn === 0 ? fast : [...fast].reverse();
  });
  return decided[0]?.map(({ egress, ingress }) => `${egress?.decision ?? "-"} ${ingress?.decision ?? "-"}`) ?? [];
}

const clusterwide = (rules: string) => `
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: all}
spec: {endpointSelector: {}, ${rules}}`;

describe("subjects of the same rules", () => {
  it("may have other numbers for a named port", () => {
    const rules = `ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: sql}]}]}]`;
    const all = (make: World) => {
      const db = make.pod("shop/db");
      const moved = { ...db, namedPorts: [{ name: "sql", port: 5433, protocol: "TCP" }] };
      return [db, moved].flatMap((to) =>
        [5432, 5433].map((port) => make.connection(make.pod("shop/web"), to, { port })),
      );
    };
    for (const minor of ["1.19", "1.20"] as const) {
      expect(verdicts(() => worldOf(policy("db", "db", rules), { minor }), all)).toEqual([
        "allowed allowed",
        "allowed denied",
        "allowed denied",
        "allowed allowed",
      ]);
    }
  });

  it("may have no namespace, where a listener needs one", () => {
    const listener = `listener: {envoyConfig: {kind: CiliumEnvoyConfig, name: one}, name: two}`;
    const rules = `egress: [{toEndpoints: [{}], toPorts: [{ports: [{port: "80", protocol: TCP}], ${listener}}]}]`;
    const found = verdicts(
      () => worldOf(clusterwide(rules)),
      ({ pod, connection }) => [pod("shop/web"), reserved("ingress")].map((from) => connection(from, pod("shop/db"))),
    );
    expect(found).toEqual(["allowed allowed", "undecided allowed"]);
  });
});

describe("peers that no selector takes", () => {
  it("may differ in what stands for their kind", () => {
    const found = verdicts(
      () => worldOf(policy("db", "db", "ingress: [{fromEntities: [cluster]}]")),
      ({ pod, connection }) =>
        [address("203.0.113.9"), pod("shop/web", { labels: ["k8s:app=web"] })].map((from) =>
          connection(from, pod("shop/db")),
        ),
    );
    expect(found).toEqual(["- denied", "allowed allowed"]);
  });

  it("may be the host, which localhost allows", () => {
    const found = verdicts(
      () => worldOf(policy("db", "db", "ingress: [{}]"), { minor: "1.19" }),
      ({ pod, connection }) =>
        [reserved("remote-node"), reserved("host")].map((from) => connection(from, pod("shop/db"))),
    );
    expect(found).toEqual(["- denied", "- allowed"]);
  });
});

describe("peers that the same selectors take", () => {
  it("may have other numbers for a named port", () => {
    const rules = `egress: [{toEndpoints: [{}], toPorts: [{ports: [{port: sql}]}]}]`;
    const all = ({ pod, connection }: World) => {
      const db = pod("shop/db");
      const moved = { ...db, namedPorts: [{ name: "sql", port: 5433, protocol: "TCP" }] };
      return [db, moved].flatMap((to) => [5432, 5433].map((port) => connection(pod("shop/web"), to, { port })));
    };
    expect(verdicts(() => worldOf(policy("web", "web", rules)), all)).toEqual([
      "allowed allowed",
      "denied allowed",
      "denied allowed",
      "allowed allowed",
    ]);
  });

  it("may be hosts whom a redirect of 1.18 takes or not", () => {
    const http = `toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{path: "/a"}]}}]`;
    const given = { minor: "1.18", config: { policyCIDRMatchMode: ["nodes"] } } as const;
    const request = { kind: "http" as const, method: "GET", path: "/b", host: "", headers: {} };
    verdicts(
      () => worldOf(policy("db", "db", `ingress: [{fromCIDR: [10.9.0.0/16], ${http}}]`), given),
      ({ pod, connection }) =>
        [[], ["10.9.0.1"], ["10.8.0.1"]].map((addresses) =>
          connection(reserved("host", { addresses }), pod("shop/db"), { request }),
        ),
    );
  });
});

describe("ports", () => {
  it("of one range may be held by keys of different length", () => {
    const range = (from: string, [first, last]: readonly [number, number]) =>
      `{${from}, toPorts: [{ports: [{port: "${first}", endPort: ${last}, protocol: TCP}]}]}`;
    const web = `fromEndpoints: [{matchLabels: {app: web}}]`;
    for (const minor of ["1.18", "1.19", "1.20"] as const) {
      for (const [own, everybody] of [
        [
          [81, 90],
          [81, 88],
        ],
        [
          [81, 88],
          [81, 90],
        ],
        [
          [0, 1023],
          [80, 1000],
        ],
      ] as const) {
        const rules = `ingress: [${range(web, own)}, ${range("fromEntities: [all]", everybody)}]`;
        verdicts(
          () => worldOf(policy("db", "db", rules), { minor }),
          ({ pod, connection }) =>
            [...Array.from({ length: 14 }, (_, index) => 79 + index), 0, 1, 999, 1000, 1001, 1023, 1024, 65_535].map(
              (port) => connection(pod("shop/web"), pod("shop/db"), { port }),
            ),
        );
      }
    }
  });
});

describe("the fast engine with other policies", () => {
  it("knows outside addresses by the prefixes of its own policies", () => {
    const { fast, pod, connection } = worldOf("# none");
    const read = (rules: string) =>
      readInventory(readManifests(policy("out", "web", rules), "policies.yaml").manifests).policies;
    const outside = connection(pod("shop/web"), address("198.51.100.7"));
    const sets = [[], read("egress: [{toCIDR: [198.51.100.0/24]}]"), read("egress: [{toCIDR: [198.51.100.0/30]}]"), []];
    let engine = fast;
    const found = sets.map((set) => {
      engine = engine.with(set);
      return engine.decide(outside).verdict;
    });
    expect(found).toEqual(["allowed", "allowed", "denied", "allowed"]);
  });
});
