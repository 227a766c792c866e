// Lint of 1,300 made-up policies by the built command: from manifests alone, then with objects and a recording of 100,000
// conversations; and the time from a keystroke to diagnostics of a 300-line file in an editor. Prints one JSON line.
// BENCH_DIST names the build (default dist).
import { spawn, spawnSync } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createProtocolConnection, StreamMessageReader, StreamMessageWriter } from "vscode-languageserver/node";

const FOLDER = "bench/data/lint";
const MAIN = `${process.env.BENCH_DIST ?? "dist"}/main.js`;
const NAMESPACES = 50;
const WORKLOADS = 20;
const PEERS = 100;
const KUBERNETES = 300;
const KEYSTROKES = 30;
const start = Date.UTC(2026, 10, 20);

const all = Array.from({ length: NAMESPACES * WORKLOADS }, (_, index) => ({
  index,
  namespace: `team-${String(index % NAMESPACES).padStart(2, "0")}`,
  name: `app-${String(Math.floor(index / NAMESPACES)).padStart(2, "0")}`,
  address: `10.244.${index >> 8}.${index & 255}`,
  port: 8000 + (index % 7),
}));
const peerOf = (index, nth) => all[(index * 7 + nth * 13 + 1) % all.length];

/** Pods of every namespace: a set that denies nothing of what is recorded. */
const EVERYBODY = { matchExpressions: [{ key: "k8s:io.kubernetes.pod.namespace", operator: "Exists" }] };

function policyOf(one) {
  const peers = [0, 1, 2].map((nth) => peerOf(one.index, nth));
  const selector = ({ namespace, name }) => ({
    matchLabels: { "app.kubernetes.io/name": name, "k8s:io.kubernetes.pod.namespace": namespace },
  });
  const ports = (port, more = {}) => [{ ports: [{ port: String(port), protocol: "TCP" }], ...more }];
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumNetworkPolicy",
    metadata: { name: one.name, namespace: one.namespace },
    spec: {
      endpointSelector: { matchLabels: { "app.kubernetes.io/name": one.name } },
      ingress: [
        { fromEndpoints: peers.map(selector), toPorts: ports(one.port) },
        { fromEndpoints: [EVERYBODY], toPorts: ports(one.port) },
      ],
      egress: [
        {
          toEndpoints: [{ matchLabels: { "k8s-app": "kube-dns", "k8s:io.kubernetes.pod.namespace": "kube-system" } }],
          toPorts: [{ ports: [{ port: "53", protocol: "ANY" }], rules: { dns: [{ matchPattern: "*" }] } }],
        },
        { toFQDNs: [{ matchName: `api-${one.index % 9}.example.com` }], toPorts: ports(443) },
        ...peers.map((peer) => ({ toEndpoints: [selector(peer)], toPorts: ports(peer.port) })),
        { toEndpoints: [EVERYBODY], toPorts: [{ ports: [{ port: "8000", endPort: 8006, protocol: "TCP" }] }] },
      ],
    },
  };
}

function kubernetesPolicy(one) {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: `${one.name}-metrics`, namespace: one.namespace },
    spec: {
      podSelector: { matchLabels: { "app.kubernetes.io/name": one.name } },
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: one.port, protocol: "TCP" }] }],
    },
  };
}

const labelsOf = ({ namespace, name }) =>
  [
    `k8s:app.kubernetes.io/name=${name}`,
    `k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=${namespace}`,
    "k8s:io.cilium.k8s.policy.cluster=bench",
    `k8s:io.cilium.k8s.policy.serviceaccount=${name}`,
    `k8s:io.kubernetes.pod.namespace=${namespace}`,
  ].sort();
const endOf = (one) => ({
  ...{ ID: 1, identity: 30_000, cluster_name: "bench", namespace: one.namespace, labels: labelsOf(one) },
  ...{ pod_name: `${one.name}-5d4f-x`, workloads: [{ name: one.name, kind: "Deployment" }] },
});

function line(time, from, to) {
  const when = new Date(time).toISOString();
  const flow = {
    ...{ time: when, uuid: `${time}`, verdict: "FORWARDED", Type: "L3_L4", node_name: "bench/n1", is_reply: false },
    IP: { source: from.address, destination: to.address, ipVersion: "IPv4" },
    l4: { TCP: { source_port: 40_000 + (time % 20_000), destination_port: to.port, flags: { SYN: true } } },
    ...{ source: endOf(from), destination: endOf(to), event_type: { type: 4, sub_type: 0 } },
    ...{ traffic_direction: "EGRESS", trace_observation_point: "TO_ENDPOINT", trace_reason: "NEW" },
  };
  return `${JSON.stringify({ flow, node_name: "bench/n1", time: when })}\n`;
}

function objectsOf(one) {
  const { namespace, name, port, address } = one;
  const labels = { "app.kubernetes.io/name": name };
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: `${name}-5d4f`, uid: "1", controller: true };
  return [
    {
      ...{ apiVersion: "v1", kind: "Pod" },
      metadata: { name: `${name}-5d4f-x`, namespace, labels, ownerReferences: [owner] },
      spec: {
        nodeName: "n1",
        serviceAccountName: name,
        containers: [{ name: "app", ports: [{ containerPort: port }] }],
      },
      status: { phase: "Running", podIP: address, podIPs: [{ ip: address }] },
    },
    {
      ...{ apiVersion: "v1", kind: "Service", metadata: { name, namespace } },
      spec: {
        type: "ClusterIP",
        clusterIP: `10.96.${one.index >> 8}.${one.index & 255}`,
        selector: labels,
        ports: [{ port: 80, targetPort: port }],
      },
    },
  ];
}

