import { covers, hostPrefix, parseAddress, parsePrefix, unmapped } from "#engine/identity/cidr.ts";
import { workloadOf } from "#engine/identity/workload.ts";
import type { End } from "#model/conversation.ts";
import { UserError } from "#model/finding.ts";
import type { Pod, Service } from "#model/objects.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { endName } from "../end-name.ts";
import { distinctEnds } from "../known-ends.ts";

/** What a word for an end means: something the objects can name, or an end that only the recording knows. */
export type EndWord =
  | { readonly kind: "named"; readonly text: string; readonly names: readonly string[] }
  | { readonly kind: "recorded"; readonly end: End };

/** Finds the candidate that a mistyped word meant; null when none is near. */
export type Nearest = (word: string, candidates: Iterable<string>) => string | null;

const ENTITIES = ["host", "remote-node", "kube-apiserver", "health", "ingress", "init", "unmanaged", "world"];
const RESERVED = ENTITIES.map((entity) => `reserved:${entity}`);

/**
 * Reads `namespace/pod`, `namespace/workload`, `reserved:<entity>`, an address, or a DNS name that the snapshot knows.
 * Throws a UserError that names what was near.
 */
export function readEnd(word: string, role: "FROM" | "TO", snapshot: Snapshot, nearest: Nearest): EndWord {
  const named = (text: string, names: readonly string[] = []): EndWord => ({ kind: "named", text, names });
  if (word.startsWith("reserved:")) {
    if (RESERVED.includes(word)) return named(word);
    throw unknownEnd(role, word, `no such entity; known are ${RESERVED.join(", ")}`);
  }
  if (parseAddress(word) !== null) {
    refuseOddAddress(word, role, snapshot);
    return named(word, namesOf(word, snapshot));
  }
  if (word.includes("/")) return readPod(word, role, snapshot, nearest);
  if (ENTITIES.includes(word)) throw unknownEnd(role, word, `write reserved:${word}`);
  return readName(word, role, snapshot, nearest);
}

function unknownEnd(role: string, word: string, help: string, message = `${role} ${word} is not known`): UserError {
  return new UserError("unknown-end", message, { help });
}

/** A Service's own address is none that policy sees; one of a node's pod range must be a pod's. */
function refuseOddAddress(word: string, role: string, snapshot: Snapshot): void {
  const { inventory } = snapshot;
  const service = inventory.services.find((one) => one.clusterIPs.includes(word));
  if (service !== undefined) throw isService(role, word, service, snapshot);
  const address = parseAddress(word);
  if (address === null || inventory.pods.some((pod) => pod.addresses.includes(word))) return;
  if (inventory.nodes.some((node) => node.addresses.some((one) => one.address === word))) return;
  const node = inventory.nodes.find((one) =>
    one.podCIDRs.some((cidr) => {
      const prefix = parsePrefix(cidr);
      return prefix !== null && covers(prefix, hostPrefix(unmapped(address)));
    }),
  );
  if (node === undefined) return;
  const help = "give the objects of that time, or name the pod: namespace/pod";
  throw unknownEnd(
    role,
    word,
    help,
    `${role} ${word} is in the pod range of node ${node.name}, of no pod that is known`,
  );
}

function isService(role: string, word: string, service: Service, { inventory }: Snapshot): UserError {
  const { selector } = service;
  const pods = inventory.pods.filter(
    (pod) =>
      pod.namespace === service.namespace &&
      selector !== null &&
      Object.entries(selector).every(([key, value]) => pod.labels[key] === value),
  );
  const name = `${service.namespace}/${service.name}`;
  const [first] = pods;
  const ports = service.ports.map((port) => port.targetPort ?? port.port).join(", ");
  const help =
    first === undefined
      ? "its selector takes no pod that is known"
      : `ask for the pod behind it: ${podKey(first)}, port ${ports}`;
  const is = word === name ? "is a Service" : `is the address of Service ${name}`;
  return unknownEnd(role, word, help, `${role} ${word} ${is}; policy is decided after translation, at its pods`);
}

function podKey(pod: Pod): string {
  return `${pod.namespace}/${pod.name}`;
}

function namesOf(address: string, { traffic }: Snapshot): readonly string[] {
  return traffic.names.filter((record) => record.addresses.includes(address)).map((record) => record.name);
}

function allPods({ inventory }: Snapshot): readonly Pod[] {
  return [...inventory.pods, ...inventory.workloads.flatMap(({ template }) => template ?? [])];
}

