import { hostPrefix, parseAddress, prefixKey, unmapped } from "#engine/cidr.ts";
import { worldName } from "#engine/cidr-selector.ts";
import { createEngine, type Engine, wholeOf } from "#engine/engine.ts";
import { podEnd } from "#engine/identity.ts";
import { SEMANTICS } from "#engine/semantics.ts";
import type { Connection } from "#model/connection.ts";
import type { AddressEnd, End, PodEnd, ReservedEnd } from "#model/conversation.ts";
import type { ConversationDecision, Direction, Ruling } from "#model/decision.ts";
import type { Inventory, Node, Pod } from "#model/objects.ts";
import type { PolicyObject, RuleRef } from "#model/policy.ts";
import type { PolicyTest, TestConnection } from "#model/policy-test.ts";

/** One line of `ringfence test --output jsonl`. `got` has the keys of `expect`. */
export type PolicyTestResult =
  | {
      readonly test: string;
      /** The connection's name, or its index. */
      readonly connection: string | number;
      readonly pass: boolean;
      readonly got: Readonly<Record<string, unknown>>;
      readonly expect: Readonly<Record<string, unknown>>;
    }
  | {
      readonly test: string;
      readonly policy: string;
      readonly pass: boolean;
      readonly got: Readonly<Record<string, unknown>>;
      readonly expect: Readonly<Record<string, unknown>>;
    };

/** Runs one policy test over its decoded objects: a result for every connection and every expected policy. */
export function runPolicyTest(
  test: PolicyTest,
  inventory: Inventory,
  policies: readonly PolicyObject[],
): readonly PolicyTestResult[] {
  const world = createTestWorld(test, inventory);
  const engine = createEngine({ minor: test.cilium, config: test.config, inventory: world.inventory, policies });
  const connections = test.connections.map((connection, index) =>
    runConnection(test, { connection, index }, world, engine),
  );
  return [...connections, ...test.expectPolicies.map((expect) => runPolicy(test, expect, engine))];
}

function runPolicy(test: PolicyTest, expect: PolicyTest["expectPolicies"][number], engine: Engine): PolicyTestResult {
  const { policy, ...wanted } = expect;
  const status = engine.policies.findLast((item) => item.policy === policy);
  const error = status === undefined ? "no such policy among the objects" : status.valid ? "" : status.error;
  const help = status === undefined || status.valid ? "" : status.help;
  const got = { valid: status?.valid ?? false, error, help };
  const pass = (wanted.valid === undefined || wanted.valid === got.valid) && got.error.includes(wanted.error ?? "");
  return { test: test.name, policy, pass: pass && status !== undefined, got, expect: wanted };
}

function runConnection(
  test: PolicyTest,
  { connection, index }: { readonly connection: TestConnection; readonly index: number },
  world: TestWorld,
  engine: Engine,
): PolicyTestResult {
  const line = { test: test.name, connection: connection.name ?? index, expect: connection.expect };
  const ends = endsOf(connection, world);
  if (typeof ends === "string") return { ...line, pass: false, got: { verdict: "undecided", error: ends } };
  const to = withNames(ends.to, connection.to, connection.from, world);
  const from = withNames(ends.from, connection.from, connection.to, world);
  const all = answersOf(
    decide(engine, connection, { from, to, names: namesOf(connection.to, connection.from, world) }),
  );
  const got = Object.fromEntries(Object.keys(connection.expect).map((key) => [key, all[key] ?? null]));
  const pass = Object.entries(connection.expect).every(([key, wanted]) => isSame(got[key], wanted));
  return { ...line, pass, got };
}

