import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ObserverServer, startObserverServer } from "#server/observer/observer-server.ts";
import { storeHistory } from "#server/observer/store-history.ts";
import { RelayConnection } from "#sources/relay-connection.ts";
import { DEFAULT_RELAY } from "#sources/relay-options.ts";
import { livePieces } from "#sources/relay-source.ts";
import { createStore, openStore } from "#store/parquet-store.ts";
import { ALL_TIME, type Store, type StoreWindow } from "#store/store.ts";
import { StoreFault } from "#store/store-fault.ts";
import { inProcess } from "../cli/in-process.ts";
import type { Run } from "../ringfence.ts";
import { HOUR, line, recordingInto, START, take } from "../store/recorded-flows.ts";

const directory = mkdtempSync(join(tmpdir(), "ringfence-observer-store-"));
const { open, recorded } = recordingInto({
  newPlace: () => directory,
  create: (place) => createStore(place, { threads: 1 }),
  open: (place) => openStore(place, { threads: 1 }),
});
const opened: { readonly close: () => Promise<void> }[] = [];
afterAll(async () => {
  for (const one of opened.reverse()) await one.close();
  rmSync(directory, { recursive: true, force: true });
});

async function serve(place: string, window: StoreWindow = ALL_TIME) {
  const store = await openStore(place, { threads: 1 });
  const history = storeHistory(store, { window, warn: () => {}, pollMilliseconds: 20 });
  const server = await startObserverServer(history, { listen: "127.0.0.1:0", tls: null, version: "ringfence test" });
  opened.push(store, server);
  return server;
}

/** Two hours of two nodes that come one after the other, a loss between, and an hour that goes on. */
const LOST = `{"lost_events":{"source":"HUBBLE_RING_BUFFER","num_events_lost":"7"},"node_name":"node-1","time":"${new Date(START + 2500).toISOString()}"}`;
const FIRST = [line(0), line(2000), line(3000), line(HOUR + 10), line(HOUR + 30)];
const SECOND = [line(1000, "node-2"), line(2000, "node-2", 1), line(HOUR + 20, "node-2")];
const IN_ORDER = [
  line(0),
  line(1000, "node-2"),
  line(2000),
  line(2000, "node-2", 1),
  LOST,
  line(3000),
  line(HOUR + 10),
  line(HOUR + 20, "node-2"),
  line(HOUR + 30),
];

const place = join(directory, "store");
let server: ObserverServer;
beforeAll(async () => {
  await recorded(place, [...FIRST.slice(0, 2), LOST, ...FIRST.slice(2)]);
  await recorded(place, SECOND);
  server = await serve(place);
}, 60_000);

async function observe(at: ObserverServer, ...words: readonly string[]): Promise<Run> {
  return await inProcess(["observe", "--server", at.address, "-o", "json", ...words]);
}

/** An event by what names it. */
function nameOf(text: string): string {
  const { flow, lost_events: lost, node_name: node, time } = JSON.parse(text);
  return `${node} ${time.replace(".000Z", "Z")} ${flow?.uuid.slice(-6) ?? lost.num_events_lost}`;
}

const namesOf = (lines: readonly string[]) => lines.map(nameOf);
const toldBy = (run: Run) => namesOf(run.stdout.split("\n").filter((one) => one !== ""));

describe("a store offered as an observer", () => {
  it("gives what was recorded, in the order of time, over hours, nodes and runs", async () => {
    expect(toldBy(await observe(server, "--all"))).toEqual(namesOf(IN_ORDER));
  });

  it("gives the last with what was lost since the first of them, the first, and those of a time", async () => {
    expect(toldBy(await observe(server, "--last", "2"))).toEqual(namesOf(IN_ORDER.slice(-2)));
    expect(toldBy(await observe(server, "--last", "5"))).toEqual(namesOf(IN_ORDER.slice(3)));
    expect(toldBy(await observe(server, "--last", "100"))).toEqual(namesOf(IN_ORDER));
    expect(toldBy(await observe(server, "--first", "3"))).toEqual(namesOf(IN_ORDER.slice(0, 3)));
    const at = (ms: number) => new Date(START + ms).toISOString();
    const some = await observe(server, "--since", at(2000), "--until", at(HOUR + 10));
    expect(toldBy(some)).toEqual(namesOf(IN_ORDER.slice(2, 7)));
    const last = await observe(server, "--until", at(3000), "--last", "2");
    expect(toldBy(last)).toEqual(namesOf(IN_ORDER.slice(3, 6)));
  });

  it("filters", async () => {
    const ofNode = await observe(server, "--all", "--node-name", "node-2");
    expect(toldBy(ofNode)).toEqual(namesOf(IN_ORDER.filter((one) => one === LOST || one.includes("node-2"))));
    const dropped = await observe(server, "--last", "3", "--verdict", "DROPPED");
    expect(toldBy(dropped)).toEqual(namesOf(IN_ORDER.slice(-3)));
    expect(toldBy(await observe(server, "--last", "3", "--verdict", "FORWARDED"))).toEqual([]);
    const others = await observe(server, "--last", "1", "--not", "--node-name", "node-1");
    expect(toldBy(others)).toEqual(namesOf([line(HOUR + 20, "node-2")]));
  });

  it("offers a part of itself when a window is named", async () => {
    const part = await serve(place, { from: START + 1500, to: START + HOUR + 10 });
    expect(toldBy(await observe(part, "--all"))).toEqual(namesOf(IN_ORDER.slice(2, 7)));
    expect(toldBy(await observe(part, "--last", "1"))).toEqual(namesOf([line(HOUR + 10)]));
  });

  it("says how it is, which nodes and namespaces it knows", async () => {
    const status = await inProcess(["status", "--server", server.address]);
    expect(status.stdout).toContain("Current/Max Flows: 9/9 (100.00%)");
    expect(status.stdout).toContain("Connected Nodes: 2/2");
    const nodes = await inProcess(["list", "nodes", "--server", server.address]);
    expect(nodes.stdout).toMatch(/^node-1 +Connected .*\nnode-2 +Connected /m);
    const namespaces = await inProcess(["list", "namespaces", "--server", server.address]);
    expect(namespaces.stdout).toBe("NAMESPACE\nshop\n");
  });

  it("gives more of the last than it keeps, of equal times too", async () => {
    const many = join(directory, "many");
    const lines = Array.from({ length: 4200 }, (_, index) => line(Math.floor(index / 7) * 100, "node-1", index));
    await recorded(many, lines);
    const large = await serve(many);
    for (const number of [4096, 4100]) {
      expect(toldBy(await observe(large, "--last", String(number)))).toEqual(namesOf(lines.slice(-number)));
    }
  }, 60_000);

  it("of a store without events gives none", async () => {
    const empty = join(directory, "empty");
    await (await createStore(empty)).close();
    const nothing = await serve(empty);
    expect(toldBy(await observe(nothing, "--all"))).toEqual([]);
    expect(toldBy(await observe(nothing, "--last", "5"))).toEqual([]);
    expect((await inProcess(["status", "--server", nothing.address])).stdout).toContain("Connected Nodes: 0/0");
    expect((await inProcess(["list", "nodes", "--server", nothing.address])).status).toBe(0);
  });

  it("that is not there is refused before anybody can ask", async () => {
    const run = await inProcess(["serve", "--observer", "--flows", `store://${join(directory, "none")}`]);
    expect(run).toMatchObject({ status: 2, stderr: expect.stringContaining("no store lies here") });
  });
});

