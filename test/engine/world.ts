import { createEngine, type Engine } from "../../src/engine/engine.ts";
import { createFastEngine, type FastEngine } from "../../src/engine/fast/fast-engine.ts";
import { podEnd } from "../../src/engine/identity/identity.ts";
import { readInventory } from "../../src/decode/objects/objects.ts";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import type { Connection } from "../../src/model/connection.ts";
import type { AddressEnd, End, ReservedEnd, UnknownEnd } from "../../src/model/conversation.ts";
import type { PodEnd } from "../../src/model/conversation.ts";
import { type CiliumConfig, type CiliumMinor, defaultConfig } from "../../src/model/profile.ts";

/** A small cluster and its policies, to ask the engine about. */
export type World = {
  readonly engine: Engine;
  /** The compiled engine over the same. */
  readonly fast: FastEngine;
  /** The end of a pod, `namespace/name`. */
  readonly pod: (name: string, over?: Partial<PodEnd>) => PodEnd;
  /** A connection between ends, TCP 80 unless said otherwise. */
  readonly connection: (from: End, to: End, over?: Partial<Connection>) => Connection;
};

const PODS = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {nodeName: n1, containers: [{name: c, image: x, ports: [{name: http, containerPort: 80}]}]}
status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {nodeName: n2, containers: [{name: c, image: x, ports: [{name: sql, containerPort: 5432}]}]}
status: {podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}]}
`;

/** The cluster of a \`web\` and a \`db\` in namespace \`shop\`, under these policies. */
export function worldOf(policies: string, given: { minor?: CiliumMinor; config?: Partial<CiliumConfig> } = {}): World {
  const { minor = "1.20", config: over = {} } = given;
  const config = { ...defaultConfig(minor), ...over };
  const { inventory } = readInventory(readManifests(PODS, "objects.yaml").manifests);
  const proposed = readInventory(readManifests(policies, "policies.yaml").manifests).policies;
  const engine = createEngine({ minor, config, inventory, policies: proposed });
  return {
    engine,
    fast: createFastEngine({ minor, config, inventory, policies: proposed }),
    pod: (name, changed = {}) => {
      const found = inventory.pods.find((item) => `${item.namespace}/${item.name}` === name);
      if (found === undefined) throw new Error(`no pod ${name}`);
      return { ...podEnd(found, inventory, minor, config), ...changed };
    },
    connection: (from, to, changed = {}) => ({
      ...{ from, to, protocol: "TCP", port: 80, icmpType: null, icmpCode: null, request: null },
      names: { learned: [], complete: true },
      ...changed,
    }),
  };
}

export function address(text: string, over: Partial<AddressEnd> = {}): AddressEnd {
  return { kind: "address", address: text, names: [], labels: ["reserved:world"], ...over };
}

export function reserved(entity: string, over: Partial<ReservedEnd> = {}): ReservedEnd {
  return { kind: "reserved", entity, labels: [`reserved:${entity}`], addresses: [], nodes: [], ...over };
}

export function unknown(reason = "identity 0"): UnknownEnd {
  return { kind: "unknown", address: null, reason };
}

/** A CiliumNetworkPolicy for the pods of an app of \`shop\`; \`rules\` is YAML of one line. */
export function policy(name: string, app: string, rules: string): string {
  return `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ${name}, namespace: shop}
spec: {endpointSelector: {matchLabels: {app: ${app}}}, ${rules}}
---`;
}