function workloadKey(pod: Pod): string {
  return `${pod.namespace}/${workloadOf(pod)?.name ?? pod.name}`;
}

function readPod(word: string, role: "FROM" | "TO", snapshot: Snapshot, nearest: Nearest): EndWord {
  const pods = allPods(snapshot);
  if (pods.some((pod) => podKey(pod) === word)) return { kind: "named", text: word, names: [] };
  const running = pods.filter((pod) => workloadKey(pod) === word && !["Succeeded", "Failed"].includes(pod.phase));
  const kinds = [...new Set(running.map((pod) => workloadOf(pod)?.kind ?? "Pod"))];
  if (kinds.length > 1) {
    const examples = kinds
      .map((kind) => running.find((pod) => workloadOf(pod)?.kind === kind))
      .flatMap((pod) => pod ?? []);
    const help = `name a pod: ${examples.map(podKey).join(" or ")}`;
    throw unknownEnd(role, word, help, `${role} ${word} is ambiguous: ${kinds.join(" and ")} have that name`);
  }
  const [first] = running;
  if (first !== undefined) return { kind: "named", text: podKey(first), names: [] };
  const recorded = distinctEnds(snapshot.traffic.conversations).find((end) => isCalled(end, word));
  if (recorded !== undefined) return { kind: "recorded", end: recorded };
  const service = snapshot.inventory.services.find((one) => `${one.namespace}/${one.name}` === word);
  if (service !== undefined) throw isService(role, word, service, snapshot);
  throw unknownEnd(role, word, nearWords(word, snapshot, nearest), `${role} ${word}: no such pod or workload`);
}

function isCalled(end: End, word: string): boolean {
  return end.kind === "pod" && (endName(end) === word || end.pods.some((pod) => `${end.namespace}/${pod}` === word));
}

/** What was likely meant: the nearest name, else the names of the namespace, else the namespaces there are. */
function nearWords(word: string, snapshot: Snapshot, nearest: Nearest): string {
  const recorded = distinctEnds(snapshot.traffic.conversations)
    .filter((end) => end.kind === "pod")
    .map(endName);
  const workloads = [...new Set([...allPods(snapshot).map(workloadKey), ...recorded])];
  const near = nearest(word, [...workloads, ...allPods(snapshot).map(podKey)]);
  if (near !== null) return `did you mean ${near}?`;
  if (workloads.length === 0) return "give the cluster's objects: --objects FILE";
  const [namespace = "", name = ""] = word.split("/");
  const elsewhere = workloads.find((one) => one.endsWith(`/${name}`));
  if (elsewhere !== undefined) return `did you mean ${elsewhere}?`;
  const here = workloads.filter((one) => one.startsWith(`${namespace}/`));
  if (here.length > 0) return `known in ${namespace}: ${listed(here.map((one) => one.slice(namespace.length + 1)))}`;
  return `namespaces with pods: ${listed([...new Set(workloads.map((one) => one.split("/")[0] ?? ""))])}`;
}

function listed(names: readonly string[]): string {
  const sorted = [...names].sort();
  return sorted.length > 12 ? `${sorted.slice(0, 12).join(", ")}, …` : sorted.join(", ");
}

function readName(word: string, role: "FROM" | "TO", snapshot: Snapshot, nearest: Nearest): EndWord {
  const name = word.toLowerCase().replace(/\.$/, "");
  const known = allPods(snapshot).map(workloadKey);
  const pod = known.find((one) => one.endsWith(`/${word}`));
  if (pod !== undefined) throw unknownEnd(role, word, `write its namespace too: ${pod}`);
  if (role === "FROM")
    throw unknownEnd(role, word, "write namespace/pod, namespace/workload, reserved:<entity> or an address");
  const record = snapshot.traffic.names.find((one) => one.name === name && one.addresses.length > 0);
  const [address] = record?.addresses ?? [];
  if (address !== undefined)
    return { kind: "named", text: address, names: [name, ...namesOf(address, snapshot).filter((one) => one !== name)] };
  const near = nearest(
    name,
    snapshot.traffic.names.map((one) => one.name),
  );
  const help =
    near === null ? `tell its addresses with --names FILE, as in \`${name}: [198.51.100.7]\`` : `did you mean ${near}?`;
  throw unknownEnd(role, word, help, `${role} ${word}: no address is known for that name`);
}
