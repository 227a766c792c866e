import type { JsonObject } from "#model/json.ts";
import {
  ACCOUNTS,
  GROUP_LABELS,
  GROUPS,
  NAMESPACE_LABELS,
  NAMESPACES,
  NODE_LABELS,
  NODES,
  POD_LABELS,
  PORT_NAMES,
  SERVICE_LABELS,
} from "./alphabet.ts";
import { labels } from "./label-selectors.ts";
import { cidr } from "./peers.ts";
import type { Random } from "./random.ts";

export type Families = { readonly ipv4: boolean; readonly ipv6: boolean };

/** The cluster of a world: everything but policies, and the names of its pods. */
export type Cluster = { readonly objects: readonly JsonObject[]; readonly pods: readonly string[] };

/**
 * Namespaces, nodes, pods, Services with their slices, CIDR groups. `whole`: every node is known and every pod has one.
 * Where nodes have labels of their own it must be so: the oracle makes the identity of an unknown node too late for its
 * selectors.
 */
export function cluster(random: Random, families: Families, whole: boolean): Cluster {
  const pods = random.times(random.int(3, 6), (index) => pod(random, { index: index + 1, families, whole }));
  const named = NAMESPACES.filter(() => random.chance(0.85));
  return {
    objects: [
      ...named.map((name) => namespace(random, name)),
      ...NODES.filter(() => whole || random.chance(0.8)).map((name, index) => node(random, name, { index, families })),
      ...(whole || random.chance(0.8) ? [apiServer(random, families, whole)] : []),
      ...pods.map(({ object }) => object),
      ...["s1", "s2", "s3"].flatMap((name) => (random.chance(0.6) ? service(random, name) : [])),
      ...GROUPS.filter(() => random.chance(0.5)).map((name) => group(random, name, families)),
    ],
    pods: pods.map(({ name }) => name),
  };
}

/** Mostly one of two, so that pods and policies meet. */
export function namespaceOf(random: Random): string {
  return random.chance(0.75) ? random.pick(["a", "b"]) : random.pick(NAMESPACES);
}

function namespace(random: Random, name: string): JsonObject {
  return object("v1", "Namespace", { name, labels: labels(random, NAMESPACE_LABELS, random.int(0, 2)) });
}

/** The addresses of pod or node number `index` in the families that the world has. */
function addresses({ ipv4, ipv6 }: Families, v4: string, v6: string): readonly string[] {
  return [...(ipv4 ? [v4] : []), ...(ipv6 ? [v6] : [])];
}

function node(random: Random, name: string, { index, families }: { index: number; families: Families }): JsonObject {
  const own = addresses(families, `10.10.0.${index + 1}`, `fd00:20::${index + 1}`);
  const internal = own.map((address) => ({ type: "InternalIP", address }));
  const more = random.chance(0.3) ? [{ type: "ExternalIP", address: `20.1.9.${index + 1}` }] : [];
  const others = random.chance(0.2) ? [{ type: "Hostname", address: name }] : [];
  const metadata = { name, labels: labels(random, NODE_LABELS, random.int(0, 2)) };
  return { ...object("v1", "Node", metadata), status: { addresses: [...internal, ...more, ...others] } };
}

/** The API servers, as the slice of default/kubernetes says: one or two nodes, or an address outside. */
function apiServer(random: Random, families: Families, whole: boolean): JsonObject {
  const own = [3, 4].flatMap((index) => addresses(families, `10.10.0.${index}`, `fd00:20::${index}`));
  const known = random.chance(0.5) ? own : own.slice(0, 1);
  const found = whole ? own : random.chance(0.7) ? known : ["20.1.1.1"];
  return slice({ name: "kubernetes", namespace: "default" }, [{ addresses: found, conditions: { ready: true } }]);
}

