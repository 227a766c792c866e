import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import type { Finding } from "#model/finding.ts";
import type { FlowEvent } from "#model/flow.ts";
import { createStore, openStore } from "#store/parquet-store.ts";
import { Recorder } from "#store/recorder.ts";
import type { Store } from "#store/store.ts";
import { StoreDirectory } from "#store/store-directory.ts";
import { FlowScanner } from "#decode/flow/flow-scanner.ts";

const directory = mkdtempSync(join(tmpdir(), "store-faults-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
/** The built command. RINGFENCE_DIST names another build than `dist`. */
const MAIN = join(resolve(process.env["RINGFENCE_DIST"] ?? "dist"), "main.js");
let stores = 0;
const newPath = () => join(directory, `store-${++stores}`);

const HOUR = 3_600_000;
const START = Date.parse("2026-09-14T10:00:00Z");
const uuid = (number: number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;

/** A dropped policy verdict at a node, `ms` after ten o'clock. */
function line(ms: number, node = "node-1", number = ms): string {
  const time = new Date(START + ms).toISOString();
  const end = (name: string) =>
    `{"identity":1000,"namespace":"shop","labels":["k8s:app=${name}","k8s:io.kubernetes.pod.namespace=shop"],"pod_name":"${name}-1"}`;
  return `{"flow":{"time":"${time}","uuid":"${uuid(number)}","verdict":"DROPPED","IP":{"source":"10.0.0.1","destination":"10.0.0.2","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":40000,"destination_port":80,"flags":{"SYN":true}}},"source":${end("web")},"destination":${end("db")},"Type":"L3_L4","node_name":"${node}","event_type":{"type":5},"traffic_direction":"EGRESS","drop_reason_desc":"POLICY_DENIED"},"node_name":"${node}","time":"${time}"}`;
}

const scanner = new FlowScanner();
const encoder = new TextEncoder();

function take(recorder: Recorder, text: string): void {
  const bytes = encoder.encode(text);
  const event: FlowEvent | null = scanner.scan(bytes, 0, bytes.length);
  if (event === null) throw new Error("not an event");
  recorder.add(event, bytes, 0, bytes.length);
}

type Opened = { readonly store: Store; readonly recorder: Recorder; readonly said: Finding[] };

async function open(path: string, now = () => START): Promise<Opened> {
  const said: Finding[] = [];
  const store = await createStore(path, { threads: 1 });
  const retention = { days: null, bytes: null };
  const say = (finding: Finding) => said.push(finding);
  return { store, recorder: await Recorder.open(store, { flushSeconds: 60, retention, now, say }), said };
}

async function recorded(path: string, lines: readonly string[], isClosed = true): Promise<Opened> {
  const opened = await open(path);
  for (const one of lines) take(opened.recorder, one);
  await (isClosed ? opened.recorder.close() : opened.recorder.flush());
  if (isClosed) await opened.store.close();
  return opened;
}

async function reading<T>(path: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(path, { threads: 1 });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

const linesOf = (path: string) =>
  reading(path, async (store) => {
    const lines: string[] = [];
    for await (const one of store.events({ from: null, to: null })) lines.push(one);
    return lines;
  });
const flowsOf = (path: string) => reading(path, async (store) => (await store.coverage()).flows);
const gapsOf = (path: string) => reading(path, async (store) => (await store.coverage()).gaps);

describe("a recorder that is killed", () => {
  const start = (to: string): ChildProcess =>
    spawn(process.execPath, [MAIN, "record", "--flows", "-", "--to", to, "--flush-interval", "1"], {
      stdio: ["pipe", "ignore", "pipe"],
    });

  it.skipIf(!existsSync(MAIN))(
    "loses at most the last flush interval, and the next run records that as a gap",
    { timeout: 60_000 },
    async () => {
      const path = newPath();
      const child = start(path);
      const all = Array.from({ length: 20 }, (_, index) => line(index * 1000));
      child.stdin?.write(`${all.slice(0, 10).join("\n")}\n`);
      const segments = join(path, "segments");
      while (!existsSync(segments) || readdirSync(segments).length === 0) await sleep(100);
      child.stdin?.write(`${all.slice(10).join("\n")}\n`);
      await sleep(30);
      child.kill("SIGKILL");
      await once(child, "exit");
      const kept = await flowsOf(path);
      expect(kept).toBeGreaterThanOrEqual(10);
      await recorded(path, [line(60_000)]);
      expect(await flowsOf(path)).toBe(kept + 1);
      expect(await gapsOf(path)).toEqual([
        {
          node: "node-1",
          from: START + (kept - 1) * 1000,
          to: START + 60_000,
          reason: "the recorder ended without saving, and did not run",
        },
      ]);
      expect(await linesOf(path)).toEqual([...all.slice(0, kept), line(60_000)]);
    },
  );
});

describe("the pieces that a killed writer leaves behind", () => {
  it("an unfinished segment is no segment, and goes at the next start", async () => {
    const path = newPath();
    await recorded(path, [line(0)]);
    mkdirSync(join(path, "unfinished", "2026-09-14T10-r1-000009"), { recursive: true });
    writeFileSync(join(path, "unfinished", "2026-09-14T10-r1-000009", "events.parquet"), "PAR1");
    expect(await flowsOf(path)).toBe(1);
    await recorded(path, [line(1000)]);
    expect(readdirSync(join(path, "unfinished"))).toEqual([]);
    expect(await flowsOf(path)).toBe(2);
  });

  it("parts of an hour that were already made one are not counted twice", async () => {
    const path = newPath();
    const { recorder, store } = await recorded(path, [line(0)], false);
    take(recorder, line(1000));
    await recorder.flush();
    const parts = readdirSync(join(path, "segments"));
    expect(parts.length).toBe(2);
    const saved = join(directory, "saved");
    for (const part of parts) copy(join(path, "segments", part), join(saved, part));
    take(recorder, line(2000));
    await recorder.close();
    await store.close();
    for (const part of parts) copy(join(saved, part), join(path, "segments", part));
    expect(await flowsOf(path)).toBe(3);
    expect((await linesOf(path)).length).toBe(3);
    await recorded(path, [line(3000)]);
    expect(readdirSync(join(path, "segments")).filter((name) => parts.includes(name))).toEqual([]);
    expect(await flowsOf(path)).toBe(4);
  });
});

function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) writeFileSync(join(to, name), readFileSync(join(from, name)));
}

describe("a damaged segment", () => {
  it("is said and passed over by readers, and set aside by the writer", async () => {
    const path = newPath();
    await recorded(path, [line(0)]);
    await recorded(path, [line(HOUR)]);
    const [first = ""] = readdirSync(join(path, "segments"));
    truncateSync(join(path, "segments", first, "events.parquet"), 100);
    const found = await reading(path, async (store) => ({
      flows: (await store.coverage()).flows,
      said: store.findings(),
    }));
    expect(found.flows).toBe(1);
    expect(found.said.map(({ id, message }) => [id, message])).toEqual([
      ["store-damaged", expect.stringMatching(/events.parquet is 100 bytes long instead of \d+; it is passed over/)],
    ]);
    const { store } = await open(path);
    expect(store.findings().map(({ message }) => message)).toEqual([
      expect.stringMatching(/it was set aside under damaged/),
    ]);
    await store.close();
    expect(readdirSync(join(path, "damaged"))).toEqual([first]);
  });
});

describe("a second writer on the same store", () => {
  it("is refused in this process and in another, and the store is free once the first has gone", async () => {
    const path = newPath();
    const { store } = await open(path);
    await expect(createStore(path)).rejects.toMatchObject({ code: "store-locked" });
    if (existsSync(MAIN)) {
      const words = [MAIN, "record", "--flows", "-", "--to", path];
      const { status, stderr } = spawnSync(process.execPath, words, { input: "", encoding: "utf8" });
      expect({ status, stderr }).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/recording into this store already/),
      });
    }
    await store.close();
    await (await createStore(path)).close();
  });
});