/** Decides with the request that the proxy in question would see: a test may give an HTTP request and a DNS question. */
function decide(
  engine: Engine,
  connection: TestConnection,
  { from, to, names }: { readonly from: End; readonly to: End; readonly names: readonly string[] },
): ConversationDecision {
  const { protocol, port, icmpType, icmpCode, request, serverName } = connection;
  const known = { learned: names, complete: true };
  const given: Connection = { from, to, protocol, port, icmpType, icmpCode, request, serverName, names: known };
  const decision = engine.decide(given);
  const name = connection.dnsQuery ?? null;
  if (name === null) return decision;
  const asked = engine.decide({ ...given, request: { kind: "dns", name } });
  const side = (direction: Direction) => (asksDns(decision[direction]) ? asked : decision)[direction];
  const [egress, ingress] = [side("egress"), side("ingress")];
  return { verdict: wholeOf(egress, ingress), egress, ingress };
}

function asksDns(ruling: Ruling | null): boolean {
  return ruling?.decision === "allowed" && ruling.redirect === "dns";
}

/** Lists are compared as sets. */
function isSame(got: unknown, wanted: unknown): boolean {
  if (!Array.isArray(got) || !Array.isArray(wanted)) return got === wanted;
  const a = new Set(got);
  const b = new Set(wanted);
  return a.size === b.size && [...a].every((item) => b.has(item));
}

/** Every key that `expect` may have. */
function answersOf({ verdict, egress, ingress }: ConversationDecision): Record<string, unknown> {
  return { verdict, ...sideAnswers("egress", egress), ...sideAnswers("ingress", ingress) };
}

function sideAnswers(side: Direction, ruling: Ruling | null): Record<string, unknown> {
  if (ruling === null) return { [side]: null };
  const policies = [...new Set(ruling.by.map((rule) => rule.policy))].sort();
  const rules = (refs: readonly RuleRef[]) => refs.map((rule) => `${rule.policy} ${rule.element}`);
  const plain = {
    [side]: ruling.decision,
    [`${side}Policies`]: policies,
    [`${side}Rules`]: rules(ruling.by),
    [`${side}DefaultDeny`]: rules(ruling.defaultDeny),
  };
  if (ruling.decision !== "allowed") return plain;
  return {
    ...plain,
    [`${side}Redirect`]: ruling.redirect ?? "none",
    [`${side}Auth`]: ruling.auth ?? "disabled",
    [`${side}L7`]: ruling.l7,
  };
}

/** The objects of a test, ready to be named by its connections. */
type TestWorld = {
  readonly test: PolicyTest;
  readonly inventory: Inventory;
  /** By `namespace/name`; a workload stands for one pod of its template. */
  readonly pods: ReadonlyMap<string, Pod>;
  readonly podsByAddress: ReadonlyMap<string, Pod>;
  /** By name, in the order of the objects. */
  readonly nodes: ReadonlyMap<string, Node>;
  readonly nodesByAddress: ReadonlyMap<string, string>;
  readonly apiServers: readonly string[];
  /** What the DNS proxies learned, by address. */
  readonly names: ReadonlyMap<string, readonly PolicyTest["dns"][number][]>;
  /** Ends of pods, made once: the engine remembers them by object. */
  readonly podEnds: Map<Pod, PodEnd>;
};

function createTestWorld(test: PolicyTest, inventory: Inventory): TestWorld {
  const templates = inventory.workloads.flatMap(({ template }) => template ?? []);
  const known = new Set(inventory.pods.map(podKey));
  const all = [...inventory.pods, ...templates.filter((pod) => !known.has(podKey(pod)))];
  const pods = new Map(all.map((pod) => [podKey(pod), pod]));
  const plain = [...pods.values()].filter((pod) => !pod.hostNetwork);
  const nodes = new Map(inventory.nodes.map((node) => [node.name, node]));
  return {
    test,
    inventory: { ...inventory, pods: [...pods.values()] },
    pods,
    podsByAddress: new Map(plain.flatMap((pod) => pod.addresses.map((address) => [addressKey(address), pod]))),
    nodes,
    nodesByAddress: new Map(
      [...nodes.values()].flatMap((node) => nodeAddresses(node).map((it) => [addressKey(it), node.name])),
    ),
    apiServers: inventory.endpointSlices
      .filter((slice) => slice.namespace === "default" && slice.service === "kubernetes")
      .flatMap((slice) => slice.addresses),
    names: namesByAddress(test),
    podEnds: new Map(),
  };
}

