// Writes a recording as `hubble observe -o jsonpb` would print it, of a cluster that never existed: the same options give
// the same bytes, and the same conversations however many flows. Events come in the shapes that a real Cilium 1.20 shows
// at the default aggregation (traces of new, established and replying packets, policy verdicts, DNS through the proxy,
// drops), about 1.5 KB a line.
//   node bench/generate-flows.mjs --count 1000000 --out FILE|- [--seed N] [--nodes N] [--namespaces N] [--seconds N]
// --seconds spreads them over so long; without it they come at 200 a second.
import { closeSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000000" },
    out: { type: "string", default: "-" },
    seed: { type: "string", default: "1" },
    nodes: { type: "string", default: "3" },
    namespaces: { type: "string", default: "8" },
    seconds: { type: "string", default: "0" },
  },
});
const count = Number(values.count);
const nodeCount = Number(values.nodes);
const namespaceCount = Number(values.namespaces);

// xorshift32: small, and the same everywhere
let state = (Number(values.seed) * 2654435761) >>> 0 || 1;
function random() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}
const below = (limit) => random() % limit;
const hex = (length) => random().toString(16).padStart(8, "0").slice(0, length);

const nodes = Array.from({ length: nodeCount }, (_, index) => ({
  name: `bench/worker-${index + 1}`,
  labels: `["kubernetes.io/arch=amd64","kubernetes.io/hostname=worker-${index + 1}","kubernetes.io/os=linux"]`,
  address: `192.0.2.${10 + index}`,
  router: `10.244.${index}.1`,
}));

const ROLES = [
  ["web", "Deployment", 8080],
  ["api", "Deployment", 3000],
  ["worker", "Deployment", 9464],
  ["db", "StatefulSet", 5432],
  ["cache", "StatefulSet", 6379],
];
let nextIdentity = 20_000;
let nextEndpoint = 100;
const mac = () => Array.from({ length: 6 }, () => hex(2)).join(":");

function workload(namespace, name, kind, port) {
  nextIdentity += 1 + below(90);
  const labels = [
    `gen:io.cilium.k8s.named-ports=http.TCP.${port}_metrics.TCP.9464`,
    `k8s:app.kubernetes.io/name=${name}`,
    `k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=${namespace}`,
    "k8s:io.cilium.k8s.policy.cluster=bench",
    `k8s:io.cilium.k8s.policy.serviceaccount=${name}`,
    `k8s:io.kubernetes.pod.namespace=${namespace}`,
  ];
  const made = { namespace, name, kind, port, identity: nextIdentity, labels: JSON.stringify(labels), pods: [] };
  const replicas = kind === "Deployment" ? 2 : 1;
  for (let index = 0; index < replicas; index += 1) {
    const node = nodes[below(nodes.length)];
    nextEndpoint += 1;
    made.pods.push({
      node,
      id: nextEndpoint,
      name: kind === "Deployment" ? `${name}-7d9b8c6f5-${hex(5)}` : `${name}-${index}`,
      address: `${node.router.slice(0, node.router.lastIndexOf("."))}.${nextEndpoint - 90}`,
      mac: mac(),
      interface: nextEndpoint,
    });
  }
  return made;
}

const dns = workload("kube-system", "coredns", "Deployment", 53);
const workloads = [];
for (let index = 0; index < namespaceCount; index += 1) {
  for (const [name, kind, port] of ROLES) workloads.push(workload(`team-${index + 1}`, name, kind, port));
}

function podEnd(from, pod, isLocal) {
  const id = isLocal ? `"ID":${pod.id},` : "";
  const workloads = isLocal ? `,"workloads":[{"name":"${from.name}","kind":"${from.kind}"}]` : "";
  return `{${id}"identity":${from.identity},"cluster_name":"bench","namespace":"${from.namespace}","labels":${from.labels},"pod_name":"${pod.name}"${workloads}}`;
}
const WORLD = '{"identity":2,"labels":["reserved:world"]}';
const HOST = '{"identity":1,"labels":["reserved:host"]}';

const REPLY = '"reply":true,';
function trace(node, point, subType, more) {
  const [name, reason, reply, direction, flags] = more;
  const type = subType === 0 ? '{"type":4}' : `{"type":4,"sub_type":${subType}}`;
  return `"Type":"L3_L4","node_name":"${node.name}","node_labels":${node.labels},${reply ? REPLY : ""}"event_type":${type},"traffic_direction":"${direction}","trace_observation_point":"${point}","trace_reason":"${reason}","is_reply":${reply},"interface":{"index":${name},"name":"lxc${name}"},"Summary":"${flags}"}`;
}
function verdictTail(node, direction, policy, flags) {
  const list = `[{"name":"${policy.name}","namespace":"${policy.namespace}","labels":["k8s:io.cilium.k8s.policy.derived-from=CiliumNetworkPolicy","k8s:io.cilium.k8s.policy.name=${policy.name}","k8s:io.cilium.k8s.policy.namespace=${policy.namespace}","k8s:io.cilium.k8s.policy.uid=bdcc04b0-0e56-462f-87dc-db0c1ba67d2f"],"revision":"11","kind":"CiliumNetworkPolicy"}]`;
  return `"Type":"L3_L4","node_name":"${node.name}","node_labels":${node.labels},"event_type":{"type":5},"traffic_direction":"${direction.toUpperCase()}","policy_match_type":2,"is_reply":false,"Summary":"${flags}","${direction}_allowed_by":${list},"policy_log":[""]}`;
}

