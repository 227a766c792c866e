import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KubernetesConnection } from "#sources/kubernetes-connection.ts";
import { listObjects } from "#sources/kubernetes-list.ts";
import { readCluster } from "#sources/kubernetes-objects.ts";
import { type WatchEvent, watchObjects } from "#sources/kubernetes-watch.ts";
import { inProcess } from "../cli/in-process.ts";
import { type FakeRelay, fakeRelay, flow, send } from "../faults/fake-relay.ts";
import { CA } from "../kubernetes/fake-api-server.ts";
import { servePortForward } from "../kubernetes/port-forward-server.ts";
import { RealApiServer } from "./real-api-server.ts";

const PODS = "/api/v1/namespaces/default/pods";
const ROLES = "/apis/rbac.authorization.k8s.io/v1";
let server: RealApiServer;

beforeAll(async () => {
  server = await RealApiServer.start(join(process.env["RINGFENCE_LAB_CACHE"] ?? "", "bin"));
}, 300_000);
afterAll(() => server.stop());

const pod = (name: string, spec = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { "k8s-app": name.replace(/-\d+$/, "") } },
  spec: { containers: [{ name: "main", image: "none:1", ports: [{ name: "grpc", containerPort: 4245 }] }], ...spec },
});
const deletePod = (name: string) => server.send("DELETE", `${PODS}/${name}?gracePeriodSeconds=0`);
const nameOf = (object: Record<string, unknown>) => (object["metadata"] as { name: string }).name;

const versionOf = (object: Record<string, unknown>) =>
  (object["metadata"] as { resourceVersion: string }).resourceVersion;

/** Gives an account a role's rules. */
async function allow(account: string, rules: readonly unknown[]): Promise<void> {
  const named = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: account } };
  await server.send("POST", `${ROLES}/clusterroles`, { ...named, kind: "ClusterRole", rules });
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: account };
  const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: account }];
  await server.send("POST", `${ROLES}/clusterrolebindings`, {
    ...named,
    kind: "ClusterRoleBinding",
    roleRef,
    subjects,
  });
}

