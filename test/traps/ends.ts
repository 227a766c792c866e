import type { JsonObject } from "../../src/model/json.ts";

/** Somebody who talks, as Hubble writes them where they are not local; `node` is where they run, "" for nowhere. */
export type Party = {
  readonly address: string;
  readonly node: string;
  /** Endpoint id on `node`: written only by the node that runs it, and with it the workload. */
  readonly id: number;
  readonly endpoint: JsonObject;
  readonly workload: JsonObject | null;
};

/** A pod `namespace/name` of the Deployment `name`, with the labels that Cilium gives it. */
export function pod(
  path: string,
  address: string,
  node = "n1",
  more: Partial<{ cluster: string; labels: string[] }> = {},
) {
  const [namespace = "", name = ""] = path.split("/");
  const cluster = more.cluster ?? "lab";
  const labels = [
    `k8s:app=${name}`,
    `k8s:io.cilium.k8s.policy.cluster=${cluster}`,
    "k8s:io.cilium.k8s.policy.serviceaccount=default",
    `k8s:io.kubernetes.pod.namespace=${namespace}`,
    ...(more.labels ?? []),
  ].sort();
  const endpoint = { identity: 20_018, cluster_name: cluster, namespace, labels, pod_name: `${name}-7b6d5f9f8c-kd8vw` };
  return { address, node, id: 1303, endpoint, workload: { name, kind: "Deployment" } } satisfies Party;
}

/** An end with reserved or outside labels. Only health and ingress are endpoints with an id. */
export function reserved(names: string, address: string, identity: number, node = ""): Party {
  const labels = names.split(" ").map((name) => (name.includes(":") ? name : `reserved:${name}`));
  return { address, node, id: node === "" ? 0 : 149, endpoint: { identity, labels }, workload: null };
}

export const world = (address: string): Party => reserved("world", address, 2);

/** The same party, with members of its endpoint changed; `undefined` takes one away. */
export function but(party: Party, endpoint: Readonly<Record<string, JsonObject[string] | undefined>>): Party {
  const changed = Object.entries({ ...party.endpoint, ...endpoint }).filter(([, value]) => value !== undefined);
  return { ...party, endpoint: Object.fromEntries(changed) as JsonObject };
}

export const at = (party: Party, address: string): Party => ({ ...party, address });

export const web = pod("shop/web", "10.244.1.10");
export const db = pod("shop/db", "10.244.1.20");
/** On the other node. */
export const far = pod("shop/far", "10.244.2.30", "n2");
export const dns = pod("kube-system/dns", "10.244.1.53");
export const host = reserved("host", "10.244.1.249", 1);
export const remote = reserved("remote-node", "192.0.2.12", 6);
export const health = reserved("health", "10.244.1.101", 4, "n1");
export const outside = world("198.51.100.7");