function namesByAddress(test: PolicyTest): TestWorld["names"] {
  const names = new Map<string, PolicyTest["dns"][number][]>();
  for (const entry of test.dns) {
    for (const key of new Set(entry.ips.map(addressKey))) {
      const known = names.get(key);
      if (known === undefined) names.set(key, [entry]);
      else known.push(entry);
    }
  }
  return names;
}

function podKey(pod: Pod): string {
  return `${pod.namespace}/${pod.name}`;
}

const NODE_ADDRESS_TYPES: ReadonlySet<string> = new Set(["InternalIP", "ExternalIP", "CiliumInternalIP"]);

function nodeAddresses(node: Node): readonly string[] {
  return node.addresses
    .filter((item) => NODE_ADDRESS_TYPES.has(item.type) && parseAddress(item.address) !== null)
    .map((item) => item.address);
}

/** Equal for two spellings of one address; the text itself when it is none. */
function addressKey(text: string): string {
  const address = parseAddress(text);
  return address === null ? text : prefixKey(hostPrefix(unmapped(address)));
}

/** An end before it is known from which node it is looked at. */
type Named =
  | { readonly kind: "pod"; readonly pod: Pod }
  | { readonly kind: "node"; readonly name: string; readonly address: string | null }
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "reserved"; readonly entity: string };

function endsOf(connection: TestConnection, world: TestWorld): { readonly from: End; readonly to: End } | string {
  const from = namedEnd(connection.from, world);
  const to = namedEnd(connection.to, world);
  if (from === null) return `no such end: ${connection.from}`;
  if (to === null) return `no such end: ${connection.to}`;
  const fromEnd = endOf(from, viewNode(to, from, world), world);
  const toEnd = endOf(to, viewNode(from, to, world), world);
  if (fromEnd === null) return `no such end: ${connection.from}`;
  return toEnd === null ? `no such end: ${connection.to}` : { from: fromEnd, to: toEnd };
}

function namedEnd(text: string, world: TestWorld): Named | null {
  if (text.startsWith("reserved:")) return { kind: "reserved", entity: text.slice("reserved:".length) };
  if (parseAddress(text) !== null) {
    const pod = world.podsByAddress.get(addressKey(text));
    if (pod !== undefined) return { kind: "pod", pod };
    const node = world.nodesByAddress.get(addressKey(text));
    return node === undefined ? { kind: "address", address: text } : { kind: "node", name: node, address: text };
  }
  const pod = world.pods.get(text);
  if (pod === undefined) return null;
  return pod.hostNetwork ? { kind: "node", name: pod.nodeName ?? "", address: null } : { kind: "pod", pod };
}

/** The node of the endpoint that looks at an end: what is `host` there is `remote-node` elsewhere. */
function viewNode(viewer: Named, seen: Named, world: TestWorld): string {
  if (viewer.kind === "pod") return viewer.pod.nodeName ?? "";
  const isOwn = viewer.kind === "reserved" && (viewer.entity === "health" || viewer.entity === "ingress");
  if (isOwn && seen.kind === "pod") return seen.pod.nodeName ?? "";
  return [...world.nodes.keys()][0] ?? "";
}

function endOf(named: Named, view: string, world: TestWorld): End | null {
  switch (named.kind) {
    case "pod":
      return podEndOf(named.pod, world);
    case "node":
      return nodeEnd(named.name, named.address, view, world);
    case "address":
      return addressEnd(named.address);
    case "reserved":
      return reservedEnd(named.entity, view, world);
  }
}

