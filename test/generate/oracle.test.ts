import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { inProcess } from "../cli/in-process.ts";

/**
 * Cilium's own engine over generated policies: what `--tests` says they allow it must allow, in every minor, and accept
 * the objects. Needs the oracle's binaries (oracle/README.md); without them it is skipped, and says so.
 */
const binaries = process.env["RINGFENCE_ORACLE"] ?? join(import.meta.dirname, "../../oracle/bin");
const minors = ["1.18", "1.19", "1.20"].filter((minor) => existsSync(join(binaries, `oracle-${minor}`)));
if (minors.length === 0)
  console.warn(`no oracle in ${binaries}: generated policies are not held against Cilium's own engine`);

const root = join(import.meta.dirname, "../..");
const shared = join(root, "../shared");
const directory = mkdtempSync(join(tmpdir(), "ringfence-oracle-"));
afterAll(() => rmSync(directory, { recursive: true }));

const recordings: Readonly<Record<string, readonly string[]>> = {
  "the homelab": [
    "--flows",
    join(root, "examples/homelab/flows.jsonl.gz"),
    "--objects",
    join(root, "examples/homelab/objects"),
  ],
  "the lab, mended": [
    "--flows",
    join(root, "test/fixtures/lab/fixed/flows.jsonl.gz"),
    "--objects",
    join(root, "test/fixtures/lab/fixed/objects.json.gz"),
  ],
  "two workers": [
    "--flows",
    join(shared, "real/lab2/baseline/flows.jsonl.gz"),
    "--objects",
    join(shared, "real/lab2/baseline/objects"),
  ],
  "HTTP flows of 2021": ["--flows", join(shared, "hubble/real/http-348.jsonl")],
  "TCP flows of 2021": ["--flows", join(shared, "hubble/real/tcp-400.jsonl")],
};
const variants: Readonly<Record<string, readonly string[]>> = {
  cnp: ["--baseline"],
  ccnp: ["--kind", "ccnp", "--dns-names", "asked"],
  knp: ["--kind", "knp"],
};

type Test = { readonly connections: { expect?: Readonly<Record<string, string>> }[]; cilium?: unknown };
type Answer = {
  readonly error?: string;
  readonly connections: readonly { readonly name: string; readonly expect: Readonly<Record<string, unknown>> }[];
  readonly expectPolicies?: readonly { readonly policy: string; readonly valid?: boolean }[];
};

describe.skipIf(minors.length === 0)("Cilium's own engine", () => {
  for (const [title, inputs] of Object.entries(recordings)) {
    if (!existsSync(inputs[1] ?? "")) {
      console.warn(`${inputs[1]} is not there: ${title} is left out`);
      continue;
    }
    it.each(Object.keys(variants))(
      `allows what %s for ${title} is to allow`,
      async (variant) => {
        const to = join(directory, title.replaceAll(/\W+/g, "-"), variant);
        const run = await inProcess(["generate", ...inputs, ...(variants[variant] ?? []), "--quiet", "--tests", to]);
        expect(run.stderr).toContain("engine allows");
        const tests = readdirSync(to).flatMap((file) => documents(join(to, file)));
        expect(tests.reduce((sum, test) => sum + test.connections.length, 0)).toBeGreaterThan(0);
        for (const minor of minors) expect(differences(minor, tests)).toEqual([]);
      },
      120_000,
    );
  }
});

function documents(file: string): readonly Test[] {
  return parseAllDocuments(readFileSync(file, "utf8")).flatMap((document) => {
    const value = document.toJS() as Test | null;
    return value === null ? [] : [value];
  });
}

/** Where the answer of a minor is not what the tests expect. */
function differences(minor: string, tests: readonly Test[]): readonly string[] {
  const questions = tests.map((test) => ({
    ...test,
    cilium: undefined,
    connections: test.connections.map((connection) => ({ ...connection, expect: undefined })),
  }));
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join("");
  const run = spawnSync(join(binaries, `oracle-${minor}`), { input, encoding: "utf8", maxBuffer: 1 << 28 });
  const answers = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
  return answers.flatMap((answer, index) => [
    ...(answer.error === undefined ? [] : [answer.error]),
    ...(answer.expectPolicies ?? [])
      .filter((one) => one.valid === false)
      .map((one) => `${minor} rejects ${one.policy}`),
    ...answer.connections.flatMap(({ name, expect: found }, at) => {
      const wanted = tests[index]?.connections[at]?.expect ?? {};
      return Object.entries(wanted).flatMap(([key, value]) =>
        found[key] === value ? [] : [`${minor} ${name}: ${key} ${String(found[key] ?? found["error"])}, not ${value}`],
      );
    }),
  ]);
}