// A template is the text between what differs on every line: time, uuid, the client's port. `turned`: it is a reply.
// The templates of one connection, in the order of its events, are a script.
const scripts = [];
let templates = [];
function endScript() {
  scripts.push(templates);
  templates = [];
}
function template({ node, verdict, macs, from, to, protocol, port, flags, source, destination, tail, turned }) {
  const flagText = flags === "" ? "" : `,"flags":{${flags.map((flag) => `"${flag}":true`).join(",")}}`;
  const ethernet = `"ethernet":{"source":"${macs[0]}","destination":"${macs[1]}"},`;
  const head = `","emitter":{"name":"Hubble","version":"1.20.2"},"verdict":"${verdict}",${ethernet}"IP":{"source":"${from}","destination":"${to}","ipVersion":"IPv4"},"l4":{"${protocol}":{`;
  const before = turned ? `"source_port":${port},"destination_port":` : '"source_port":';
  const after = turned ? "" : `,"destination_port":${port}`;
  const rest = `${after}${flagText}}},"source":${source},"destination":${destination},${tail},"node_name":"${node.name}","time":"`;
  templates.push({ head: head + before, rest });
}

const SYN = ["SYN"];
const DATA = ["PSH", "ACK"];
const FIN = ["FIN", "ACK"];

function connectionOfPods(client, clientPod, server, serverPod) {
  const macs = [clientPod.mac, serverPod.mac];
  const ends = (isReply, here) => {
    const isClientHere = clientPod.node === here;
    const isServerHere = serverPod.node === here;
    const a = podEnd(client, clientPod, isClientHere);
    const b = podEnd(server, serverPod, isServerHere);
    return isReply ? [b, a] : [a, b];
  };
  const put = (node, tail, isReply, flags, verdict = "FORWARDED") => {
    const [source, destination] = ends(isReply, node);
    template({
      node,
      verdict,
      macs: isReply ? [macs[1], macs[0]] : macs,
      from: isReply ? serverPod.address : clientPod.address,
      to: isReply ? clientPod.address : serverPod.address,
      protocol: "TCP",
      port: server.port,
      flags,
      source,
      destination,
      tail,
      turned: isReply,
    });
  };
  const policy = { name: `${server.name}-policy`, namespace: server.namespace };
  const request = (pod, point, subType, reason, flags) => {
    const summary = `TCP Flags: ${flags.join(", ")}`;
    put(pod.node, trace(pod.node, point, subType, [pod.interface, reason, false, "EGRESS", summary]), false, flags);
  };
  put(clientPod.node, verdictTail(clientPod.node, "egress", policy, "TCP Flags: SYN"), false, SYN);
  put(serverPod.node, verdictTail(serverPod.node, "ingress", policy, "TCP Flags: SYN"), false, SYN);
  for (const [reason, flags, answer] of [
    ["NEW", SYN, ["SYN", "ACK"]],
    ["ESTABLISHED", DATA, DATA],
    ["ESTABLISHED", FIN, FIN],
  ]) {
    if (clientPod.node !== serverPod.node) request(clientPod, "TO_OVERLAY", 4, reason, flags);
    request(serverPod, "TO_ENDPOINT", 0, reason, flags);
    const summary = `TCP Flags: ${answer.join(", ")}`;
    const tail = trace(clientPod.node, "TO_ENDPOINT", 0, [clientPod.interface, "REPLY", true, "EGRESS", summary]);
    put(clientPod.node, tail, true, answer);
  }
}

function connectionToWorld(client, pod, address) {
  const tail = (reason, flags) =>
    trace(pod.node, "TO_NETWORK", 11, [pod.interface, reason, false, "EGRESS", `TCP Flags: ${flags.join(", ")}`]);
  for (const [reason, flags] of [
    ["NEW", SYN],
    ["ESTABLISHED", DATA],
    ["ESTABLISHED", FIN],
  ]) {
    template({
      node: pod.node,
      verdict: "FORWARDED",
      macs: [pod.mac, "02:00:00:00:00:01"],
      from: pod.address,
      to: address,
      protocol: "TCP",
      port: 443,
      flags,
      source: podEnd(client, pod, true),
      destination: WORLD,
      tail: tail(reason, flags),
      turned: false,
    });
  }
}

