import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Rehearsal } from "../../src/model/rehearsal.ts";
import { inProcess } from "../cli/in-process.ts";

/** Real incidents, before and after. They may be read but not copied into the project, so they lie beside it. */
const folder = join(import.meta.dirname, "../../../shared/real/incidents");
const incidents = existsSync(folder)
  ? readdirSync(folder).filter((name) => existsSync(join(folder, name, "expect.json")))
  : [];
if (incidents.length === 0) console.warn("skipped: the incidents lie outside the project and are not here");

type Expectation = {
  readonly cause: string;
  readonly alsoAccept?: readonly string[];
  readonly afterClean: boolean;
  readonly dns?: readonly { readonly name: string; readonly ips: readonly string[] }[];
};

async function rehearse(incident: string, policies: string, expected: Expectation): Promise<Rehearsal> {
  const scratch = mkdtempSync(join(tmpdir(), "incident-"));
  const names = join(scratch, "names.json");
  writeFileSync(names, JSON.stringify(Object.fromEntries((expected.dns ?? []).map(({ name, ips }) => [name, ips]))));
  const at = (file: string) => join(folder, incident, file);
  const args = ["--objects", at("workloads.yaml"), "--policies", at(policies), "--flows", at("flows.jsonl")];
  const withNames = expected.dns === undefined || policies === "before.yaml" ? [] : ["--names", names];
  const fixed = ["--cilium", "1.20", "-o", "json", "--fail-on", "never"];
  const run = await inProcess(["rehearse", ...args, ...withNames, ...fixed]);
  rmSync(scratch, { recursive: true });
  expect(run.status, run.stderr).toBe(0);
  return JSON.parse(run.stdout) as Rehearsal;
}

const causesOf = (rehearsal: Rehearsal) => rehearsal.holes.flatMap((hole) => [hole.cause, ...hole.also]);

describe.skipIf(incidents.length === 0)("each incident is named by its cause", () => {
  it.each(incidents)("%s", async (incident) => {
    const expected = JSON.parse(readFileSync(join(folder, incident, "expect.json"), "utf8")) as Expectation;
    const before = await rehearse(incident, "before.yaml", expected);
    const accepted = [expected.cause, ...(expected.alsoAccept ?? [])];
    expect(before.holes.map((hole) => hole.cause)).toContain(expected.cause);
    expect(before.answer).toBe("not-ready");
    if (!expected.afterClean) return;
    const after = await rehearse(incident, "after.yaml", expected);
    expect(causesOf(after).filter((cause) => accepted.includes(cause))).toEqual([]);
    expect(after.holes.map((hole) => `${hole.cause}: ${hole.sentence}`)).toEqual([]);
  });
});