function podEndOf(pod: Pod, { podEnds, inventory, test }: TestWorld): PodEnd {
  const known = podEnds.get(pod);
  if (known !== undefined) return known;
  const made = podEnd(pod, inventory, test.cilium, test.config);
  podEnds.set(pod, made);
  return made;
}

function addressEnd(address: string): AddressEnd {
  return { kind: "address", address, names: [], labels: [] };
}

function plainEnd(entity: string, labels: readonly string[] = [entity]): ReservedEnd {
  return {
    kind: "reserved",
    entity,
    labels: labels.map((name) => `reserved:${name}`).sort(),
    addresses: [],
    nodes: [],
  };
}

function reservedEnd(entity: string, view: string, world: TestWorld): ReservedEnd | null {
  const { config, cilium } = world.test;
  const worldEnd = (family: 4 | 6) => plainEnd("world", [worldName(family, { ...SEMANTICS[cilium], ...config })]);
  switch (entity) {
    case "host":
      return nodeEnd(view, null, view, world);
    case "remote-node":
      return nodeEnd(otherNode(view, world), null, view, world);
    case "kube-apiserver":
      return apiServerEnd(view, world);
    case "world":
      return worldEnd(config.ipv4 ? 4 : 6);
    case "world-ipv4":
      return worldEnd(4);
    case "world-ipv6":
      return worldEnd(6);
    case "health":
    case "init":
    case "unmanaged":
    case "ingress":
      return plainEnd(entity);
    default:
      return null;
  }
}

/** The first node that is neither the viewer's nor an API server; "" when there is none. */
function otherNode(view: string, world: TestWorld): string {
  const found = [...world.nodes.values()].find(
    (node) => node.name !== view && !nodeAddresses(node).some((it) => isApiServer(it, world)),
  );
  return found?.name ?? "";
}

function isApiServer(address: string, world: TestWorld): boolean {
  return world.apiServers.some((known) => addressKey(known) === addressKey(address));
}

function apiServerEnd(view: string, world: TestWorld): ReservedEnd {
  for (const address of world.apiServers) {
    const node = world.nodesByAddress.get(addressKey(address));
    if (node !== undefined && node !== view) return nodeEnd(node, address, view, world);
  }
  return plainEnd("kube-apiserver", ["kube-apiserver", "remote-node"]);
}

/** A node as another (or the same) node's agent knows it: by the address used, or its first. */
function nodeEnd(name: string, used: string | null, view: string, world: TestWorld): ReservedEnd {
  const node = world.nodes.get(name);
  const own = node === undefined ? [] : nodeAddresses(node);
  const addresses = name === view ? own : [used ?? own[0]].flatMap((address) => address ?? []);
  const api = addresses.some((address) => isApiServer(address, world)) ? ["kube-apiserver"] : [];
  const entity = name === view ? "host" : api.length > 0 ? "kube-apiserver" : "remote-node";
  const labels = [name === view ? "host" : "remote-node", ...api];
  return { ...plainEnd(entity, labels), addresses, nodes: node === undefined ? [] : [name] };
}

function withNames(end: End, text: string, viewer: string, world: TestWorld): End {
  return end.kind === "address" ? { ...end, names: namesOf(text, viewer, world) } : end;
}

/** Names that the viewer's node has learned for an address. */
function namesOf(text: string, viewer: string, world: TestWorld): readonly string[] {
  const known = world.names.size === 0 ? undefined : world.names.get(addressKey(text));
  if (known === undefined) return [];
  const from = namedEnd(viewer, world);
  const view = from?.kind === "pod" ? (from.pod.nodeName ?? "") : null;
  const isSeen = (seenBy: string | null) => {
    const seer = seenBy === null ? undefined : world.pods.get(seenBy);
    return seenBy === null || (seer !== undefined && (seer.nodeName ?? "") === view);
  };
  return known.filter(({ seenBy }) => isSeen(seenBy)).map((entry) => entry.name);
}
