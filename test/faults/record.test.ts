import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { recordServers } from "#cli/run/record-servers.ts";
import { type RecordServer, serveRecorder } from "#cli/run/record-server.ts";
import type { Message } from "#hubble/message.ts";
import type { Finding } from "#model/finding.ts";
import { DEFAULT_RELAY, type RelayOptions } from "#sources/relay-options.ts";
import { createStore, openStore } from "#store/parquet-store.ts";
import { Recorder } from "#store/recorder.ts";
import type { Store, StoreCoverage } from "#store/store.ts";
import { inProcess } from "../cli/in-process.ts";
import {
  type Answer,
  CERTIFICATES,
  drop,
  type FakeRelay,
  type FakeRelayOptions,
  fakeRelay,
  type FlowsCall,
  flow,
  send,
} from "./fake-relay.ts";

const directory = mkdtempSync(join(tmpdir(), "record-faults-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let stores = 0;
const newPath = () => join(directory, `store-${++stores}`);

const relays: FakeRelay[] = [];
afterEach(() => {
  for (const relay of relays.splice(0)) relay.close();
});

async function start(answer: Answer, options: FakeRelayOptions = {}): Promise<FakeRelay> {
  const relay = await fakeRelay(answer, options);
  relays.push(relay);
  return relay;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const timeOf = (number: number) => Date.parse(String(flow(number)["time"]));
/** What a ring that holds flows `from` to `to` gives to a request. */
function give(call: FlowsCall, request: Message, [from, to]: readonly [number, number]): void {
  const since = Date.parse(String(request["since"]));
  for (const number of range(from, to)) if (timeOf(number) >= since) send(call, flow(number));
}

type Recorded = {
  readonly recorder: Recorder;
  readonly said: readonly Finding[];
  readonly coverage: StoreCoverage;
  /** Numbers of the flows that were kept as they came, in their order. */
  readonly kept: readonly number[];
};
type RecordOptions = {
  readonly path?: string;
  readonly until: (recorder: Recorder, said: readonly Finding[]) => boolean;
  readonly server?: Partial<RelayOptions>;
  readonly mostEvents?: number;
  readonly wrap?: (store: Store) => Store;
  /** Done while it still records. */
  readonly meanwhile?: (recorder: Recorder) => Promise<void>;
};

/** Records from relays until something holds; then ends as by a signal, and looks at what the store has. */
async function record(from: readonly FakeRelay[], options: RecordOptions): Promise<Recorded> {
  const path = options.path ?? newPath();
  const said: Finding[] = [];
  const say = (finding: Finding) => said.push(finding);
  const created = await createStore(path, { threads: 1 });
  const store = options.wrap?.(created) ?? created;
  const retention = { days: null, bytes: null };
  const bound = options.mostEvents === undefined ? {} : { mostEvents: options.mostEvents };
  const recorder = await Recorder.open(store, { flushSeconds: 1e6, retention, now: Date.now, say, ...bound });
  const stop = new AbortController();
  const servers = from.map(({ server }) => ({ ...DEFAULT_RELAY, server, ...options.server }));
  const recording = recordServers(servers, { recorder, signal: stop.signal, say, tell: () => {} });
  try {
    const done = recording.then(() => true);
    while (!options.until(recorder, said)) {
      if (await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 5, false))])) break;
    }
    await options.meanwhile?.(recorder);
  } finally {
    stop.abort();
    await recording.catch(() => {});
    await recorder.close();
    await store.close();
  }
  await recording;
  return { recorder, said, ...(await look(path)) };
}

async function look(path: string): Promise<Pick<Recorded, "coverage" | "kept">> {
  const store = await openStore(path, { threads: 1 });
  const kept: number[] = [];
  for await (const line of store.events({ from: null, to: null })) {
    const uuid: unknown = JSON.parse(line).flow?.uuid;
    if (typeof uuid === "string") kept.push(Number(uuid.slice(-12)));
  }
  const coverage = await store.coverage();
  await store.close();
  return { coverage, kept };
}

/** Kept, so that it can be told which of them came. */
const verdict = { verdict: "DROPPED", event_type: { type: 5 } };
const seen = (count: number) => (recorder: Recorder) => recorder.counts.flows >= count;
const ids = (said: readonly Finding[]) => said.map(({ id }) => id);