describe("the Kubernetes source against a real API server", () => {
  it("lists in pages", async () => {
    for (let number = 0; number < 25; number++) await server.send("POST", PODS, pod(`page-${number}`));
    const connection = await KubernetesConnection.open({ kubeconfig: server.kubeconfig("admin"), context: null });
    const options = { apiVersion: "v1", objectKind: "Pod" };
    const paged = await listObjects(connection, "/api/v1/pods", { ...options, pageSize: 10 });
    const whole = await listObjects(connection, "/api/v1/pods", { ...options, pageSize: 1000 });
    expect(paged.kind === "listed" && paged.items.length).toBe(25);
    expect(paged.kind === "listed" && paged.items).toEqual(whole.kind === "listed" && whole.items);
  });

  it("reads a cluster with the permissions of docs/capture.md, and no others", async () => {
    const docs = readFileSync(join(import.meta.dirname, "..", "..", "docs", "capture.md"), "utf8");
    const [, yaml = ""] = /```yaml\n(rules:[\s\S]*?)```/.exec(docs) ?? [];
    await allow("reader", parse(yaml).rules);
    const read = await readCluster({ kubeconfig: server.kubeconfig("reader"), context: null });
    expect(read.findings.map(({ id }) => id)).toEqual(["no-cilium"]);
    expect(read.objects.filter(({ kind }) => kind === "Pod")).toHaveLength(25);
    await expect(readCluster({ kubeconfig: server.kubeconfig("getter"), context: null })).rejects.toThrow(
      /nothing may be read: .* is forbidden/,
    );
  });

  it("watches through ends, a crash, and a history that is gone; nothing is told twice", async () => {
    const connection = await KubernetesConnection.open({ kubeconfig: server.kubeconfig("admin"), context: null });
    const stop = new AbortController();
    const told: string[] = [];
    const versions: string[] = [];
    const heard = (event: WatchEvent) => {
      if (event.kind === "all") told.push(`all ${event.objects.length}`);
      else if (event.kind === "trouble") told.push("trouble");
      else {
        // A deletion is told as a change first.
        if (told.at(-1) !== `${event.kind} ${nameOf(event.object)}`) told.push(`${event.kind} ${nameOf(event.object)}`);
        versions.push(`${event.kind} ${versionOf(event.object)}`);
      }
    };
    const watching = (async () => {
      const options = { apiVersion: "v1", objectKind: "Pod", signal: stop.signal, watchSeconds: 3 };
      for await (const event of watchObjects(connection, PODS, options)) heard(event);
    })();
    await until(() => told.length === 1);
    await server.send("POST", PODS, pod("one-1"));
    await until(() => told.includes("set one-1"));
    // Some watches end meanwhile, each with a bookmark.
    await new Promise((resolve) => setTimeout(resolve, 8000));
    await deletePod("one-1");
    await until(() => told.includes("deleted one-1"));
    expect(told).toEqual(["all 25", "set one-1", "deleted one-1"]);

    await server.kill();
    await until(() => told.includes("trouble"));
    await server.startServer();
    await server.send("POST", PODS, pod("two-1"));
    await until(() => told.includes("set two-1"));
    expect(told.filter((one) => one !== "trouble")).toEqual(["all 25", "set one-1", "deleted one-1", "set two-1"]);

    await server.kill();
    await until(() => told.at(-1) === "trouble");
    await server.startServer();
    for (let number = 0; number < 5; number++) await server.send("POST", PODS, pod(`late-${number}`));
    await until(() => ["late-0", "late-4"].every((name) => told.includes(`set ${name}`)) || told.at(-1) === "all 31");
    for (const name of ["one-1", "two-1"]) expect(told.filter((one) => one === `set ${name}`)).toHaveLength(1);
    expect(versions).toEqual([...new Set(versions)]);
    stop.abort();
    await watching;
  }, 300_000);

  it("lists again where the server no longer knows the version at which it stood (410 Gone)", async () => {
    const connection = await KubernetesConnection.open({ kubeconfig: server.kubeconfig("admin"), context: null });
    const stop = new AbortController();
    const told: string[] = [];
    // Nothing happens to these, so the watch stands at the version of its list.
    const path = "/api/v1/namespaces/default/services";
    const watching = (async () => {
      const options = { apiVersion: "v1", objectKind: "Service", signal: stop.signal };
      for await (const event of watchObjects(connection, path, options)) told.push(event.kind);
    })();
    await until(() => told.length === 1);
    for (let number = 0; number < 30; number++) {
      const metadata = { name: `more-${number}` };
      await server.send("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
    }
    await server.compact();
    await server.kill();
    await server.startServer();
    await until(() => told.filter((kind) => kind === "all").length === 2);
    expect(told[0]).toBe("all");
    expect(told.filter((kind) => kind !== "all" && kind !== "trouble")).toEqual([]);
    stop.abort();
    await watching;
  }, 300_000);
});

describe("a port-forward through a real API server", () => {
  let relay: FakeRelay;
  let kubelet: Server;
  const asked: string[] = [];

  beforeAll(async () => {
    relay = await fakeRelay((call) => {
      for (const number of [1, 2, 3]) send(call, flow(number));
      call.end();
    });
    kubelet = createServer({ cert: readFileSync(CA), key: readFileSync(CA.replace(".pem", ".key.pem")) });
    kubelet.on("upgrade", (request, socket) => {
      asked.push(new URL(request.url ?? "", "http://kubelet").pathname);
      servePortForward(request, socket, () => ({ host: "127.0.0.1", port: Number(relay.server.split(":")[1]) }));
    });
    await new Promise<void>((resolve) => kubelet.listen(0, "127.0.0.1", resolve));
    const { port } = kubelet.address() as AddressInfo;
    await server.send("POST", "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" } });
    const addresses = [{ type: "InternalIP", address: "127.0.0.1" }];
    const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } };
    await server.send("PATCH", "/api/v1/nodes/node-1/status", { status });
    const [pods, services] = ["pods", "services"].map((plural) => `/api/v1/namespaces/kube-system/${plural}`);
    await server.send("POST", pods ?? "", pod("hubble-relay-1", { nodeName: "node-1" }));
    const conditions = [{ type: "Ready", status: "True" }];
    await server.send("PATCH", `${pods}/hubble-relay-1/status`, { status: { phase: "Running", conditions } });
    await server.send("POST", services ?? "", {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "hubble-relay" },
      spec: { selector: { "k8s-app": "hubble-relay" }, ports: [{ port: 80, targetPort: "grpc" }] },
    });
  });
  afterAll(() => {
    relay.close();
    kubelet.closeAllConnections();
    kubelet.close();
  });

  const observe = (token: string) =>
    inProcess([
      "observe",
      "-P",
      "--port-forward-port",
      "0",
      "--all",
      "-o",
      "json",
      "--kubeconfig",
      server.kubeconfig(token),
    ]);

  const RULES = [
    { apiGroups: [""], resources: ["services"], resourceNames: ["hubble-relay"], verbs: ["get"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
  ];

  it("needs get and create on pods/portforward; without, that is said", async () => {
    const nothing = await observe("forwarder");
    expect(nothing.stderr).toMatch(/services "hubble-relay" is forbidden.*\n.*get on services and list on pods/s);
    await allow("getter", RULES);
    const getter = await observe("getter");
    expect(getter.stderr).toMatch(/hubble-relay-1, port 4245: forwarding a port is forbidden.*\n.*pods\/portforward/s);
    expect(getter.status).toBe(2);
    expect(asked).toEqual([]);
  });

  it("is not given for get alone: since Kubernetes 1.35 a web socket needs create as well", async () => {
    await allow("halfway", [...RULES, { apiGroups: [""], resources: ["pods/portforward"], verbs: ["get"] }]);
    const seen = await observe("halfway");
    expect(seen.stderr).toMatch(/forwarding a port is forbidden/);
    expect(asked).toEqual([]);
  });

  it("reaches Relay with no more than that", async () => {
    await allow("forwarder", [
      ...RULES,
      { apiGroups: [""], resources: ["pods/portforward"], verbs: ["get", "create"] },
    ]);
    const seen = await observe("forwarder");
    expect(seen.stderr).toBe("");
    expect(seen.stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(asked).toEqual(["/portForward/kube-system/hubble-relay-1"]);
  });
});

/** Waits for a condition, not for a time. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2400; tries++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not come to be");
}
