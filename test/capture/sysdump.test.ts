import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gather } from "#cli/gather.ts";
import { NO_PROGRESS } from "#cli/progress.ts";
import { openCapture } from "#sources/capture-open.ts";
import { zipOf } from "./zip.ts";

const AT = "20261121-101500";

const pod = (name: string, ip: string) => `
- apiVersion: v1
  kind: Pod
  metadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}
  spec: {nodeName: n1, containers: [{name: c, image: i}]}
  status: {phase: Running, podIP: ${ip}, podIPs: [{ip: ${ip}}]}`;

/** As `cilium-dbg bpf ct list --time-diff` prints it: translations, both sides of one connection, what has ended. */
const CONNTRACK = `
TCP SVC 10.0.0.10:5432 -> 10.96.0.7:40000 expires=17 (remaining: 9 sec(s)) Packets=0 Bytes=0 RxFlagsSeen=0x00 LastRxReport=0 TxFlagsSeen=0x02 LastTxReport=1 Flags=0x0010 [ SeenNonSyn ] RevNAT=7 SourceSecurityID=0 BackendID=3 NatPort=0
TCP OUT 10.0.0.10:40000 -> 10.0.0.20:5432 expires=17 (remaining: 21000 sec(s)) Packets=9 Bytes=900 RxFlagsSeen=0x1a LastRxReport=1 TxFlagsSeen=0x1a LastTxReport=1 Flags=0x0010 [ SeenNonSyn ] RevNAT=7 SourceSecurityID=12 BackendID=0 NatPort=0
TCP IN 10.0.0.10:40000 -> 10.0.0.20:5432 expires=17 (remaining: 21000 sec(s)) Packets=9 Bytes=900 RxFlagsSeen=0x1a LastRxReport=1 TxFlagsSeen=0x1a LastTxReport=1 Flags=0x0010 [ SeenNonSyn ] RevNAT=0 SourceSecurityID=12 BackendID=0 NatPort=0
TCP OUT 10.0.0.10:40001 -> 10.0.0.20:9999 expires=17 (remaining: 5 sec(s)) Packets=9 Bytes=900 RxFlagsSeen=0x1b LastRxReport=1 TxFlagsSeen=0x1b LastTxReport=1 Flags=0x0013 [ RxClosing TxClosing SeenNonSyn ] RevNAT=0 SourceSecurityID=12 BackendID=0 NatPort=0
TCP OUT 192.0.2.10:50000 -> 192.0.2.11:6443 expires=17 (remaining: 21000 sec(s)) Packets=9 Bytes=900 RxFlagsSeen=0x1a LastRxReport=1 TxFlagsSeen=0x1a LastTxReport=1 Flags=0x0010 [ SeenNonSyn ] RevNAT=0 SourceSecurityID=1 BackendID=0 NatPort=0
ICMP OUT 10.0.0.10:17 -> 10.0.0.20:0 related expires=17 Packets=1 Bytes=90 RxFlagsSeen=0x00 LastRxReport=1 TxFlagsSeen=0x00 LastTxReport=1 Flags=0x0000 [ ] RevNAT=0 SourceSecurityID=12 BackendID=0 NatPort=0
`;

const FLOW = JSON.stringify({
  flow: {
    time: "2026-11-21T10:00:00Z",
    uuid: "1",
    verdict: "FORWARDED",
    IP: { source: "10.0.0.20", destination: "10.0.0.10", ipVersion: "IPv4" },
    l4: { TCP: { source_port: 1234, destination_port: 80, flags: { SYN: true } } },
    source: {
      identity: 20,
      namespace: "shop",
      pod_name: "db",
      labels: ["k8s:app=db", "k8s:io.kubernetes.pod.namespace=shop"],
    },
    destination: {
      identity: 10,
      namespace: "shop",
      pod_name: "web",
      labels: ["k8s:app=web", "k8s:io.kubernetes.pod.namespace=shop"],
    },
    Type: "L3_L4",
    node_name: "n1",
    event_type: { type: 4 },
    trace_observation_point: "TO_ENDPOINT",
    is_reply: false,
  },
  node_name: "n1",
  time: "2026-11-21T10:00:00Z",
});