function slice(
  service: { readonly name: string; readonly namespace: string },
  endpoints: readonly JsonObject[],
): JsonObject {
  const { name, namespace } = service;
  const metadata = { name: `${name}-1`, namespace, labels: { "kubernetes.io/service-name": name } };
  const object = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata, addressType: "IPv4", endpoints };
  return { ...object, ports: [{ port: 80, protocol: "TCP" }] };
}

function pod(
  random: Random,
  { index, families, whole }: { readonly index: number; readonly families: Families; readonly whole: boolean },
): { readonly name: string; readonly object: JsonObject } {
  const name = `p${index}`;
  const namespace = namespaceOf(random);
  const hostNetwork = random.chance(0.08);
  const own = addresses(families, hostNetwork ? "10.10.0.1" : `10.0.1.${index}`, `fd00:10::${index}`);
  const metadata = { name, namespace, labels: podLabels(random) };
  const status = random.chance(0.05) ? {} : { podIP: own[0] ?? "", podIPs: own.map((ip) => ({ ip })) };
  const spec = {
    containers: [{ name: "c", image: "x", ports: containerPorts(random) }],
    ...(whole || random.chance(0.9) ? { nodeName: random.pick(NODES) } : {}),
    ...(random.chance(0.3) ? { serviceAccountName: random.pick(ACCOUNTS) } : {}),
    ...(hostNetwork ? { hostNetwork: true } : {}),
  };
  return { name: `${namespace}/${name}`, object: { ...object("v1", "Pod", metadata), spec, status } };
}

/** Mostly plain labels; sometimes those that minors treat apart. */
function podLabels(random: Random): JsonObject {
  const { app = [], tier = [], "k8s-app": dns = [] } = POD_LABELS;
  const own = random.chance(0.8) ? { app: random.pick(app) } : {};
  const words = random.chance(0.7) ? { app, tier, "k8s-app": dns } : POD_LABELS;
  return { ...own, ...labels(random, words, random.int(0, 2)) };
}

function containerPorts(random: Random): readonly JsonObject[] {
  return random.times(
    random.weighted([
      [2, 0],
      [3, 1],
      [2, 2],
      [1, 3],
    ]),
    () => ({
      name: random.pick([...PORT_NAMES, "HTTP"]),
      containerPort: random.pick([80, 81, 53, 443, 8080]),
      ...(random.chance(0.2)
        ? {}
        : {
            protocol: random.weighted([
              [5, "TCP"],
              [2, "UDP"],
              [0.5, "SCTP"],
            ]),
          }),
    }),
  );
}

function service(random: Random, name: string): readonly JsonObject[] {
  const namespace = namespaceOf(random);
  const metadata = { name, namespace, labels: labels(random, SERVICE_LABELS, random.int(0, 2)) };
  const selector = random.weighted<JsonObject>([
    [4, { selector: { app: random.pick(["web", "api", "db"]) } }],
    [3, {}],
    [0.5, { selector: {} }],
  ]);
  const endpoints = random.times(random.int(0, 2), () => ({
    addresses: [random.pick(["8.8.8.8", "20.1.2.3", "10.0.1.1", "10.0.1.2", "10.10.0.2", "2001:db8::1"])],
    ...(random.chance(0.3) ? { conditions: { ready: random.chance(0.5), serving: random.chance(0.5) } } : {}),
  }));
  const made = { ...object("v1", "Service", metadata), spec: { ...selector, ports: [{ port: 80 }] } };
  return random.chance(0.7) ? [made, slice({ name, namespace }, endpoints)] : [made];
}

function group(random: Random, name: string, families: Families): JsonObject {
  const externalCIDRs = random.times(random.int(1, 3), () => cidr(random, families));
  const metadata = { name, labels: labels(random, GROUP_LABELS, random.int(0, 2)) };
  return { ...object("cilium.io/v2", "CiliumCIDRGroup", metadata), spec: { externalCIDRs } };
}

function object(apiVersion: string, kind: string, metadata: JsonObject): JsonObject {
  return { apiVersion, kind, metadata };
}
