import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { inProcess } from "../cli/in-process.ts";

const directory = mkdtempSync(join(tmpdir(), "store-equality-"));
afterAll(() => rmSync(directory, { recursive: true }));

const LAB = "../shared/real";
// Of one worker the phase with refusals; of two workers all.
const phases = [
  ["lab", "enforced"],
  ["lab2", "baseline"],
  ["lab2", "audit"],
  ["lab2", "enforced"],
  ["lab2", "fixed"],
] as const;

async function run(...words: readonly string[]) {
  const { status, stdout, stderr } = await inProcess(words);
  return { status, stdout, stderr };
}

async function record(files: readonly string[], name: string, ...more: readonly string[]): Promise<string> {
  const to = join(directory, name);
  const { status, stderr } = await run("record", "--flows", ...files, "--to", to, "--quiet", ...more);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return `store://${to}`;
}

const rehearsal = (flows: readonly string[], objects: string, policies: string) =>
  run("rehearse", "--flows", ...flows, "--objects", objects, "--policies", policies, "--all", "-o", "json");

describe("a rehearsal from the store equals the rehearsal from the recording", () => {
  it("the bundled example", async () => {
    const [objects, policies] = ["examples/homelab/objects", "examples/homelab/policies"];
    const files = ["examples/homelab/flows.jsonl.gz"];
    const store = await record(files, "homelab");
    expect(await rehearsal([store], objects, policies)).toEqual(await rehearsal(files, objects, policies));
  });

  it.skipIf(!existsSync(LAB)).each(phases)("%s, %s", async (lab, phase) => {
    const folder = join(LAB, lab, phase);
    const files = [join(folder, "flows.jsonl.gz"), join(folder, "agent-events.jsonl")];
    const store = await record(files, `${lab}-${phase}`, "--objects", join(folder, "objects"));
    const policies = join(LAB, lab, "policies-fixed");
    const objects = join(folder, "objects");
    expect(await rehearsal([store], objects, policies)).toEqual(await rehearsal(files, objects, policies));
  });
});

describe("what is kept of events", () => {
  it("are all verdicts, drops and L7 events, as the lines they came as", async () => {
    const store = await record(["examples/homelab/flows.jsonl.gz"], "kept");
    const { openStore } = await import("#store/parquet-store.ts");
    const opened = await openStore(store.slice("store://".length));
    const kept: string[] = [];
    for await (const line of opened.events({ from: null, to: null, kinds: ["verdict", "drop", "l7"] })) kept.push(line);
    await opened.close();
    const lines = gunzipSync(readFileSync("examples/homelab/flows.jsonl.gz")).toString().split("\n");
    const wanted = lines.filter((line) => /"event_type":\{"type":(1|5|129)[,}]/.test(line));
    expect(kept.length).toBeGreaterThan(50);
    expect(new Set(kept)).toEqual(new Set(wanted));
  });
});