function probe(server, pod) {
  template({
    node: pod.node,
    verdict: "FORWARDED",
    macs: ["02:00:00:00:00:01", pod.mac],
    from: pod.node.router,
    to: pod.address,
    protocol: "TCP",
    port: server.port,
    flags: SYN,
    source: HOST,
    destination: podEnd(server, pod, true),
    tail: trace(pod.node, "TO_ENDPOINT", 0, [pod.interface, "NEW", false, "INGRESS", "TCP Flags: SYN"]),
    turned: false,
  });
}

function lookup(client, pod, query) {
  const resolver = dns.pods[below(dns.pods.length)];
  const names = { source: podEnd(client, pod, true), destination: podEnd(dns, resolver, pod.node === resolver.node) };
  const base = { node: pod.node, macs: [pod.mac, resolver.mac], protocol: "UDP", port: 53, flags: "" };
  const { node } = pod;
  const l7 = (type, dnsPart, isReply, summary) =>
    `"Type":"L7","node_name":"${node.name}","node_labels":${node.labels},"l7":{"type":"${type}","dns":${dnsPart}},${isReply ? REPLY : ""}"event_type":{"type":129},"traffic_direction":"EGRESS","is_reply":${isReply},"Summary":${JSON.stringify(summary)}}`;
  const asked = `{"query":"${query}","observation_source":"proxy","qtypes":["A"]}`;
  const answered = `{"query":"${query}","ips":["198.51.100.7"],"ttl":30,"observation_source":"proxy","qtypes":["A"],"rrtypes":["A"]}`;
  const forth = { ...base, ...names, from: pod.address, to: resolver.address, turned: false, verdict: "FORWARDED" };
  const back = {
    ...base,
    source: names.destination,
    destination: names.source,
    from: resolver.address,
    to: pod.address,
    turned: true,
    verdict: "FORWARDED",
  };
  const policy = { name: `${client.name}-policy`, namespace: client.namespace };
  template({ ...forth, verdict: "REDIRECTED", tail: verdictTail(node, "egress", policy, "UDP") });
  template({ ...forth, tail: trace(node, "TO_PROXY", 1, [pod.interface, "NEW", false, "EGRESS", "UDP"]) });
  template({ ...forth, tail: l7("REQUEST", asked, false, `DNS Query ${query} A`) });
  template({ ...back, tail: l7("RESPONSE", answered, true, `DNS Answer "198.51.100.7" TTL: 30 (Proxy ${query} A)`) });
}

for (const server of workloads) {
  for (const pod of server.pods) {
    probe(server, pod);
    endScript();
  }
  for (let edge = 0; edge < 4; edge += 1) {
    const client = workloads[below(workloads.length)];
    if (client === server) continue;
    for (const clientPod of client.pods) {
      for (const serverPod of server.pods) {
        connectionOfPods(client, clientPod, server, serverPod);
        endScript();
      }
    }
  }
  for (const pod of server.pods) {
    lookup(server, pod, `db.${server.namespace}.svc.cluster.local.`);
    endScript();
    connectionToWorld(server, pod, `198.51.100.${1 + below(40)}`);
    endScript();
  }
}

const descriptor = values.out === "-" ? 1 : openSync(values.out, "w");
let waiting = "";
function put(text) {
  waiting += text;
  if (waiting.length < 1 << 20) return;
  flush();
}
function flush() {
  const bytes = Buffer.from(waiting, "latin1");
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  waiting = "";
}

// Between two of them 5 ms on the average.
const stretch = values.seconds === "0" ? 1 : (Number(values.seconds) * 200) / count;
const BEGIN = Date.UTC(2026, 10, 21, 2, 0, 0);
let nanos = 0n;
function nextTime() {
  nanos += BigInt(Math.round((1_000_000 + (random() % 8_000_000)) * stretch));
  const ms = BEGIN + Number(nanos / 1_000_000n);
  return `${new Date(ms).toISOString().slice(0, 19)}.${String(nanos % 1_000_000_000n).padStart(9, "0")}Z`;
}

// Some connections at a time, their events mixed.
const newConnection = () => ({ script: scripts[below(scripts.length)], next: 0, port: 32_768 + below(28_000) });
const connections = Array.from({ length: 16 }, newConnection);
for (let line = 0; line < count; line += 1) {
  const slot = below(connections.length);
  const connection = connections[slot];
  const { head, rest } = connection.script[connection.next];
  const time = nextTime();
  const uuid = `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(8)}${hex(4)}`;
  put(`{"flow":{"time":"${time}","uuid":"${uuid}${head}${connection.port}${rest}${time}"}\n`);
  connection.next += 1;
  if (connection.next === connection.script.length) connections[slot] = newConnection();
}
flush();
if (descriptor !== 1) closeSync(descriptor);
