import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { feedRecording } from "#sources/recording.ts";
import { createClickHouse, openClickHouse } from "#store/clickhouse/clickhouse-store.ts";
import { createStore, openStore } from "#store/parquet-store.ts";
import { Recorder } from "#store/recorder.ts";
import type { Store, StorePart, StoreWindow } from "#store/store.ts";
import { inProcess } from "../../cli/in-process.ts";
import { linesIn } from "../recorded-flows.ts";
import { startEngine } from "./engine.ts";

const engine = await startEngine();
const directory = mkdtempSync(join(tmpdir(), "clickhouse-equality-"));
afterAll(() => {
  engine.stop();
  rmSync(directory, { recursive: true });
});

const LAB2 = "../shared/real/lab2";
const hasLab = existsSync(LAB2);
if (!hasLab) console.warn(`${LAB2} is not here: stores are compared on the bundled example alone`);
const RECORDINGS: readonly (readonly [name: string, files: readonly string[]])[] = [
  ["homelab", ["examples/homelab/flows.jsonl.gz"]],
  ...(hasLab ? [["lab2", ["baseline", "enforced"].map((phase) => join(LAB2, phase, "flows.jsonl.gz"))] as const] : []),
];

/** A store that gives what it gets to two: both hold the very same. */
function tee(one: Store, other: Store): Store {
  const both: Store = Object.create(one);
  return Object.assign(both, {
    append: async (part: StorePart) => {
      await Promise.all([one.append(part), other.append(part)]);
    },
    close: async () => {
      await one.close();
      await other.close();
    },
  });
}

/** Two runs, the first of which is flushed now and then and not ended, as after a crash. */
async function record(create: () => Promise<Store>, files: readonly string[]): Promise<void> {
  for (const isLast of [false, true]) {
    const store = await create();
    const options = { flushSeconds: 60, retention: { days: null, bytes: null }, now: () => 0, say: () => undefined };
    const recorder = await Recorder.open(store, options);
    const fed = isLast ? files : files.slice(0, 1);
    let pauses = 0;
    await feedRecording(fed, recorder, { pause: async () => (++pauses <= 3 ? recorder.flush() : undefined) });
    await (isLast ? recorder.close() : recorder.flush());
    await store.close();
  }
}

async function answers(store: Store, window: StoreWindow) {
  const { nodes, conversations, ends, names, connections, ...state } = (await store.fold(window)).state();
  const events: string[] = [];
  for await (const one of store.events({ ...window, kinds: ["verdict", "drop", "l7"] })) events.push(one);
  const found = {
    hours: new Set((await store.segments(window)).map(({ hour }) => hour)),
    conversations: await store.conversations(window),
    coverage: await store.coverage(window),
    epochs: await store.epochs(window),
    history: await store.history(),
    events,
    lines: await linesIn(store),
    state: { nodes, conversations, ends, names, connections, ...state },
  };
  await store.close();
  return found;
}

/** Compared one by one: what differs is then told by its name. */
const QUESTIONS = ["hours", "lines", "events", "conversations", "coverage", "epochs", "history", "state"] as const;

describe("a store in ClickHouse answers as a store of Parquet files", () => {
  it.each(RECORDINGS)("%s", async (name, files) => {
    const path = join(directory, name);
    const url = engine.url(name);
    await record(async () => tee(await createStore(path), await createClickHouse(url)), files);
    const all = await answers(await openStore(path), { from: null, to: null });
    const found = await answers(await openClickHouse(url), { from: null, to: null });
    for (const what of QUESTIONS) expect([what, found[what]]).toEqual([what, all[what]]);
    expect(all.lines.length).toBeGreaterThan(100);
    const half = { from: null, to: ((all.coverage.from ?? 0) + (all.coverage.to ?? 0)) / 2 };
    const first = await answers(await openStore(path), half);
    expect(await answers(await openClickHouse(url), half)).toEqual(first);
  });

  it("in a rehearsal and in observe, by the command line", async () => {
    const url = engine.url("by_command");
    const flows = "examples/homelab/flows.jsonl.gz";
    const recorded = await inProcess(["record", "--flows", flows, "--to", url, "--quiet"]);
    expect(recorded).toMatchObject({ status: 0, stderr: "" });
    const rehearse = (from: string) => {
      const words = ["--objects", "examples/homelab/objects", "--policies", "examples/homelab/policies"];
      return inProcess(["rehearse", "--flows", from, ...words, "--all", "-o", "json"]);
    };
    expect((await rehearse(url)).stdout).toBe((await rehearse(flows)).stdout);
    const observed = await inProcess(["observe", "--flows", url, "--verdict", "DROPPED", "-o", "json"]);
    const expected = await inProcess(["observe", "--flows", flows, "--verdict", "DROPPED", "-o", "json"]);
    expect(observed.stdout.split("\n").sort()).toEqual(expected.stdout.split("\n").sort());
  });
});
