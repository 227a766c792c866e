import { textsOf } from "./fields.ts";
import type { JsonObject } from "#model/json.ts";
import { firstRejection, type Rejection, reject } from "./rejection.ts";
import type { Agent } from "./versions.ts";

/** The entities that a policy may name; case counts. Upstream: pkg/policy/api/entity.go EntitySelectorMapping. */
const ENTITIES: ReadonlySet<string> = new Set([
  "all",
  "world",
  "cluster",
  "host",
  "init",
  "ingress",
  "unmanaged",
  "remote-node",
  "health",
  "none",
  "kube-apiserver",
]);

/** Accepted too, but not in the CRD's enum: only an object that was never validated has these. */
const UNLISTED: ReadonlySet<string> = new Set(["world-ipv4", "world-ipv6"]);

export function checkEntities(rule: JsonObject, field: string, path: string, agent: Agent): Rejection | null {
  return firstRejection(textsOf(rule, field), (entity, index) => {
    if (ENTITIES.has(entity) || UNLISTED.has(entity) || (entity === "cluster-mesh" && agent.differs.clusterMeshEntity))
      return null;
    return reject(`${path}.${field}[${index}]`, `unsupported entity: ${entity}`, entityHelp(entity));
  });
}

function entityHelp(entity: string): string {
  if (entity === "cluster-mesh") return "cluster-mesh exists from Cilium 1.20; before, select the other cluster's pods";
  const lower = entity.toLowerCase();
  if (ENTITIES.has(lower)) return `entities are lower case: ${lower}`;
  return `the entities are ${[...ENTITIES].join(", ")}`;
}