describe("a relay that drops mid-stream", () => {
  it("is asked from where it stood: nothing is missing, nothing comes twice, and it is said once", async () => {
    const relay = await start((call, request, calls) => {
      give(call, request, [1, calls === 0 ? 50 : 80]);
      if (calls === 0) drop(call);
    });
    const { recorder, said, coverage } = await record([relay], { until: (one) => one.counts.flows >= 80 });
    expect(relay.requests[0]).toMatchObject({ follow: true, since: "1970-01-01T00:00:00Z" });
    expect(relay.requests[1]).toMatchObject({ follow: true, since: "2026-09-14T08:00:45Z" });
    expect(coverage).toMatchObject({ flows: 80, gaps: [] });
    expect(recorder.counts.reconnects).toBe(1);
    expect(ids(said)).toEqual(["server-failed", "server-again"]);
    expect(said[0]?.message).toMatch(/the relay goes down .*connecting again until it goes well/);
  });

  it("again and again, at any place", { timeout: 60_000 }, async () => {
    const relay = await start((call, request, calls) => {
      const since = Date.parse(String(request["since"]));
      const from = range(1, 60).filter((number) => timeOf(number) >= since);
      for (const number of from.slice(0, 9 + (calls % 5))) send(call, flow(number, verdict));
      if (from.length > 9 + (calls % 5)) drop(call);
    });
    const { coverage, kept } = await record([relay], { until: ({ counts }) => counts.kept >= 60 });
    expect(kept).toEqual(range(1, 60));
    expect(coverage).toMatchObject({ flows: 60, gaps: [] });
    expect(relay.requests.length).toBeGreaterThan(4);
  });

  it("and no longer holds what was last seen: a gap of that node, up to what came next", async () => {
    const relay = await start((call, _request, calls) => {
      for (const number of calls === 0 ? range(1, 5) : range(100, 105)) send(call, flow(number));
      if (calls === 0) drop(call);
    });
    const { coverage } = await record([relay], { until: seen(11) });
    expect(coverage.flows).toBe(11);
    expect(coverage.gaps).toEqual([
      {
        node: "node-1",
        from: timeOf(5),
        to: timeOf(100),
        reason: "the connection was lost, and the ring has wrapped since",
      },
    ]);
  });

  it("while another tells the same: each event once, and no gap", async () => {
    const first = await start((call, request, calls) => {
      // What came meanwhile is no longer in its ring.
      if (calls === 0) give(call, request, [1, 20]);
      else for (const number of range(50, 60)) send(call, flow(number));
      if (calls === 0) setTimeout(() => drop(call), 50);
    });
    const second = await start((call, request) => give(call, request, [1, 60]));
    const { coverage } = await record([first, second], {
      until: ({ counts }) => counts.reconnects === 1 && (counts.skipped.get("duplicate") ?? 0) >= 20,
    });
    expect(coverage).toMatchObject({ flows: 60, gaps: [] });
  });

  it("before anything came: it is waited for", async () => {
    const relay = await start((call, request, calls) => (calls < 2 ? drop(call) : give(call, request, [1, 3])));
    const { coverage, said } = await record([relay], { until: seen(3) });
    expect(coverage.flows).toBe(3);
    expect(said.filter(({ id }) => id === "server-failed")).toHaveLength(1);
  });
});

describe("a recorder that was away", () => {
  it("asks for what came meanwhile; what it had is not recorded again, and nothing is missing", async () => {
    const path = newPath();
    const relay = await start((call, request) => give(call, request, [1, relay.requests.length === 1 ? 40 : 90]));
    await record([relay], { path, until: seen(40) });
    const { coverage } = await record([relay], { path, until: seen(56) });
    expect(relay.requests[1]).toMatchObject({ since: "2026-09-14T08:00:35Z" });
    expect(coverage).toMatchObject({ flows: 90, gaps: [] });
  });

  it("for too long: a gap", async () => {
    const path = newPath();
    const relay = await start((call, request) =>
      give(call, request, relay.requests.length === 1 ? [1, 40] : [200, 210]),
    );
    await record([relay], { path, until: seen(40) });
    const { coverage } = await record([relay], { path, until: seen(11) });
    expect(coverage.gaps).toEqual([
      { node: "node-1", from: timeOf(40), to: timeOf(200), reason: "the recorder did not run" },
    ]);
  });
});

