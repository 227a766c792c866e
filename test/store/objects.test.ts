import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordObjects } from "#cli/run/record-objects.ts";
import type { Finding } from "#model/finding.ts";
import type { JsonObject } from "#model/json.ts";
import { ObjectChanges } from "#store/object-changes.ts";
import { createStore, openStore } from "#store/parquet-store.ts";
import { Recorder } from "#store/recorder.ts";
import type { ObjectVersion, Store } from "#store/store.ts";
import { inProcess } from "../cli/in-process.ts";
import { FakeApiServer } from "../kubernetes/fake-api-server.ts";

const directory = mkdtempSync(join(tmpdir(), "store-objects-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let stores = 0;
const newPath = () => join(directory, `store-${++stores}`);

const START = Date.parse("2026-09-14T10:00:00Z");
const SECOND = 1000;
const END = (name: string) =>
  `{"identity":1000,"namespace":"shop","labels":["k8s:app=${name}","k8s:io.kubernetes.pod.namespace=shop"],"pod_name":"${name}-1"}`;

/** web-1 asks db-1 for a connection, at this second. */
function line(second: number): string {
  const time = new Date(START + second * SECOND).toISOString();
  const uuid = `00000000-0000-4000-8000-${String(second).padStart(12, "0")}`;
  return `{"flow":{"time":"${time}","uuid":"${uuid}","verdict":"FORWARDED","IP":{"source":"10.0.0.1","destination":"10.0.0.2","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":${40000 + second},"destination_port":5432,"flags":{"SYN":true}}},"source":${END("web")},"destination":${END("db")},"Type":"L3_L4","node_name":"node-1","event_type":{"type":4},"traffic_direction":"INGRESS","trace_observation_point":"TO_ENDPOINT","trace_reason":"NEW","is_reply":false},"node_name":"node-1","time":"${time}"}`;
}

const pod = (name: string, app: string, address: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop", labels: { app }, resourceVersion: "1", ...more },
  spec: { nodeName: "node-1", containers: [{ name: app, env: [{ name: "PASSWORD", value: "secret" }] }] },
  status: { phase: "Running", podIP: address, conditions: [{ type: "Ready" }] },
});

/** Lets whoever has this label into the database. */
const policy = (app: string): JsonObject => ({
  apiVersion: "cilium.io/v2",
  kind: "CiliumNetworkPolicy",
  metadata: { name: "db", namespace: "shop", creationTimestamp: "2026-09-14T09:00:00Z" },
  spec: {
    endpointSelector: { matchLabels: { app: "db" } },
    ingress: [{ fromEndpoints: [{ matchLabels: { app } }] }],
  },
});

describe("versions of objects", () => {
  const changes = () => new ObjectChanges(new Map());
  const times = (versions: readonly ObjectVersion[]) => versions.map(({ name, time }) => [name, time]);

  it("one for each change that means something", () => {
    const all = changes();
    const first = pod("web-1", "web", "10.0.0.1");
    expect(times(all.take("Pod", { kind: "all", objects: [first] }, 5))).toEqual([["web-1", 5]]);
    expect(all.take("Pod", { kind: "all", objects: [first] }, 6)).toEqual([]);
    expect(
      all.take("Pod", { kind: "set", object: pod("web-1", "web", "10.0.0.1", { resourceVersion: "9" }) }, 7),
    ).toEqual([]);
    expect(times(all.take("Pod", { kind: "set", object: pod("web-1", "api", "10.0.0.1") }, 8))).toEqual([["web-1", 8]]);
    expect(all.take("Pod", { kind: "deleted", object: first }, 9)).toMatchObject([
      { name: "web-1", object: null, time: 9 },
    ]);
    expect(all.take("Pod", { kind: "deleted", object: first }, 10)).toEqual([]);
  });

  it("what a list no longer holds is gone; what it holds at first was there since it was made", () => {
    const all = new ObjectChanges(new Map([["Pod/shop/old-1", "…"]]));
    const made = pod("web-1", "web", "10.0.0.1", { creationTimestamp: "1970-01-01T00:00:02Z" });
    const versions = all.take("Pod", { kind: "all", objects: [made] }, 5000);
    expect(times(versions)).toEqual([
      ["old-1", 5000],
      ["web-1", 2000],
    ]);
  });

  it("a status that decides nothing makes none", () => {
    const all = changes();
    const node = (beat: string): JsonObject => ({
      kind: "Node",
      metadata: { name: "n" },
      status: { addresses: [{ type: "InternalIP", address: "10.1.0.1" }], conditions: [{ lastHeartbeatTime: beat }] },
    });
    expect(all.take("Node", { kind: "all", objects: [node("1")] }, 1)).toHaveLength(1);
    expect(all.take("Node", { kind: "set", object: node("2") }, 2)).toEqual([]);
  });
});

describe("an object log", () => {
  const version = (time: number, name: string, value: number | null): ObjectVersion => ({
    time,
    kind: "Pod",
    namespace: "shop",
    name,
    object: value === null ? null : { metadata: { name }, value },
  });
  const log = async <T>(store: Store, use: (log: NonNullable<Store["objects"]>) => Promise<T>): Promise<T> => {
    if (store.objects === undefined) throw new Error("no objects");
    return await use(store.objects);
  };
  const values = (objects: readonly JsonObject[]) => objects.map(({ value }) => value);

  it("gives what was there at a time, over runs, whatever was joined and forgotten", { timeout: 60_000 }, async () => {
    const path = newPath();
    for (let run = 0; run < 2; run++) {
      const store = await createStore(path, { threads: 1 });
      await log(store, async (objects) => {
        for (let at = 0; at < 20; at++) await objects.append([version(run * 100 + at, "a", run * 100 + at)]);
        await objects.append([version(run * 100 + 30, "b", 1), version(run * 100 + 30, "gone", 1)]);
        await objects.append([version(run * 100 + 40, "gone", null)]);
      });
      await store.close();
    }
    const at = async (time: number | null) => {
      const store = await openStore(path, { threads: 1 });
      const found = values(await log(store, (objects) => objects.at(time)));
      await store.close();
      return found;
    };
    expect(await at(-1)).toEqual([]);
    expect(await at(7)).toEqual([7]);
    expect(await at(30)).toEqual([19, 1, 1]);
    expect(await at(105)).toEqual([105, 1]);
    expect(await at(null)).toEqual([119, 1]);
    const files = () => readdirSync(join(path, "objects")).length;
    expect(files()).toBeLessThan(44);
    const store = await createStore(path, { threads: 1 });
    expect((await log(store, (objects) => objects.known())).size).toBe(2);
    await log(store, (objects) => objects.retain(60));
    await store.close();
    expect(await at(105)).toEqual([105, 1]);
    expect(await at(null)).toEqual([119, 1]);
    // Of what was before, the last version alone is left.
    expect(await at(50)).toEqual([19, 1]);
    expect(await at(7)).toEqual([]);
  });
});

describe("record --live", () => {
  let cluster: FakeApiServer;
  beforeEach(async () => {
    cluster = await FakeApiServer.start();
    cluster.lists.set("/api/v1/pods", [pod("web-1", "web", "10.0.0.1"), pod("db-1", "db", "10.0.0.2")]);
    cluster.lists.set("/api/v1/namespaces", [{ metadata: { name: "shop" } }]);
    cluster.lists.set("/apis/cilium.io/v2/ciliumnetworkpolicies", [policy("web")]);
  });
  afterEach(() => cluster.stop());

  const watchOf = async (path: string) => {
    for (;;) {
      const found = cluster.watches.find(({ url }) => url.pathname === path);
      if (found !== undefined) return found.response;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const condition = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it("a rehearsal on the store decides with the objects of the time", { timeout: 60_000 }, async () => {
    const path = newPath();
    const said: Finding[] = [];
    let now = START;
    const store = await createStore(path, { threads: 1 });
    const say = (finding: Finding) => said.push(finding);
    const retention = { days: null, bytes: null };
    const recorder = await Recorder.open(store, { flushSeconds: 1e6, retention, now: () => now, say });
    const stop = new AbortController();
    const parts = { store, recorder, signal: stop.signal, say, now: () => now };
    const watching = recordObjects({ kubeconfig: cluster.kubeconfig(), context: null }, parts);
    await condition(() => recorder.counts.connected.get("cluster fake") === true);
    const { FlowScanner } = await import("#decode/flow/flow-scanner.ts");
    const scanner = new FlowScanner();
    const feed = (from: number, to: number) => {
      for (let second = from; second <= to; second++) {
        const bytes = new TextEncoder().encode(line(second));
        const event = scanner.scan(bytes, 0, bytes.length);
        if (event === null) throw new Error("no event");
        recorder.add(event, bytes, 0, bytes.length);
      }
    };
    feed(0, 30);
    await recorder.flush();
    now = START + 40 * SECOND;
    const versions = recorder.counts.objects;
    const changed = { type: "MODIFIED", object: { ...policy("api"), metadata: { name: "db", namespace: "shop" } } };
    (await watchOf("/apis/cilium.io/v2/ciliumnetworkpolicies")).write(`${JSON.stringify(changed)}\n`);
    await condition(() => recorder.counts.objects > versions);
    feed(50, 60);
    stop.abort();
    await watching;
    await recorder.close();
    await store.close();
    expect(said.filter(({ severity }) => severity !== "info")).toEqual([]);
    expect(cluster.asked.filter(({ url, method }) => method !== "GET" || url.includes("secrets"))).toEqual([]);

    const rehearsed = async (window: string) => {
      const words = ["rehearse", "--flows", `store://${path}${window}`, "--policies", "examples/homelab/policies"];
      const { status, stdout, stderr } = await inProcess([...words, "--all", "-o", "json", "--fail-on", "never"]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      return JSON.parse(stdout);
    };
    const whole = JSON.stringify(await rehearsed(""));
    expect(whole).toContain("objects are those that the store recorded, as they were at 2026-09-14 10:01 UTC (4)");
    expect(whole).not.toContain("no objects were given");
    // The policy of the time: before the change it lets web in, afterwards api alone.
    const inForce = async (until: string) => {
      const reader = await openStore(path, { threads: 1 });
      const objects = await reader.objects?.at(Date.parse(until));
      await reader.close();
      const found = (objects ?? []).find(({ kind }) => kind === "CiliumNetworkPolicy");
      return JSON.stringify(found?.["spec"]);
    };
    expect(await inForce("2026-09-14T10:00:30Z")).toContain('"app":"web"');
    expect(await inForce("2026-09-14T10:00:45Z")).toContain('"app":"api"');
    const reader = await openStore(path, { threads: 1 });
    expect(JSON.stringify(await reader.objects?.at(null))).not.toContain("secret");
    const at = START + 40 * SECOND;
    expect(await reader.epochs()).toEqual([
      { node: "node-1", from: at, to: at, cause: "object-changed", revision: null },
    ]);
    await reader.close();
  });

  it("a cluster that may not be read ends it, in words", async () => {
    const store = await createStore(newPath(), { threads: 1 });
    const retention = { days: null, bytes: null };
    const recorder = await Recorder.open(store, { flushSeconds: 60, retention, now: Date.now, say: () => {} });
    cluster.answer = (_request, response) => {
      response.writeHead(403, { "content-type": "application/json" });
      response.end(JSON.stringify({ kind: "Status", message: "forbidden" }));
      return true;
    };
    const parts = { store, recorder, signal: new AbortController().signal, say: () => {}, now: Date.now };
    await expect(recordObjects({ kubeconfig: cluster.kubeconfig(), context: null }, parts)).rejects.toMatchObject({
      code: "cluster-refused",
    });
    await store.close();
  });
});