const SYSDUMP = {
  [`k8s-pods-${AT}.yaml`]: `apiVersion: v1\nkind: PodList\nitems:${pod("web", "10.0.0.10")}${pod("db", "10.0.0.20")}\n`,
  [`k8s-nodes-${AT}.yaml`]:
    "apiVersion: v1\nkind: NodeList\nitems:\n- metadata: {name: n1}\n  status: {addresses: [{type: InternalIP, address: 192.0.2.10}]}\n",
  [`ciliumnetworkpolicies-${AT}.yaml`]: "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicyList\nitems: []\n",
  [`cilium-configmap-${AT}.yaml`]:
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\ndata: {policy-audit-mode: "true"}\n',
  [`cilium-etcd-secrets-secret-${AT}.yaml`]: "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {key: XXXXXX}\n",
  [`hubble-flows-cilium-abcde-${AT}.json`]: `${FLOW}\n`,
  [`cilium-bugtool-cilium-abcde-${AT}/cmd/cilium-dbg-bpf-ct-list---time-diff.md`]: CONNTRACK,
  [`cilium-bugtool-cilium-abcde-${AT}/cmd/cilium-dbg-fqdn-cache-list.md`]:
    "Endpoint   Source   FQDN   TTL   ExpirationTime   IPs\n",
  "../../outside.yaml": "nothing",
};

function written(bytes: Buffer): string {
  const file = join(mkdtempSync(join(tmpdir(), "ringfence-sysdump-")), `cilium-sysdump-${AT}.zip`);
  writeFileSync(file, bytes);
  return file;
}

const nothing = { flows: [], objects: [], policies: [], names: [], cilium: null, ciliumConfig: null };
const optional = { flows: false, policies: false };

describe("a sysdump", () => {
  it("gives flows, objects and the agents' configuration; Secrets are not unpacked", async () => {
    const { snapshot } = await gather({ ...nothing, captures: [written(zipOf(SYSDUMP))] }, NO_PROGRESS, optional);
    expect(snapshot.inventory.pods.map(({ name }) => name)).toEqual(["web", "db"]);
    expect(snapshot.config).toMatchObject({ assumed: false, value: { policyAuditMode: true } });
    expect(snapshot.findings.filter(({ severity }) => severity !== "info")).toEqual([]);
    const opened = await openCapture(written(zipOf(SYSDUMP)));
    expect(
      [...(opened?.objects ?? []), ...(opened?.flows ?? [])].filter((file) => /secret|outside/.test(file)),
    ).toEqual([]);
  });

  it("tells of connections that were open and idle: each is a conversation, once", async () => {
    const { snapshot } = await gather({ ...nothing, captures: [written(zipOf(SYSDUMP))] }, NO_PROGRESS, optional);
    const { conversations, coverage } = snapshot.traffic;
    const lines = conversations.map(
      ({ from, to, port, openBefore, openAtEnd, flows }) =>
        `${from.kind === "pod" ? from.pods[0] : from.kind} -> ${to.kind === "pod" ? to.pods[0] : to.kind}:${port} ${openBefore} ${openAtEnd} ${flows}`,
    );
    expect(lines.sort()).toEqual(["db -> web:80 false false 1", "web -> db:5432 true true 1"]);
    expect(coverage.findings.map(({ id }) => id)).toContain("idle-connections");
    // A table is no evidence of a node having been heard, nor of the recording having lasted longer.
    expect(coverage.nodes.map(({ name }) => name)).toEqual(["n1"]);
    expect(coverage.windowSeconds).toBe(0);
  });

  it("is taken by --flows and --objects for their part of it", async () => {
    const file = written(zipOf(SYSDUMP));
    const flows = await gather({ ...nothing, flows: [file] }, NO_PROGRESS, optional);
    expect(flows.snapshot.traffic.coverage.flows).toBeGreaterThan(0);
    expect(flows.snapshot.inventory.pods).toEqual([]);
    const objects = await gather({ ...nothing, objects: [file] }, NO_PROGRESS, optional);
    expect(objects.snapshot.inventory.pods.length).toBe(2);
  });

  it.each([
    [
      "cut while it was copied",
      zipOf(SYSDUMP).subarray(0, 700),
      "has no directory at its end: it was cut while it was copied",
    ],
    ["without anything of use", zipOf({ "readme.txt": "hello" }), "holds neither objects nor flows"],
  ])("%s", async (_, bytes, message) => {
    await expect(openCapture(written(Buffer.from(bytes)))).rejects.toThrow(message);
  });

  it("damaged inside: the member is named", async () => {
    const bytes = zipOf(SYSDUMP);
    bytes.fill(0xff, 60, 120);
    await expect(openCapture(written(bytes))).rejects.toThrow(/k8s-pods-.* is damaged|k8s-pods-.* is cut/);
  });
});