describe("a store that is written while it is followed", () => {
  it("gives what was written since, each once, also when its parts are joined and when another run goes on", async () => {
    const growing = join(directory, "growing");
    const first = await open(growing);
    const written = Array.from({ length: 9 }, (_, index) => line(index * 1000));
    for (const one of written.slice(0, 3)) take(first.recorder, one);
    await first.recorder.flush();
    const following = follow(await serve(growing), 2n);
    await following.has(2);
    for (const one of written.slice(3, 5)) take(first.recorder, one);
    await first.recorder.flush();
    await following.has(4);
    // What was taken and not written is not there.
    for (const one of written.slice(5, 7)) take(first.recorder, one);
    // Ends the hour: its parts become one and are removed at once.
    await first.recorder.close();
    await first.store.close();
    await following.has(6);
    await recorded(growing, written.slice(6));
    await following.has(8);
    expect(await following.end()).toEqual(namesOf(written.slice(1)));
  }, 60_000);

  it("waits for a store that is away for the moment", async () => {
    const store = await openStore(place, { threads: 1 });
    opened.push(store);
    const abort = new AbortController();
    const said: string[] = [];
    let asked = 0;
    const ailing: Store = Object.create(store);
    Object.assign(ailing, {
      segments: async () => {
        if (++asked === 2) throw new StoreFault("store-away", "nobody answers", { help: "", isPassing: true });
        if (asked === 4) abort.abort();
        return await store.segments();
      },
    });
    const options = { window: ALL_TIME, warn: (text: string) => said.push(text), pollMilliseconds: 1 };
    const { pieces } = await storeHistory(ailing, options).view();
    const request = { since: null, until: null, verdicts: null, isFollow: true, isFromEnd: false };
    let count = 0;
    for await (const piece of pieces({ ...request, signal: abort.signal })) count += piece.length;
    expect({ count, said }).toEqual({ count: IN_ORDER.length, said: ["the store is asked again: nobody answers"] });
  });
});

/** A client of ours that follows, from so many of the last on. */
function follow({ address }: ObserverServer, number: bigint) {
  const connection = new RelayConnection({ ...DEFAULT_RELAY, server: address });
  const filters = { allow: [], deny: [] };
  const asked = { number, isFirst: false, isFollow: true, filters, since: null, until: null, fieldMask: [] };
  const pieces = livePieces({ connection, asked, slowSeconds: 60, now: () => 0, wait: () => Promise.resolve() });
  const lines: string[] = [];
  let tell = () => {};
  const iterator = pieces[Symbol.asyncIterator]();
  const reading = (async () => {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      const piece = next.value;
      if (piece.kind !== "lines") continue;
      lines.push(...new TextDecoder().decode(piece.bytes).trimEnd().split("\n"));
      tell();
    }
  })().catch(() => undefined);
  return {
    has: async (count: number) => {
      while (lines.length < count) {
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      }
    },
    end: async () => {
      connection.close();
      await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
      return namesOf(lines);
    },
  };
}

/** The hubble CLI of Cilium 1.20: what HUBBLE_CLI names, or the one on the PATH. */
const hubble = process.env["HUBBLE_CLI"] ?? "hubble";
const isThere = spawnSync(hubble, ["version"]).status === 0;
if (!isThere) console.warn("no hubble CLI (HUBBLE_CLI, PATH): it is not tried against a store");

describe("the real hubble CLI", () => {
  it
    .skipIf(!isThere)
    .each([
      [["observe", "--last", "5"]],
      [["observe", "--all", "-o", "json"]],
      [["observe", "--last", "4", "--since", new Date(START).toISOString(), "--node-name", "node-2"]],
      [["status"]],
      [["list", "nodes"]],
      [["list", "namespaces", "-o", "json"]],
    ])("reads from a store what we read: %j", async (words) => {
    const all = [...words, "--server", server.address];
    const { stdout } = await promisify(execFile)(hubble, all);
    expect((await inProcess(all)).stdout).toBe(stdout);
    expect(stdout.length).toBeGreaterThan(20);
  });
});