/** The built command. RINGFENCE_DIST names another build than `dist`. */
const MAIN = join(resolve(process.env["RINGFENCE_DIST"] ?? "dist"), "main.js");

describe("a recorder that is killed", () => {
  const spawned = (relay: FakeRelay, path: string) => {
    const words = ["--server", relay.server, "--to", path, "--flush-interval", "1", "--listen", "127.0.0.1:0"];
    const child = spawn(process.execPath, [MAIN, "record", ...words], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (text) => {
      said += text;
    });
    const wait = async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said}`);
      await new Promise((done) => setTimeout(done, 20));
    };
    return { child, said: () => said, wait };
  };

  it.skipIf(!existsSync(MAIN))(
    "by SIGKILL: the next one asks from there, nothing is missing; by SIGTERM: it writes what it has and ends well",
    { timeout: 120_000 },
    async () => {
      const path = newPath();
      let most = 30;
      const relay = await start((call, request) => {
        for (const number of range(1, most)) {
          if (timeOf(number) >= Date.parse(String(request["since"]))) send(call, flow(number, verdict));
        }
      });
      const first = spawned(relay, path);
      while (!existsSync(join(path, "segments")) || readdirSync(join(path, "segments")).length === 0)
        await first.wait();
      first.child.kill("SIGKILL");
      await once(first.child, "exit");
      expect((await look(path)).kept).toEqual(range(1, 30));
      most = 60;
      const second = spawned(relay, path);
      const address = async () => {
        for (;;) {
          const found = /listening on (\S+)/.exec(second.said())?.[1];
          if (found !== undefined) return found;
          await second.wait();
        }
      };
      const metrics = async () => (await fetch(`${await address()}/metrics`)).text();
      while (!(await metrics()).includes("ringfence_record_kept_events_total 30\n")) await second.wait();
      second.child.kill("SIGTERM");
      const [status] = await once(second.child, "exit");
      expect({ status, said: second.said() }).toEqual({ status: 0, said: expect.stringMatching(/30 events kept/) });
      const { kept, coverage } = await look(path);
      expect(kept).toEqual(range(1, 60));
      expect(coverage).toMatchObject({ flows: 60, gaps: [] });
    },
  );
});

describe("what a server tells beside flows", () => {
  it("losses by their source, each once though the ring tells them again", async () => {
    const relay = await start((call, _request, calls) => {
      send(call, flow(1));
      const lost = (source: string, count: string) => ({
        lost_events: { source, num_events_lost: count, cpu: 0 },
        node_name: "node-1",
        time: "2026-09-14T08:00:01Z",
      });
      send(call, lost("PERF_EVENT_RING_BUFFER", "7"));
      send(call, lost("HUBBLE_RING_BUFFER", "5"));
      if (calls === 0) drop(call);
      else for (const number of range(2, 4)) send(call, flow(number));
    });
    const { recorder, coverage } = await record([relay], { until: seen(4) });
    expect(coverage.lostBySource).toEqual({ PERF_EVENT_RING_BUFFER: 7, HUBBLE_RING_BUFFER: 10 });
    expect(Object.fromEntries(recorder.counts.lost)).toEqual(coverage.lostBySource);
  });

  it("a node that Relay cannot reach: a gap until it can, and what it held is not counted again", async () => {
    const status = (state: string, number: number) => ({
      node_status: { state_change: state, node_names: ["node-1"] },
      time: String(flow(number)["time"]),
    });
    const relay = await start((call) => {
      for (const number of range(1, 20)) send(call, flow(number));
      send(call, status("NODE_UNAVAILABLE", 20));
      send(call, status("NODE_CONNECTED", 40));
      for (const number of range(1, 60)) send(call, flow(number));
    });
    const { coverage } = await record([relay], { until: ({ counts }) => counts.flows >= 60 });
    expect(coverage.flows).toBe(60);
    expect(coverage.gaps.map(({ node, reason }) => [node, reason])).toEqual([["node-1", "unreachable"]]);
  });

  it("a version that is not known, and nodes of different versions", async () => {
    const options = {
      status: { version: "hubble-relay v1.22.0+g1234567" },
      nodes: ["cilium v1.19.6", "cilium v1.20.2", "cilium v1.20.2"].map((version, at) => ({
        name: `n-${at}`,
        version,
      })),
    };
    const relay = await start((call, request, calls) => {
      give(call, request, [1, 3 + calls]);
      if (calls === 0) setTimeout(() => drop(call), 50);
    }, options);
    const { said, coverage } = await record([relay], {
      until: ({ counts }, told) => counts.flows >= 4 && told.some(({ id }) => id === "node-versions"),
    });
    const versions = said.filter(({ id }) => id.endsWith("version") || id.endsWith("versions"));
    expect(versions.map(({ message }) => message)).toEqual([
      expect.stringMatching(/is hubble-relay v1\.22\.0\+g1234567, of a version that this ringfence does not know/),
      expect.stringMatching(/^nodes run different versions of Cilium: 1\.19\.6 \(1\), 1\.20\.2 \(2\)/),
    ]);
    expect(ids(coverage.findings)).toEqual(expect.arrayContaining(["server-version", "node-versions"]));
  });

  it("a field of a newer Hubble is said once", async () => {
    const relay = await start((call) => {
      for (const number of range(1, 3)) {
        send(call, flow(number));
        call.write(Buffer.from("0a06080110019a3f0168".replace("1001", ""), "hex"));
      }
    });
    const { said } = await record([relay], { until: seen(6) });
    expect(said.filter(({ message }) => /field 1011 of Flow is not known/.test(message))).toHaveLength(1);
  });
});

describe("a relay that is not as it should be", () => {
  it("answers slowly: that is said, and it is waited for", async () => {
    const relay = await start((call, request) => setTimeout(() => give(call, request, [1, 2]), 600));
    const { said, coverage } = await record([relay], { until: seen(2), server: { requestTimeoutSeconds: 0.2 } });
    expect(coverage.flows).toBe(2);
    expect(said.filter(({ message }) => /has sent nothing for 0\.2 s; still waiting/.test(message))).toHaveLength(1);
  });

  it("sends a message over the limit: it goes on behind it, and a gap stays", { timeout: 30_000 }, async () => {
    const relay = await start((call, request, calls) => {
      const since = Date.parse(String(request["since"]));
      for (const number of range(1, 5)) if (timeOf(number) >= since) send(call, flow(number));
      if (timeOf(6) >= since) send(call, flow(6, { Summary: "x".repeat(17 << 20) }));
      if (calls > 1) for (const number of range(7, 9)) send(call, flow(number));
    });
    const { said, coverage } = await record([relay], { until: seen(8) });
    expect(said.filter(({ id }) => id === "message-too-large").length).toBeGreaterThan(0);
    expect(coverage.flows).toBe(8);
    expect(coverage.gaps).toMatchObject([{ from: timeOf(5), to: timeOf(7) }]);
  });

  it("has a certificate for another name: that ends it, in words", async () => {
    const relay = await start((call) => call.end(), { certificate: "relay" });
    const server = { isTls: true, serverName: "relay.example" };
    await expect(record([relay], { until: () => false, server })).rejects.toMatchObject({
      code: expect.stringMatching(/^certificate-/),
    });
  });

  it("the flags and variables of the hubble CLI reach it", async () => {
    const relay = await start((call) => call.end(), { certificate: "relay" });
    const tls = ["--tls", "--tls-ca-cert-files", join(CERTIFICATES, "ca.pem"), "--tls-server-name", "relay.example"];
    const named = await inProcess(["record", "--server", relay.server, ...tls, "--to", newPath()]);
    expect(named).toMatchObject({ status: 2, stderr: expect.stringMatching(/is for another name: \*\.hubble-relay/) });
    vi.stubEnv("HUBBLE_SERVER", `tls://${relay.server}`);
    const fromEnvironment = await inProcess(["record", "--to", newPath()]);
    vi.unstubAllEnvs();
    expect(fromEnvironment).toMatchObject({ status: 2, stderr: expect.stringMatching(/authority that is not known/) });
    const twice = await inProcess(["record", "--server", relay.server, "--flows", "x.jsonl", "--to", newPath()]);
    expect(twice).toMatchObject({ status: 2, stderr: expect.stringMatching(/--flows and --server both name/) });
  });

  it("whose node's clock steps back: every event is recorded", async () => {
    const relay = await start((call) => {
      for (const number of [...range(1, 40), ...range(41, 60)]) {
        const time = number <= 40 ? number : number - 30;
        send(call, { ...flow(number, { time: String(flow(time)["time"]) }), time: String(flow(time)["time"]) });
      }
    });
    const { coverage } = await record([relay], { until: seen(60) });
    expect(coverage.flows).toBe(60);
  });
});

