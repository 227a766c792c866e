import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { gather } from "#cli/gather.ts";
import { readFlows } from "#cli/gather-traffic.ts";
import { liveAmong } from "#cli/live-input.ts";
import { NO_PROGRESS } from "#cli/progress.ts";
import type { Traffic } from "#model/snapshot.ts";
import { type ObserverServer, startObserverServer } from "#server/observer/observer-server.ts";
import { recordingHistory } from "#server/observer/recording-history.ts";
import { findRecordingFiles } from "#sources/recording-files.ts";
import { inProcess } from "../cli/in-process.ts";
import {
  type Answer,
  CERTIFICATES,
  type FakeRelay,
  type FakeRelayOptions,
  fakeRelay,
  flow,
  send,
} from "../faults/fake-relay.ts";
import { FakeApiServer } from "../kubernetes/fake-api-server.ts";
import { servePortForward } from "../kubernetes/port-forward-server.ts";

const HOMELAB = join(import.meta.dirname, "..", "..", "examples", "homelab");
const directory = mkdtempSync(join(tmpdir(), "ringfence-live-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** What is known of flows, before anything is decided. */
async function trafficOf(flows: readonly string[], kubeconfig: string | null = null) {
  const request = { flows, objects: [], policies: [], names: [], cilium: null, ciliumConfig: null };
  // The cluster is looked at for Relay alone.
  const live = liveAmong(flows, kubeconfig === null ? null : { kubeconfig, context: null });
  if (kubeconfig === null) {
    return (await gather(request, NO_PROGRESS, { flows: true, policies: false })).snapshot.traffic;
  }
  const { fold } = await readFlows({ paths: flows, live }, [], NO_PROGRESS);
  return fold.finish({ inventory: null, config: null, policies: [] });
}

const findingsOf = ({ coverage }: Traffic, id: string) => coverage.findings.filter((finding) => finding.id === id);

describe("flows of a server", () => {
  const file = join(directory, "flows.jsonl");
  let server: ObserverServer;
  beforeAll(async () => {
    // A part of it: what is told is the same.
    const lines = gunzipSync(readFileSync(join(HOMELAB, "flows.jsonl.gz")))
      .toString()
      .split("\n")
      .slice(0, 1500);
    writeFileSync(file, `${lines.join("\n")}\n`);
    const { files } = await findRecordingFiles([file]);
    server = await startObserverServer(
      recordingHistory(files, () => {}),
      { listen: "127.0.0.1:0", tls: null, version: "ringfence test" },
    );
  });
  afterAll(() => server.close());

  it("fold as the recording that it holds", async () => {
    const recorded = await trafficOf([file]);
    const live = await trafficOf([`grpc://${server.address}`]);
    expect(recorded.coverage.flows).toBeGreaterThan(1000);
    expect(live).toEqual(recorded);
  });

  it("are observed and captured", async () => {
    const source = `grpc://${server.address}`;
    const observed = await inProcess(["observe", "--flows", source, "--last", "3", "-o", "json"]);
    expect(observed.stdout.trimEnd().split("\n")).toHaveLength(3);
    const out = join(directory, "capture");
    const captured = await inProcess(["capture", out, "--flows", source]);
    expect(captured.stderr).toMatch(/1,500 lines of flows/);
    expect(await trafficOf([join(out, "flows.jsonl.gz")])).toEqual(await trafficOf([file]));
  });
});

describe("a server's rings", () => {
  let relay: FakeRelay | null = null;
  afterEach(() => {
    vi.unstubAllEnvs();
    relay?.close();
    relay = null;
  });

  const ten: Answer = (call) => {
    for (let number = 1; number <= 10; number++)
      send(call, flow(number, { IP: { source: "10.0.0.1", destination: "10.0.0.2" } }));
    call.end();
  };

  async function read(answer: Answer, query = "", options: FakeRelayOptions = {}) {
    relay = await fakeRelay(answer, options);
    return await trafficOf([`grpc://${relay.server}${query}`]);
  }

  it("that have wrapped, and nodes that are not heard, are said", async () => {
    const node = (name: string, held: number, seen: number, state = "NODE_CONNECTED") => ({
      name,
      state,
      num_flows: String(held),
      max_flows: "4095",
      seen_flows: String(seen),
    });
    const report = await read(ten, "", {
      status: { num_flows: "4195", max_flows: "8190", seen_flows: "20431" },
      nodes: [node("a", 4095, 20331), node("b", 100, 100), node("c", 0, 0, "NODE_UNAVAILABLE")],
    });
    expect(findingsOf(report, "ring-wrapped")).toMatchObject([
      { message: expect.stringMatching(/1 of 3 rings had wrapped: .* \(a holds 4,095 of 20,331 flows\)/) },
    ]);
    expect(findingsOf(report, "nodes-not-heard")).toMatchObject([
      { severity: "warn", message: expect.stringMatching(/1 of 3 nodes are not heard: c unavailable/) },
    ]);
  });

  it("of one agent are its own", async () => {
    const report = await read(ten, "", { status: { num_flows: "10", seen_flows: "99" } });
    expect(findingsOf(report, "ring-wrapped")).toMatchObject([
      { message: expect.stringMatching(/its node holds 10 of 99/) },
    ]);
  });

  it("that lose events while they are read: the coverage counts them", async () => {
    const report = await read((call, request, calls) => {
      send(call, { lost_events: { source: "HUBBLE_RING_BUFFER", num_events_lost: "7" }, node_name: "node-1" });
      ten(call, request, calls);
    });
    expect(report.coverage).toMatchObject({ flows: 10, lostEvents: 7, lostBySource: { HUBBLE_RING_BUFFER: 7 } });
  });

  it("are read once and no further than asked", async () => {
    const report = await read(ten, "?flows=4");
    expect(relay?.requests).toEqual([{ number: "4" }]);
    expect(report.coverage.flows).toBe(4);
    expect(findingsOf(report, "live-bound")).toMatchObject([
      { message: expect.stringMatching(/no more than 4 flows were read/) },
    ]);
    relay?.close();
    await read(ten, "?since=2026-09-14T08:00:00Z&until=2026-09-14T09:00:00Z");
    expect(relay?.requests).toEqual([{ since: "2026-09-14T08:00:00Z", until: "2026-09-14T09:00:00Z" }]);
  });

  it("that never end are left in time", async () => {
    const report = await read((call) => send(call, flow(1)), "?seconds=1");
    expect(report.coverage.flows).toBeLessThanOrEqual(1);
    expect(findingsOf(report, "live-bound")).toMatchObject([
      { message: expect.stringMatching(/no more than 1 s were read/) },
    ]);
  });

  it("are reached by TLS, with what the hubble CLI's environment says", async () => {
    relay = await fakeRelay(ten, { certificate: "relay", isMutual: true });
    const path = `grpcs://${relay.server}`;
    await expect(trafficOf([path])).rejects.toThrow(/comes from an authority that is not known here/);
    vi.stubEnv("HUBBLE_TLS_CA_CERT_FILES", join(CERTIFICATES, "ca.pem"));
    vi.stubEnv("HUBBLE_TLS_SERVER_NAME", "instance.hubble-relay.cilium.io");
    vi.stubEnv("HUBBLE_TLS_CLIENT_CERT_FILE", join(CERTIFICATES, "client.pem"));
    await expect(trafficOf([path])).rejects.toThrow(/certificate and private key are both required/);
    vi.stubEnv("HUBBLE_TLS_CLIENT_KEY_FILE", join(CERTIFICATES, "client.key.pem"));
    const traffic = await trafficOf([path]).finally(() => vi.unstubAllEnvs());
    expect(traffic.coverage.flows).toBe(10);
  });

  it("are reached through the Kubernetes API", async () => {
    const api = await FakeApiServer.start();
    const { server } = (relay = await fakeRelay(ten));
    const service = { spec: { selector: { a: "b" }, ports: [{ port: 80 }] } };
    const pod = { metadata: { name: "relay" }, status: { phase: "Running" } };
    const asked: string[] = [];
    api.answer = (_, response, { pathname }) => {
      asked.push(pathname);
      response.writeHead(200).end(JSON.stringify(pathname.includes("/services/") ? service : { items: [pod] }));
      return true;
    };
    api.upgrade = (request, socket) =>
      servePortForward(request, socket, () => ({ host: "127.0.0.1", port: Number(server.split(":")[1]) }));
    const { coverage } = await trafficOf(["relay://cilium"], api.kubeconfig());
    await api.stop();
    expect(coverage.flows).toBe(10);
    expect(asked).toContain("/api/v1/namespaces/cilium/services/hubble-relay");
  });
});

describe("a server that is named wrongly", () => {
  it.each([
    ["grpc://", /no server is named/, /grpc:\/\/localhost:4245/],
    ["grpc://127.0.0.1:9?last=5", /last means nothing here/, /since, until, flows and seconds/],
    ["grpc://127.0.0.1:9?since=soon", /since is no time/, /\?since=10m/],
    ["grpc://127.0.0.1:9?flows=0", /flows is no number above 0/, /\?flows=1000/],
    ["grpc://127.0.0.1:9", /nothing listens at 127\.0\.0\.1:9/, /is the port forwarded/],
    ["grpcs://127.0.0.1:9", /nothing listens at 127\.0\.0\.1:9/, /is the port forwarded/],
    ["unix:///nowhere/hubble.sock", /there is no socket at unix:\/\/\/nowhere\/hubble\.sock/, /\/var\/run\/cilium/],
  ])("%s", async (path, message, help) => {
    const run = await inProcess(["rehearse", "--flows", path, "--policies", join(HOMELAB, "policies")]);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toMatch(help);
    expect(run.status).toBe(2);
  });

  it("beside a recording, or to a verb that follows servers", async () => {
    const recording = join(import.meta.dirname, "..", "fixtures", "flows-shapes.jsonl");
    const policies = ["--policies", join(HOMELAB, "policies")];
    const beside = await inProcess(["rehearse", "--flows", "grpc://a", recording, ...policies]);
    expect(beside.stderr).toMatch(/read without recordings beside it/);
    const record = await inProcess(["record", "--flows", "grpc://a", "--to", join(directory, "store")]);
    expect(record.stderr).toMatch(/record follows it\nhelp: name the server with --server/);
    const observe = await inProcess(["observe", "--flows", "grpc://a?since=5m"]);
    expect(observe.stderr).toMatch(/give --since, --until/);
    expect([beside.status, record.status, observe.status]).toEqual([2, 2, 2]);
  });
});