describe("a store that cannot be written", () => {
  it("a full disk is said once; what comes meanwhile is written when there is room again", async () => {
    const path = newPath();
    const { store, recorder, said } = await open(path);
    const failing: Store = Object.create(store);
    let isFull = true;
    Object.assign(failing, {
      append: (part: Parameters<Store["append"]>[0]) =>
        isFull
          ? Promise.reject(new Error("IO Error: Could not write file: No space left on device"))
          : store.append(part),
    });
    Object.assign(recorder, { store: failing });
    for (let index = 0; index < 3; index++) {
      take(recorder, line(index * 1000));
      await recorder.flush();
    }
    expect(recorder.isHealthy).toBe(false);
    expect(said.map(({ id }) => id)).toEqual(["store-full"]);
    isFull = false;
    take(recorder, line(4000));
    await recorder.close();
    await store.close();
    expect(said.map(({ id }) => id)).toEqual(["store-full", "store-writable"]);
    expect(await linesOf(path)).toEqual([line(0), line(1000), line(2000), line(4000)]);
    expect(await flowsOf(path)).toBe(4);
  });

  it("a path that leads through a file is said in words", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    await expect(createStore(join(file, "store"))).rejects.toMatchObject({ code: "store-no-directory" });
  });

  const mount = (size: string, script: string) =>
    spawnSync("unshare", ["-rm", "sh", "-c", `mount -t tmpfs -o ${size} tmpfs ${directory}/disk && ${script}`], {
      encoding: "utf8",
    });
  mkdirSync(join(directory, "disk"), { recursive: true });
  const canMount = mount("size=1m", "true").status === 0 && existsSync(MAIN);
  if (!canMount) console.warn("no right to mount here: disks that are really full or read-only are not tried");

  it.skipIf(!canMount)("a disk that is really full, and one that is really read-only", () => {
    writeFileSync(
      join(directory, "flows.jsonl"),
      Array.from({ length: 4000 }, (_, index) => line(index, "n", index * 7919)).join("\n"),
    );
    const record = `${process.execPath} ${MAIN} record --flows ${directory}/flows.jsonl --to ${directory}/disk/store`;
    const full = mount("size=40k", record);
    expect(full.status).toBe(2);
    expect(full.stderr.match(/no space is left for the store/g)?.length).toBe(1);
    const readOnly = mount("size=1m", `mount -o remount,ro ${directory}/disk && ${record}`);
    expect(readOnly.status).toBe(2);
    expect(readOnly.stderr).toMatch(/read-only file system/);
  });
});