describe("a store that cannot keep up", () => {
  it("makes the server wait: nothing that was told is lost", async () => {
    const relay = await start((call) => {
      for (const number of range(1, 1500)) send(call, flow(number, verdict));
    });
    const slow = (store: Store): Store => {
      const slower: Store = Object.create(store);
      return Object.assign(slower, {
        append: async (part: Parameters<Store["append"]>[0]) => {
          // Made from the part before it may change.
          const written = store.append(part);
          await new Promise((resolve) => setTimeout(resolve, 30));
          await written;
        },
      });
    };
    const { recorder, kept } = await record([relay], { until: seen(1500), mostEvents: 600, wrap: slow });
    expect(recorder.counts.keptLost).toBe(0);
    expect(kept).toEqual(range(1, 1500));
  });
});

describe("/metrics, /healthz and /readyz", () => {
  const get = async ({ address }: RecordServer, path: string) => {
    const response = await fetch(`${address.replace("localhost", "127.0.0.1")}${path}`);
    return { status: response.status, text: await response.text() };
  };

  it("ready when the server is connected", async () => {
    const relay = await start((call, request) => give(call, request, [1, 4]));
    await record([relay], {
      until: seen(4),
      meanwhile: async (recorder) => {
        const server = await serveRecorder(recorder, "127.0.0.1:0");
        expect(await get(server, "/readyz")).toEqual({ status: 200, text: "ok\n" });
        expect((await get(server, "/healthz")).status).toBe(200);
        expect((await get(server, "/other")).status).toBe(404);
        const { text } = await get(server, "/metrics");
        expect(text).toContain("\nringfence_record_flows_total 4\n");
        expect(text).toContain(`\nringfence_record_source_connected{server="${relay.server}"} 1\n`);
        server.close();
      },
    });
  });

  it("not ready while it is away", async () => {
    const gone = await fakeRelay(() => {});
    gone.close();
    await record([gone], {
      until: (_, said) => said.length > 0,
      meanwhile: async (recorder) => {
        const server = await serveRecorder(recorder, "127.0.0.1:0");
        expect(await get(server, "/readyz")).toEqual({ status: 503, text: `not connected: ${gone.server}\n` });
        expect((await get(server, "/healthz")).status).toBe(200);
        server.close();
      },
    });
  });

  it("not well while the store cannot be written, and well again", async () => {
    const relay = await start((call, request) => give(call, request, [1, 4]));
    let isFull = true;
    const wrap = (store: Store): Store =>
      Object.assign(Object.create(store) as Store, {
        append: (part: Parameters<Store["append"]>[0]) =>
          isFull ? Promise.reject(new Error("No space left on device")) : store.append(part),
      });
    const { coverage, said } = await record([relay], {
      until: seen(4),
      wrap,
      meanwhile: async (recorder) => {
        const server = await serveRecorder(recorder, "127.0.0.1:0");
        await recorder.flush();
        expect((await get(server, "/healthz")).status).toBe(503);
        expect((await get(server, "/readyz")).text).toBe("the store cannot be written\n");
        expect((await get(server, "/metrics")).text).toContain("\nringfence_record_store_writable 0\n");
        isFull = false;
        await recorder.flush();
        expect((await get(server, "/healthz")).status).toBe(200);
        server.close();
      },
    });
    expect(ids(said)).toEqual(["store-full", "store-writable"]);
    expect(coverage.flows).toBe(4);
  });
});
