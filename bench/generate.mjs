// Policies generated and proven for 500 workloads and 50,000 conversations by the built command, from a recording and
// objects made up here. Prints one JSON line. BENCH_DIST names the build (default dist).
import { spawnSync } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

const NAMESPACES = 25;
const WORKLOADS = 20;
const INSIDE = 60;
const OUTSIDE = 39;
const flows = "bench/data/generate-flows.jsonl";
const objects = "bench/data/generate-objects.json";

const start = Date.UTC(2026, 10, 20);
const all = Array.from({ length: NAMESPACES * WORKLOADS }, (_, index) => {
  const namespace = `team-${String(index % NAMESPACES).padStart(2, "0")}`;
  const name = `app-${String(Math.floor(index / NAMESPACES)).padStart(2, "0")}`;
  return { namespace, name, address: `10.244.${index >> 8}.${index & 255}`, port: 8000 + (index % 7) };
});
const dns = { namespace: "kube-system", name: "coredns", address: "10.245.0.1", port: 53, label: "k8s-app=kube-dns" };

function labelsOf({ namespace, name, label = `app.kubernetes.io/name=${name}` }) {
  return [
    `k8s:${label}`,
    `k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=${namespace}`,
    "k8s:io.cilium.k8s.policy.cluster=bench",
    `k8s:io.cilium.k8s.policy.serviceaccount=${name}`,
    `k8s:io.kubernetes.pod.namespace=${namespace}`,
  ].sort();
}

function podEnd(one) {
  const { namespace, name } = one;
  const workloads = [{ name, kind: "Deployment" }];
  return {
    ID: 1,
    identity: 30_000,
    cluster_name: "bench",
    namespace,
    labels: labelsOf(one),
    pod_name: `${name}-5d4f-x`,
    workloads,
  };
}

function line(time, { from, to, address, protocol, port, names = [] }) {
  const ports = { source_port: 40_000 + (time % 20_000), destination_port: port };
  const when = new Date(time).toISOString();
  const flow = {
    time: when,
    uuid: `${time}-${address}-${port}`,
    verdict: "FORWARDED",
    IP: { source: from.address, destination: address, ipVersion: "IPv4" },
    l4: protocol === "TCP" ? { TCP: { ...ports, flags: { SYN: true } } } : { UDP: ports },
    source: podEnd(from),
    destination: to,
    Type: "L3_L4",
    node_name: "bench/n1",
    event_type: { type: 4, sub_type: to.ID === undefined ? 3 : 0 },
    traffic_direction: "EGRESS",
    trace_observation_point: to.ID === undefined ? "TO_STACK" : "TO_ENDPOINT",
    trace_reason: "NEW",
    is_reply: false,
    ...(names.length === 0 ? {} : { destination_names: names }),
  };
  return `${JSON.stringify({ flow, node_name: "bench/n1", time: when })}\n`;
}

function* conversations() {
  for (const [index, from] of all.entries()) {
    for (let nth = 0; nth < INSIDE; nth += 1) {
      const to = all[(index * 7 + nth * 13 + 1) % all.length];
      yield { from, to: podEnd(to), address: to.address, protocol: "TCP", port: to.port };
    }
    for (let nth = 0; nth < OUTSIDE; nth += 1) {
      const number = (index * 3 + nth * 5) % 2000;
      const address = `198.51.${number >> 8}.${number & 255}`;
      const to = { identity: 2, labels: ["reserved:world"] };
      yield { from, to, address, protocol: "TCP", port: 443, names: [`api.service-${number}.example.com`] };
    }
    yield { from, to: podEnd(dns), address: dns.address, protocol: "UDP", port: 53 };
  }
}

async function writeInputs() {
  mkdirSync("bench/data", { recursive: true });
  const stream = createWriteStream(flows);
  for (const hour of [0, 47]) {
    let time = start + hour * 3_600_000;
    for (const one of conversations()) {
      time += 20;
      if (!stream.write(line(time, one))) await new Promise((resolve) => stream.once("drain", resolve));
    }
  }
  await new Promise((resolve) => stream.end(resolve));
  const items = [...all, dns].flatMap((one) => {
    const { namespace, name, port, label = `app.kubernetes.io/name=${name}`, address } = one;
    const labels = { [label.split("=")[0]]: label.split("=")[1], "pod-template-hash": "5d4f" };
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: `${name}-5d4f`, uid: "1", controller: true };
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `${name}-5d4f-x`, namespace, labels, generateName: `${name}-5d4f-`, ownerReferences: [owner] },
      spec: {
        nodeName: "n1",
        serviceAccountName: name,
        containers: [{ name: "app", image: "app", ports: [{ containerPort: port }] }],
      },
      status: { phase: "Running", podIP: address, podIPs: [{ ip: address }] },
    };
    const selector = { [label.split("=")[0]]: label.split("=")[1] };
    const spec = { type: "ClusterIP", clusterIP: "None", selector, ports: [{ port, targetPort: port }] };
    return [pod, { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec }];
  });
  writeFileSync(objects, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
}

if (!existsSync(flows) || !existsSync(objects)) await writeInputs();

/** How long the built command takes. */
function run(args) {
  const script = `${process.env.BENCH_DIST ?? "dist"}/main.js`;
  const from = performance.now();
  const result = spawnSync(process.execPath, [script, ...args], { encoding: "utf8", maxBuffer: 1 << 30 });
  return { result, seconds: (performance.now() - from) / 1000 };
}

const inputs = ["--flows", flows, "--objects", objects, "--quiet"];
const { result, seconds } = run(["generate", ...inputs, "-o", "json"]);
if (result.status !== 0) throw new Error(`generate ended with ${result.status}: ${result.stderr.slice(0, 2000)}`);
const { proof, policies } = JSON.parse(result.stdout);
const figures = [
  { what: `conversations, ${policies.length} policies`, value: String(proof.conversations), limit: "", ok: null },
  {
    what: "generated and proven, the recording read as well",
    value: `${seconds.toFixed(1)} s`,
    limit: "< 10 s",
    ok: seconds < 10,
  },
];
console.log(JSON.stringify({ figures }));
