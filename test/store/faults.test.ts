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
import { createStore, openStore } from "#store/parquet-store.ts";
import { StoreDirectory } from "#store/store-directory.ts";
import { HOUR, line, recordingInto, START, take } from "./recorded-flows.ts";

const directory = mkdtempSync(join(tmpdir(), "store-faults-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
/** The built command. RINGFENCE_DIST names another build than `dist`. */
const MAIN = join(resolve(process.env["RINGFENCE_DIST"] ?? "dist"), "main.js");
let stores = 0;
const newPath = () => join(directory, `store-${++stores}`);
const threads = { threads: 1 };
const { open, recorded, reading, linesOf, flowsOf, gapsOf } = recordingInto({
  newPlace: newPath,
  create: (path) => createStore(path, threads),
  open: (path) => openStore(path, threads),
});

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

describe("parts of an hour that cannot be joined", () => {
  it("stay as they are, and nothing is written twice", async () => {
    const path = newPath();
    const { recorder, store } = await recorded(path, [line(0)], false);
    take(recorder, line(1000));
    const compact = Reflect.get(store, "compact");
    Object.assign(store, { compact: () => Promise.reject(new Error("IO Error: No space left on device")) });
    await recorder.close();
    expect(compact).toBeTypeOf("function");
    expect(store.findings().map(({ message }) => message)).toEqual([
      "the parts of an hour were not joined into one (no space is left for the store): they are read one by one",
    ]);
    await store.close();
    expect(await linesOf(path)).toEqual([line(0), line(1000)]);
    expect(await flowsOf(path)).toBe(2);
  });

  it("are joined where there are many of them", async () => {
    const path = newPath();
    const { recorder, store } = await recorded(path, [line(0)], false);
    for (let part = 1; part < 25; part++) {
      take(recorder, line(part * 1000));
      await recorder.flush();
    }
    await recorder.close();
    expect(store.findings()).toEqual([]);
    await store.close();
    expect(readdirSync(join(path, "segments"))).toHaveLength(1);
    expect((await linesOf(path)).length).toBe(25);
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

describe("a listing of a store that is written", () => {
  it("gives every event of an hour that is joined into one meanwhile", async () => {
    const path = newPath();
    const { recorder, store } = await recorded(path, [line(0)], false);
    take(recorder, line(1000));
    await recorder.flush();
    await reading(path, async (reader) => {
      const lines = reader.events({ from: null, to: null })[Symbol.asyncIterator]();
      expect(await lines.next()).toMatchObject({ value: line(0) });
      for (let n = 0; n < 64; n++) take(recorder, line(HOUR + n));
      await recorder.flush();
      expect(await flowsOf(path)).toBe(66);
      expect(await lines.next()).toMatchObject({ value: line(1000) });
    });
    await recorder.close();
    await store.close();
    expect(readdirSync(join(path, "segments"))).toHaveLength(2);
  });

  it("says so where it came too late", async () => {
    const path = newPath();
    await recorded(path, [line(0)]);
    await recorded(path, [line(HOUR)]);
    await reading(path, async (reader) => {
      const lines = reader.events({ from: null, to: null })[Symbol.asyncIterator]();
      await lines.next();
      for (const name of readdirSync(join(path, "segments"))) rmSync(join(path, "segments", name), { recursive: true });
      await expect(lines.next()).rejects.toMatchObject({ code: "store-changed", message: /was taken away while/ });
    });
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
