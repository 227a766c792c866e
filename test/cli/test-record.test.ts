import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { expectGolden } from "./golden.ts";
import { inProcess } from "./in-process.ts";

const HOMELAB = join(import.meta.dirname, "../../examples/homelab");
const directory = mkdtempSync(join(tmpdir(), "ringfence-record-"));
const policies = join(directory, "policies");
const tests = join(directory, "tests");
afterAll(() => rmSync(directory, { recursive: true }));

function record(more: readonly string[]) {
  const inputs = ["--flows", join(HOMELAB, "flows.jsonl.gz"), "--objects", join(HOMELAB, "objects")];
  const names = ["--names", join(HOMELAB, "names.yaml"), "--policies", policies];
  return inProcess(["test", "--record", ...inputs, ...names, ...more]);
}

beforeAll(async () => {
  cpSync(join(HOMELAB, "policies"), policies, { recursive: true });
  expect(await record(["--write", tests])).toMatchObject({ status: 0 });
}, 60_000);

describe("ringfence test --record", () => {
  it("writes a test a namespace, and they pass at once", async () => {
    expect(readdirSync(tests)).toEqual(
      [
        "_outside-namespaces",
        "argocd",
        "blog",
        "dashboard",
        "default",
        "kube-system",
        "monitoring",
        "traefik",
        "webapp",
      ].map((name) => `${name}.test.yaml`),
    );
    const run = await inProcess(["test", tests]);
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(run.stdout).toMatch(/^✓ all \d+ results as expected in 9 tests\n$/);
  });

  it("writes them readable: few objects, policies by pattern, what is left out with its reason", () => {
    expectGolden("record-blog.test.yaml", readFileSync(join(tests, "blog.test.yaml"), "utf8"));
  });

  it("prints the same, with paths from here, where no directory is named", async () => {
    const run = await record([]);
    const documents = run.stdout.split("---\n");
    const body = (text: string | undefined) => text?.replace(/^files:\n( .*\n)*/m, "");
    expect(documents).toHaveLength(9);
    expect(body(documents.find((text) => text.includes("name: accepted traffic of blog")))).toBe(
      body(readFileSync(join(tests, "blog.test.yaml"), "utf8")),
    );
    expect(run.stderr).toMatch(/61 accepted connections in 9 tests; \d+ left out, each with its reason/);
  });

  it("every conversation of the recording is a connection or is left out with a reason", async () => {
    const inputs = ["--flows", join(HOMELAB, "flows.jsonl.gz"), "--objects", join(HOMELAB, "objects")];
    const all = await inProcess(["rehearse", ...inputs, "--policies", policies, "-o", "json"]);
    const texts = readdirSync(tests).map((name) => readFileSync(join(tests, name), "utf8"));
    const told = texts.flatMap((text) => text.match(/^ {2}- name:|^# {3}/gm) ?? []).length;
    expect(told).toBeGreaterThanOrEqual(JSON.parse(all.stdout).totals.conversations);
  });

  it("replaces its own files, and other people's only when forced", async () => {
    const own = join(directory, "own");
    mkdirSync(own);
    writeFileSync(join(own, "argocd.test.yaml"), readFileSync(join(tests, "argocd.test.yaml")));
    writeFileSync(join(own, "blog.test.yaml"), "name: mine\n");
    const refused = await record(["--write", own]);
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toMatch(/blog\.test\.yaml: exists, and was not written by --record\nhelp: /);
    expect(readFileSync(join(own, "blog.test.yaml"), "utf8")).toBe("name: mine\n");
    expect(await record(["--write", own, "--force"])).toMatchObject({ status: 0 });
  });

  it("where nothing was accepted there is no test, only the reasons", async () => {
    const line = readFileSync(join(import.meta.dirname, "fixture/flows.jsonl"), "utf8").split("\n", 1)[0] ?? "";
    const flows = join(directory, "dropped.jsonl");
    const dropped = { verdict: "DROPPED", drop_reason_desc: "POLICY_DENIED", event_type: { type: 1, sub_type: 133 } };
    writeFileSync(flows, `${JSON.stringify({ flow: { ...JSON.parse(line).flow, ...dropped } })}\n`);
    const none = join(directory, "none");
    const run = await inProcess(["test", "--record", "--flows", flows, "--policies", policies, "--write", none]);
    expect(run.stderr).toMatch(/^0 accepted connections in 0 tests; 1 left out/);
    const texts = readdirSync(none).map((name) => readFileSync(join(none, name), "utf8"));
    expect(texts.join("")).toMatch(/^# Recorded by .*\n# accepted traffic .*\n# Not recorded, and why:\n# {3}.*\n$/);
    expect(await inProcess(["test", none])).toMatchObject({
      status: 0,
      stderr: "",
      stdout: "nothing was checked in 0 tests\n",
    });
  });

  it.each([
    [["test", "x.yaml", "--record"], /--record runs no tests: x\.yaml is not read/],
    [["test", "--flows", "x"], /--flows needs --record/],
    [["test", "--write", "x"], /--write needs --record/],
    [["test", "--record"], /no recording is named/],
  ])("%j is refused", async (words, message) => {
    const run = await inProcess(words);
    expect(run).toMatchObject({ status: 2, stdout: "" });
    expect(run.stderr).toMatch(message);
  });
});

type Policy = { kind: string; metadata: { namespace: string; name: string }; spec?: Record<string, unknown> };

/** Every way of taking one allow rule out of one policy: what is left of the file, by what was taken. */
function mutants(): readonly { readonly file: string; readonly rule: string; readonly text: string }[] {
  return ["argocd.yaml", "blog.yaml"].flatMap((file) => {
    const documents = parseAllDocuments(readFileSync(join(policies, file), "utf8"));
    const objects = documents.map((document) => document.toJS() as Policy | null).filter((object) => object !== null);
    return objects.flatMap((object, at) =>
      ["ingress", "egress"].flatMap((side) => {
        const rules = object.spec?.[side];
        if (!Array.isArray(rules)) return [];
        return rules.map((_, index) => {
          // An empty rule in its place keeps default deny on and allows nobody.
          const spec = { ...object.spec, [side]: rules.with(index, {}) };
          const broken = objects.with(at, { ...object, spec });
          const text = broken.map((one) => stringify(one)).join("---\n");
          const { namespace, name } = object.metadata;
          return { file, rule: `${object.kind}/${namespace}/${name} ${side}[${index}]`, text };
        });
      }),
    );
  });
}

describe("a policy broken after the recording", () => {
  it("fails the tests, unless the whole recording is decided as before without the rule", async () => {
    const inputs = ["--flows", join(HOMELAB, "flows.jsonl.gz"), "--objects", join(HOMELAB, "objects")];
    const names = ["--names", join(HOMELAB, "names.yaml"), "--policies", policies];
    const allowed = async () =>
      JSON.parse((await inProcess(["rehearse", ...inputs, ...names, "-o", "json"])).stdout).totals.allowed;
    const before = await allowed();
    const unnoticed: string[] = [];
    const all = mutants();
    let caught = 0;
    for (const { file, rule, text } of all) {
      const whole = readFileSync(join(policies, file), "utf8");
      writeFileSync(join(policies, file), text);
      const { status } = await inProcess(["test", tests, "-o", "jsonl"]);
      if (status === 1) caught += 1;
      else if ((await allowed()) !== before) unnoticed.push(rule);
      writeFileSync(join(policies, file), whole);
    }
    expect(unnoticed).toEqual([]);
    expect(caught).toBeGreaterThan(all.length / 2);
  }, 120_000);
});