async function writeInputs() {
  mkdirSync(`${FOLDER}/policies`, { recursive: true });
  const policies = [...all.map(policyOf), ...all.slice(0, KUBERNETES).map(kubernetesPolicy)];
  for (const policy of policies) {
    const { name, namespace } = policy.metadata;
    writeFileSync(`${FOLDER}/policies/${namespace}-${name}.yaml`, yaml(policy));
  }
  writeFileSync(
    `${FOLDER}/objects.json`,
    JSON.stringify({ apiVersion: "v1", kind: "List", items: all.flatMap(objectsOf) }),
  );
  const stream = createWriteStream(`${FOLDER}/flows.jsonl`);
  let time = start;
  for (const from of all) {
    for (let nth = 0; nth < PEERS; nth += 1) {
      time += 200;
      if (!stream.write(line(time, from, peerOf(from.index, nth))))
        await new Promise((done) => stream.once("drain", done));
    }
  }
  await new Promise((done) => stream.end(done));
}

/** Block style, as people write it. */
function yaml(value, indent = "") {
  return Object.entries(value)
    .map(
      ([key, member]) =>
        `${indent}${JSON.stringify(key)}:${member !== null && typeof member === "object" && Object.keys(member).length > 0 ? `\n${nested(member, `${indent}  `)}` : ` ${JSON.stringify(member)}\n`}`,
    )
    .join("");
}

function nested(value, indent) {
  if (!Array.isArray(value)) return yaml(value, indent);
  return value
    .map((item) =>
      item !== null && typeof item === "object"
        ? `${indent}- ${yaml(item, `${indent}  `).trimStart()}`
        : `${indent}- ${JSON.stringify(item)}\n`,
    )
    .join("");
}

if (!existsSync(`${FOLDER}/flows.jsonl`)) await writeInputs();

function lint(more) {
  const from = performance.now();
  const args = [MAIN, "lint", `${FOLDER}/policies`, ...more, "-o", "json", "--fail-on", "never", "--quiet"];
  const run = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`lint ended with ${run.status}: ${run.stderr.slice(0, 2000)}`);
  return { report: JSON.parse(run.stdout), seconds: (performance.now() - from) / 1000 };
}

/** Milliseconds from a change of a file to its diagnostics, the median of several. */
async function keystrokes() {
  const file = resolve(`${FOLDER}/policies/team-00-app-00.yaml`);
  const own = readFileSync(file, "utf8");
  let text = own;
  for (let copy = 1; text.split("\n").length < 300; copy += 1) {
    text += `---\n${own.replaceAll('"name": "app-00"', `"name": "copy-${copy}"`)}`;
  }
  const child = spawn(
    process.execPath,
    [resolve(MAIN), "lsp", "--objects", resolve(`${FOLDER}/objects.json`), "--policies", resolve(`${FOLDER}/policies`)],
    { stdio: ["pipe", "pipe", "inherit"], cwd: FOLDER },
  );
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  let waiting = null;
  connection.onNotification("textDocument/publishDiagnostics", ({ version }) => waiting?.(version));
  connection.listen();
  const uri = pathToFileURL(file).href;
  const shown = (wanted) =>
    new Promise((done) => {
      waiting = (version) => version >= wanted && done();
    });
  await connection.sendRequest("initialize", {
    processId: null,
    rootUri: pathToFileURL(resolve(FOLDER)).href,
    capabilities: {},
  });
  await connection.sendNotification("initialized", {});
  const opened = shown(1);
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "yaml", version: 1, text },
  });
  await opened;
  const times = [];
  for (let version = 2; version < KEYSTROKES + 2; version += 1) {
    const from = performance.now();
    const done = shown(version);
    await connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: [{ text: text.replace('"8', `"${version % 9}8`) }],
    });
    await done;
    times.push(performance.now() - from);
  }
  connection.dispose();
  child.kill();
  return { lines: text.split("\n").length, median: times.sort((a, b) => a - b)[times.length >> 1] };
}

const alone = lint([]);
const whole = lint(["--objects", `${FOLDER}/objects.json`, "--flows", `${FOLDER}/flows.jsonl`]);
const keys = await keystrokes();
const { totals } = alone.report;
console.log(
  JSON.stringify({
    figures: [
      {
        what: `${totals.policies} policies, ${totals.checks} checks, manifests alone`,
        value: `${alone.seconds.toFixed(2)} s`,
        limit: "< 1.5 s",
        ok: alone.seconds < 1.5,
      },
      {
        what: `with objects and ${whole.report.totals.conversations} conversations, ${whole.report.totals.checks} checks`,
        value: `${whole.seconds.toFixed(2)} s`,
        limit: "< 5 s",
        ok: whole.seconds < 5,
      },
      {
        what: `keystroke to diagnostics, a file of ${keys.lines} lines among ${totals.policies} policies`,
        value: `${keys.median.toFixed(0)} ms`,
        limit: "< 100 ms",
        ok: keys.median < 100,
      },
    ],
  }),
);
process.exit(0);
