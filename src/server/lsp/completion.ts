import { podEnds } from "#analysis/known-ends.ts";
import { bareKey, isNamespaceKey } from "#analysis/selector-text.ts";
import type { LintWorld } from "#lint/lint-world.ts";
import { NAMESPACE_LABEL, parseLabel } from "#model/labels.ts";
import type { YamlContext } from "./yaml-context.ts";

/** One proposal: what is written, and a few words beside it. */
export type Proposal = { readonly text: string; readonly detail: string };

/** pkg/policy/api EntitySelectorMapping. */
const ENTITIES: readonly Proposal[] = [
  { text: "all", detail: "everything" },
  { text: "world", detail: "outside the cluster" },
  { text: "world-ipv4", detail: "outside, IPv4 (dual stack)" },
  { text: "world-ipv6", detail: "outside, IPv6 (dual stack)" },
  { text: "cluster", detail: "everything in the cluster" },
  { text: "host", detail: "the pod's own node" },
  { text: "remote-node", detail: "other nodes" },
  { text: "kube-apiserver", detail: "the API server" },
  { text: "ingress", detail: "Cilium's Ingress and Gateway" },
  { text: "health", detail: "Cilium's health endpoints" },
  { text: "init", detail: "endpoints without identity yet" },
  { text: "unmanaged", detail: "pods that Cilium does not manage" },
  { text: "none", detail: "nothing" },
];

const PROTOCOLS = ["TCP", "UDP", "SCTP", "ICMP", "ICMPv6", "ANY"].map((text) => ({ text, detail: "protocol" }));
const MOST = 200;

/** What could stand at the cursor, from the snapshot: labels and their values, namespaces, entities, ports. */
export function proposals({ keys, key, prefix }: YamlContext, world: LintWorld): readonly Proposal[] {
  const last = keys.at(-1) ?? "";
  const wanted = candidates(keys, key, last, world);
  const typed = prefix.toLowerCase();
  return wanted.filter(({ text }) => text.toLowerCase().includes(typed)).slice(0, MOST);
}

function candidates(keys: readonly string[], key: string | null, last: string, world: LintWorld): readonly Proposal[] {
  const isEntities = (name: string) => name === "fromEntities" || name === "toEntities";
  if (isEntities(key ?? last)) return ENTITIES;
  if (key === "protocol") return PROTOCOLS;
  if (key === "port") return ports(world);
  if (key === "namespace" || (key !== null && bareKey(key) === NAMESPACE_LABEL)) return namespaces(world);
  const isSelector = keys.some((name) =>
    /^(?:matchLabels|endpointSelector|podSelector|fromEndpoints|toEndpoints)$/.test(name),
  );
  if (key !== null && isSelector && !["matchLabels", "operator", "values"].includes(key)) return values(key, world);
  if (key === null && last === "matchLabels") return labelKeys(world);
  return [];
}

function labelsOf(world: LintWorld): readonly { readonly key: string; readonly value: string }[] {
  return podEnds(world.causes.ends)
    .flatMap((end) => end.labels)
    .map(parseLabel)
    .filter(({ source }) => source === "k8s");
}

function labelKeys(world: LintWorld): readonly Proposal[] {
  const counted = new Map<string, number>();
  for (const { key } of labelsOf(world)) {
    if (!key.startsWith("io.cilium.k8s.namespace")) counted.set(key, (counted.get(key) ?? 0) + 1);
  }
  return [...counted]
    .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
    .map(([key, count]) => ({
      text: isNamespaceKey(key) ? `k8s:${key}` : key,
      detail: `label of ${count} ${count === 1 ? "endpoint" : "endpoints"}`,
    }));
}

function values(key: string, world: LintWorld): readonly Proposal[] {
  const found = labelsOf(world).filter((label) => label.key === bareKey(key));
  return distinct(found.map(({ value }) => value)).map((text) => ({ text, detail: `value of ${bareKey(key)}` }));
}

function namespaces(world: LintWorld): readonly Proposal[] {
  const { inventory } = world.snapshot;
  const seen = podEnds(world.causes.ends).map((end) => end.namespace);
  return distinct([...inventory.namespaces.map(({ name }) => name), ...seen]).map((text) => ({
    text,
    detail: "namespace",
  }));
}

/** Container ports, numbers and names; a Service's port is not what policy sees. */
function ports({ snapshot }: LintWorld): readonly Proposal[] {
  const found = new Map<string, string>();
  for (const pod of snapshot.inventory.pods) {
    for (const { name, port, protocol } of pod.ports) {
      found.set(String(port), `container port of ${pod.namespace}/${pod.name}, ${protocol}`);
      if (name !== "") found.set(name, `names ${port}/${protocol} in ${pod.namespace}/${pod.name}`);
    }
  }
  for (const { to, port, protocol } of snapshot.traffic.conversations) {
    if (to.kind === "pod" && port !== null && !found.has(String(port))) found.set(String(port), `seen, ${protocol}`);
  }
  return [...found].map(([text, detail]) => ({ text, detail }));
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].filter((text) => text !== "").sort();
}
