import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readInventory } from "../../src/decode/objects/objects.ts";
import { templatePods } from "../../src/decode/objects/template-pods.ts";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { podEnd } from "../../src/engine/identity/identity.ts";
import type { Pod } from "../../src/model/objects.ts";
import type { Snapshot } from "../../src/model/snapshot.ts";
import { made, type Made, reach, readBack } from "./generating.ts";

/** Demo applications whose edges are known: what is generated from these edges allows them, and no other pair. */
const apps = join(import.meta.dirname, "../../../shared/real/apps");
const isThere = existsSync(apps);
if (!isThere) console.warn(`${apps} is not there: no application with known edges is generated for`);

type Edge = { readonly from: string; readonly to: string; readonly port: number; readonly protocol: string };
type App = { readonly name: string; readonly objects: string; readonly edges: readonly Edge[] };

function app(
  name: string,
  file: string,
  pick: (document: Record<string, never>) => { traffic: Edge[]; namespace?: string },
): App {
  const document = JSON.parse(readFileSync(join(apps, name, "edges.json"), "utf8"));
  const { traffic, namespace = "default" } = pick(document);
  const manifests = readFileSync(join(apps, name, file), "utf8");
  const pods = templatePods(readInventory(readManifests(manifests, file).manifests).inventory);
  const objects = [manifests, ...pods.map(running)].join("\n---\n");
  const full = (own: string) => {
    const found = pods.find((pod) => pod.name === own && (namespace === "" || pod.namespace === namespace));
    return found === undefined ? null : `${found.namespace}/${own}`;
  };
  const edges = traffic.flatMap((edge) => {
    const [from, to] = [full(edge.from), full(edge.to)];
    return from === null || to === null ? [] : [{ ...edge, from, to }];
  });
  return { name, objects, edges };
}

/** A pod of a template as a ReplicaSet would run it. */
function running({ namespace, name, labels, ports, serviceAccount }: Pod): string {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: `${name}-5d4f`, uid: "1", controller: true };
  const containers = [
    {
      name: "app",
      image: "app",
      ports: ports.map((one) => ({ name: one.name, containerPort: one.port, protocol: one.protocol })),
    },
  ];
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      generateName: `${name}-5d4f-`,
      labels: { ...labels, "pod-template-hash": "5d4f" },
      ownerReferences: [owner],
    },
    spec: { nodeName: "n1", serviceAccountName: serviceAccount, containers },
  });
}

function allApps(): readonly App[] {
  return [
    app("online-boutique", "manifests.yaml", (document) => ({ traffic: document["traffic"] ?? [] })),
    app("sock-shop", "manifests.yaml", (document) => ({ traffic: document["traffic"] ?? [], namespace: "sock-shop" })),
    app("podinfo", "webapp.yaml", (document) => document["webapp"] ?? { traffic: [] }),
  ];
}

const text = ({ from, to, port, protocol }: Edge) => `${from} -> ${to}:${port} ${protocol}`;

/** Every pair of pods on every port of the edges that the result lets through. */
function allowed(one: Made, edges: readonly Edge[]): readonly string[] {
  return pairs(one.snapshot, edges, reach(one));
}

function pairs(snapshot: Snapshot, edges: readonly Edge[], mayReach: ReturnType<typeof reach>): readonly string[] {
  const { inventory, cilium, config } = snapshot;
  const pods = inventory.pods.filter((pod) => edges.some((edge) => [edge.from, edge.to].includes(nameOf(pod))));
  const ends = new Map(pods.map((pod) => [nameOf(pod), podEnd(pod, inventory, cilium.value, config.value)]));
  const ports = [...new Set(edges.map((edge) => edge.port))];
  return [...ends].flatMap(([from, source]) =>
    [...ends].flatMap(([to, destination]) =>
      ports
        .filter((port) => mayReach(source, destination, { protocol: "TCP", port }))
        .map((port) => text({ from, to, port, protocol: "TCP" })),
    ),
  );
}

const nameOf = (pod: Pod) => `${pod.namespace}/${pod.name}`;

describe.skipIf(!isThere)("applications with known edges", () => {
  for (const { name, objects, edges } of isThere ? allApps() : []) {
    const seen = [...new Set(edges.map(text))];

    for (const kind of ["cnp", "ccnp", "knp"] as const) {
      it(`${name}: ${kind} allows its ${seen.length} edges and no other pair`, () => {
        const one = made({ objects, seen: seen.join("\n") }, { kind });
        expect(seen.length).toBeGreaterThan(0);
        expect(one.generated.proof).toMatchObject({ allowed: seen.length, denied: [], undecided: [], rejected: [] });
        expect(one.generated.policies.flatMap(({ rules }) => rules.map((rule) => rule.excess.count))).toEqual(
          one.generated.policies.flatMap(({ rules }) => rules.map(() => 0)),
        );
        expect([...allowed(one, edges)].sort()).toEqual([...seen].sort());
      });
    }
  }

  it("is no looser than the policies that the applications come with", () => {
    for (const { name, objects, edges } of allApps().filter((one) =>
      existsSync(join(apps, one.name, "policies.yaml")),
    )) {
      const one = made({ objects, seen: [...new Set(edges.map(text))].join("\n") });
      const theirs = readBack(readFileSync(join(apps, name, "policies.yaml"), "utf8"));
      const engine = createEngine({
        minor: "1.20",
        config: one.snapshot.config.value,
        inventory: one.snapshot.inventory,
        policies: theirs,
      });
      const mayReach: ReturnType<typeof reach> = (from, to, { protocol, port }) => {
        const names = { learned: [], complete: true };
        const connection = { from, to, protocol, port, icmpType: null, icmpCode: null, request: null, names };
        return engine.decide(connection).verdict === "allowed";
      };
      const seen = new Set(edges.map(text));
      const beyond = (found: readonly string[]) => found.filter((pair) => !seen.has(pair)).length;
      expect(beyond(allowed(one, edges))).toBeLessThanOrEqual(beyond(pairs(one.snapshot, edges, mayReach)));
    }
  });
});
