import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FlowScanner } from "#decode/flow/flow-scanner.ts";
import { createStore, openStore } from "#store/parquet-store.ts";
import { Recorder } from "#store/recorder.ts";
import type { StoreWindow } from "#store/store.ts";

const directory = mkdtempSync(join(tmpdir(), "store-rollup-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const HOUR = 3_600_000;
const START = Date.parse("2026-09-14T22:00:00Z");

/** One of three clients asks the database; half an hour after the one before. */
function line(number: number): string {
  const time = new Date(START + (number * HOUR) / 2).toISOString();
  const end = (name: string) =>
    `{"identity":1000,"namespace":"shop","labels":["k8s:app=${name}","k8s:io.kubernetes.pod.namespace=shop"],"pod_name":"${name}-1"}`;
  const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  const verdict = number % 5 === 0 ? "DROPPED" : "FORWARDED";
  return `{"flow":{"time":"${time}","uuid":"${uuid}","verdict":"${verdict}","IP":{"source":"10.0.0.${number % 3}","destination":"10.0.0.9","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":40000,"destination_port":80,"flags":{"SYN":true}}},"source":${end(`web${number % 3}`)},"destination":${end("db")},"Type":"L3_L4","node_name":"node-1","event_type":{"type":5},"traffic_direction":"INGRESS","drop_reason_desc":"POLICY_DENIED"},"node_name":"node-1","time":"${time}"}`;
}

async function record(path: string, numbers: readonly number[], retainDays: number | null = null): Promise<void> {
  const store = await createStore(path, { threads: 1 });
  const retention = { days: retainDays, bytes: null };
  const recorder = await Recorder.open(store, { flushSeconds: 1e6, retention, now: Date.now, say: () => {} });
  const scanner = new FlowScanner();
  for (const number of numbers) {
    // So many of an hour as turn it.
    for (let turn = 0; turn < 70; turn++) {
      const bytes = new TextEncoder().encode(line(number));
      const event = scanner.scan(bytes, 0, bytes.length);
      if (event === null) throw new Error("no event");
      recorder.add(event, bytes, 0, bytes.length);
    }
  }
  await recorder.close();
  await store.close();
}

async function conversations(path: string, window?: StoreWindow) {
  const store = await openStore(path, { threads: 1 });
  const found = await store.conversations(window);
  await store.close();
  return found;
}

describe("a day that is over stands in one file", () => {
  it("which says what its segments say, as long as it is theirs", { timeout: 60_000 }, async () => {
    const path = join(directory, "store");
    const days = () => readdirSync(join(path, "days"));
    // Two hours of one day, two of the next, one of the one after.
    await record(path, [0, 2, 10, 12, 52]);
    expect(days().map((name) => name.slice(0, 10))).toEqual(["2026-09-14", "2026-09-15"]);
    const rolled = await conversations(path);
    expect(rolled.map(({ from, flows }) => [from, flows])).toEqual([
      ["shop/web0-1", 140],
      ["shop/web1-1", 140],
      ["shop/web2-1", 70],
    ]);
    const part = { from: START + HOUR, to: START + 5 * HOUR };
    const partly = await conversations(path, part);
    // One is cut: then it is none.
    truncateSync(join(path, "days", days()[1] ?? ""), 100);
    expect(await conversations(path)).toEqual(rolled);
    rmSync(join(path, "days"), { recursive: true });
    expect(await conversations(path)).toEqual(rolled);
    expect(await conversations(path, part)).toEqual(partly);
    // The first day goes; its file goes with it, and the second is made anew.
    await record(path, [53], 1);
    expect(days().map((name) => name.slice(0, 10))).toEqual(["2026-09-15"]);
    const left = await conversations(path);
    rmSync(join(path, "days"), { recursive: true });
    expect(await conversations(path)).toEqual(left);
  });
});