describe("clocks that step", () => {
  it("one event of another day begins no segment; a clock that stays there does", async () => {
    const path = newPath();
    const day = 24 * HOUR;
    const lines = [
      line(0),
      line(1000),
      line(90 * day),
      line(2000),
      ...Array.from({ length: 100 }, (_, n) => line(day + n)),
    ];
    await recorded(path, lines);
    const hours = await reading(path, async (store) =>
      (await store.segments()).map(({ hour, flows }) => [hour, flows]),
    );
    expect(hours.map(([hour]) => hour)).toEqual([START / HOUR, (START + day) / HOUR]);
    expect(await flowsOf(path)).toBe(lines.length);
  });

  it("a clock that jumps ahead costs nothing of the past", async () => {
    const path = newPath();
    for (const hour of [0, 1, 2]) await recorded(path, [line(hour * HOUR)]);
    const store = await createStore(path);
    expect(await store.retain({ days: 1, bytes: null }, START + 900 * HOUR)).toEqual([]);
    expect((await store.retain({ days: 1 / 24, bytes: null }, START + 3 * HOUR)).length).toBe(1);
    expect((await store.retain({ days: null, bytes: 1 }, START)).length).toBe(1);
    expect((await store.segments()).length).toBe(1);
    await store.close();
  });
});

describe("a source that is resumed", () => {
  it("what comes again is counted once, and proves that nothing is missing between", async () => {
    const path = newPath();
    await recorded(path, [line(0), line(1000)]);
    await recorded(path, [line(1000), line(2000)]);
    expect(await flowsOf(path)).toBe(3);
    expect(await gapsOf(path)).toEqual([]);
  });

  it("what does not go on is a gap of that node", async () => {
    const path = newPath();
    await recorded(path, [line(0), line(0, "node-2", 1)]);
    await recorded(path, [line(0), line(5000), line(7000, "node-2")]);
    expect(await gapsOf(path)).toEqual([
      { node: "node-2", from: START, to: START + 7000, reason: "the recorder did not run" },
    ]);
  });

  it("a connection made anew is a gap unless an event comes again", async () => {
    const path = newPath();
    const { recorder, store } = await open(path);
    take(recorder, line(0));
    take(recorder, line(0, "node-2", 1));
    recorder.reconnected();
    recorder.again("node-1");
    take(recorder, line(3000));
    take(recorder, line(4000, "node-2"));
    await recorder.close();
    await store.close();
    expect(await gapsOf(path)).toEqual([
      {
        node: "node-2",
        from: START,
        to: START + 4000,
        reason: "the connection was lost, and the ring has wrapped since",
      },
    ]);
  });
});

describe("a store that is written while it is read", () => {
  it("gives everything that was acknowledged, once", async () => {
    const path = newPath();
    const { recorder, store } = await open(path);
    for (let index = 0; index < 5; index++) {
      take(recorder, line(index * HOUR));
      for (let n = 1; n < 70; n++) take(recorder, line(index * HOUR + n));
      // A flush writes the hour that ended and the one that began, one after the other: a reader may see the first alone.
      const [flows] = await Promise.all([flowsOf(path), recorder.flush()]);
      expect(flows).toBeGreaterThanOrEqual(70 * index);
      expect(flows).toBeLessThanOrEqual(70 * (index + 1));
      expect(await flowsOf(path)).toBe(70 * (index + 1));
    }
    await recorder.close();
    await store.close();
    expect(await flowsOf(path)).toBe(350);
  });

  it("lists again when parts were joined into one between looking at two of them", async () => {
    const path = newPath();
    const { recorder, store } = await recorded(path, [line(0)], false);
    take(recorder, line(1));
    await recorder.flush();
    const directory = new StoreDirectory(path);
    const [first] = directory.list().manifests;
    if (first === undefined) throw new Error("no segment");
    // What a reader sees whose folder listing is older than the joining: a name that is there no more.
    const names = directory.names();
    let asked = 0;
    directory.names = () => (asked++ === 0 ? [...names, "2026-09-14T10-r1-000001"] : names);
    expect(directory.list().manifests.map(({ name }) => name)).toEqual(names);
    expect(asked).toBe(2);
    await recorder.close();
    await store.close();
  });
});
