import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, it } from "vitest";
import schema from "#report/schema/rehearsal.schema.json" with { type: "json" };
import { ringfence } from "../ringfence.ts";
import { expectGolden } from "./golden.ts";
import { inProcess } from "./in-process.ts";

const ROOT = join(import.meta.dirname, "../..");
const FIXTURE = "test/cli/fixture";
const INPUTS = [
  ...["--flows", `${FIXTURE}/flows.jsonl`],
  ...["--objects", `${FIXTURE}/objects.yaml`],
  ...["--policies", `${FIXTURE}/policies`],
  ...["--names", `${FIXTURE}/names.yaml`],
];
const EXAMPLE = "examples/homelab";
const HOMELAB = [
  ...["--flows", `${EXAMPLE}/flows.jsonl.gz`],
  ...["--objects", `${EXAMPLE}/objects`],
  ...["--policies", `${EXAMPLE}/policies`],
  ...["--names", `${EXAMPLE}/names.yaml`],
];

const rehearse = (...more: readonly string[]) => inProcess(["rehearse", ...INPUTS, "--quiet", ...more]);

/** Runs a shell line in the project's root with `R` as the command. */
function shell(line: string, env: Readonly<Record<string, string>> = {}) {
  const command = `R() { '${process.execPath}' dist/main.js "$@"; }; ${line}`;
  const run = spawnSync("bash", ["-c", command], {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
  .addFormat("date-time", (text: string) => text === new Date(text).toISOString())
  .compile(schema);

describe("a small shop", () => {
  it("reads like this", async () => {
    const run = ringfence(["rehearse", ...INPUTS, "--quiet"]);
    expectGolden("shop.txt", run.stdout);
    expect(run).toMatchObject({ status: 1, stderr: "" });
  });

  it("its JSON is what the schema says, the same in every run", async () => {
    const { stdout } = await rehearse("-o", "json", "--all");
    validate(JSON.parse(stdout));
    expect(validate.errors ?? []).toEqual([]);
    expect((await rehearse("-o", "json", "--all")).stdout).toBe(stdout);
  });

  it("every format prints, and the exit code is that of --fail-on", async () => {
    expect((await rehearse("-o", "markdown")).stdout).toMatch(/^## ✗ ringfence rehearsal: NOT READY/);
    expect(JSON.parse((await rehearse("-o", "sarif")).stdout)).toMatchObject({ version: "2.1.0" });
    expect((await rehearse("-o", "junit")).stdout).toMatch(/^<\?xml/);
    expect(await rehearse("--fail-on", "never")).toMatchObject({ status: 0 });
  });

  it("standard input says the same as a file", async () => {
    const flows = readFileSync(join(ROOT, FIXTURE, "flows.jsonl"), "utf8");
    const others = INPUTS.slice(2);
    const piped = ringfence(["rehearse", "--flows", "-", ...others, "-o", "json", "-q"], flows);
    expect(piped.stdout).toBe((await rehearse("-o", "json")).stdout);
    const policies = readFileSync(join(ROOT, FIXTURE, "policies/shop.yaml"), "utf8");
    const rendered = ringfence(
      [
        "rehearse",
        ...INPUTS.filter((word) => word !== `${FIXTURE}/policies`).map((word) =>
          word === "--policies" ? "--policies=-" : word,
        ),
        "-o",
        "json",
        "-q",
      ],
      policies,
    );
    expect(JSON.parse(rendered.stdout).totals).toEqual(JSON.parse((await rehearse("-o", "json")).stdout).totals);
  });

  it("explains a line and a conversation", async () => {
    const { holes } = JSON.parse((await rehearse("-o", "json")).stdout);
    const byId = (await rehearse("--explain", "h1")).stdout;
    expect(byId).toMatch(/^h1 {2}monitoring\/prometheus → shop\/web :9090/);
    expect(byId).toMatch(/SEE IT ON THE CLUSTER\n hubble observe --from-pod monitoring\/prometheus/);
    expect(byId).toMatch(/uuid [0-9a-f-]{36}/);
    expect((await rehearse("--explain", holes[0].conversation)).stdout).toContain("UNDER THE PROPOSAL  denied");
  });

  it("the proven edits are a patch that git takes, and with it the holes are gone", async () => {
    const directory = mkdtempSync(join(tmpdir(), "ringfence-fix-"));
    afterAll(() => rmSync(directory, { recursive: true }));
    cpSync(join(ROOT, FIXTURE), directory, { recursive: true });
    const inputs = INPUTS.map((word) => word.replace(`${FIXTURE}/`, ""));
    const main = join(ROOT, "dist/main.js");
    const run = (...more: readonly string[]) =>
      spawnSync(process.execPath, [main, "rehearse", ...inputs, "-q", ...more], { cwd: directory, encoding: "utf8" });
    const before = JSON.parse(run("-o", "json").stdout);
    const { stdout: patch, stderr } = run("--fix-diff");
    expect(stderr).toMatch(/ringfence: the patch cures h1–h2\n/);
    expect(stderr).toMatch(/it would open what looks unwanted: h\d/);
    execFileSync("git", ["apply", "-"], { cwd: directory, input: patch });
    const after = JSON.parse(run("-o", "json").stdout);
    const wanted = (rehearsal: { holes: readonly { looksUnwanted: boolean }[] }) =>
      rehearsal.holes.filter((hole) => !hole.looksUnwanted);
    expect(wanted(before)).toHaveLength(2);
    expect(wanted(after)).toHaveLength(0);
  });

  it("colour and width are the reader's", async () => {
    const inputs = INPUTS.join(" ");
    expect((await rehearse()).stdout).not.toContain("\u001B[");
    expect((await rehearse("--color", "always")).stdout).toContain("\u001B[");
    const narrow = shell(`R rehearse ${inputs} -q`, { COLUMNS: "60" }).stdout;
    expect(narrow.split("\n").filter((line) => line.length > 60 && !line.includes("kubectl"))).toEqual([]);
  });

  it("a typing mistake in an output is told before anything is read", async () => {
    expect(await rehearse("--explain", "h1", "-o", "json")).toMatchObject({ status: 2, stdout: "" });
  });
});

describe.skipIf(!existsSync(join(ROOT, EXAMPLE)))("the bundled homelab", () => {
  it("its JSON is what the schema says", async () => {
    const run = await inProcess(["rehearse", ...HOMELAB, "-o", "json", "--all"]);
    validate(JSON.parse(run.stdout));
    expect(validate.errors ?? []).toEqual([]);
  });

  it("a large output leaves whole through a slow pipe, and quietly when the reader goes", async () => {
    const line = `R rehearse ${HOMELAB.join(" ")} -o json --all -q`;
    const whole = Buffer.byteLength((await inProcess(["rehearse", ...HOMELAB, "-o", "json", "--all"])).stdout);
    expect(shell(`${line} | (sleep 1; cat) | wc -c`).stdout.trim()).toBe(String(whole));
    expect(whole).toBeGreaterThan(65_536);
    expect(shell(`${line} | head -c 10; echo " \${PIPESTATUS[0]}"`)).toEqual({
      status: 0,
      stdout: '{\n  "versi 1\n',
      stderr: "",
    });
  });

  it("no line of the report is longer than 80 columns; progress off a terminal is whole lines", () => {
    const run = ringfence(["rehearse", ...HOMELAB]);
    expect(run.stdout.split("\n").filter((line) => [...line].length > 80)).toEqual([]);
    expect(run.stderr).toMatch(/^([a-z].*\n)+$/);
  });
});
