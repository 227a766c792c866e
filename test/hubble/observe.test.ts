import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { inProcess } from "../cli/in-process.ts";
import { fixtureCases, fixtureLines, fixtureText } from "./cases.ts";

type Ran = { readonly exit: number; readonly stdout: string; readonly stderr: string };
type CliCase = {
  readonly id: string;
  readonly argv: readonly string[];
  readonly raw?: Ran;
  readonly runs: {
    readonly a?: {
      readonly exit: number;
      readonly lines?: readonly number[] | null;
      readonly stdout?: string;
      readonly stderr: string;
    };
  };
};

const folder = mkdtempSync(join(tmpdir(), "observe-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const flows = join(folder, "flows.jsonl");
writeFileSync(flows, fixtureText("flows-a.jsonl.gz"));
const lines = fixtureLines("flows-a.jsonl.gz");
/** No configuration file, as where the cases were recorded. */
process.env["HUBBLE_CONFIG"] = join(folder, "none.yaml");

/** Texts of Go's own parsers, of which only that there is one is meant. */
const GO_TEXT = /strconv\.ParseUint:|ParseAddr\(|compiling CEL|proto:/;

function expectError(found: string, expected: string): void {
  const timeless = found.replace(/^time=\S+/gm, "time=T").replaceAll(flows, "FLOWS");
  if (GO_TEXT.test(expected)) expect(timeless).not.toBe("");
  else expect(timeless).toBe(expected);
}

/** What `hubble observe` of Cilium 1.20.2 did with the same words. */
describe("observe does what hubble observe does", () => {
  const cases = fixtureCases<CliCase>("cli-cases.jsonl.gz");
  it.each(cases.filter((one) => one.raw !== undefined).map((one) => [one.id, one] as const))(
    "%s: the filters",
    async (_, { argv, raw }) => {
      const ran = await inProcess(["observe", ...argv, "--print-raw-filters"]);
      expect({ exit: ran.status, stdout: ran.stdout }).toEqual({ exit: raw?.exit, stdout: raw?.stdout });
      expectError(ran.stderr, raw?.stderr ?? "");
    },
  );
  it.each(cases.filter((one) => one.runs.a !== undefined).map((one) => [one.id, one] as const))(
    "%s: what is printed",
    async (_, { argv, runs: { a } }) => {
      const format = a?.lines === undefined ? [] : ["-o", "jsonpb"];
      const ran = await inProcess(["observe", "--input-file", flows, ...format, ...argv]);
      expectError(ran.stderr, a?.stderr ?? "");
      expect(ran.status).toBe(a?.exit);
      const stdout = a?.lines === undefined ? a?.stdout : a.lines?.map((number) => `${lines[number]}\n`).join("");
      expect(ran.stdout).toBe(stdout ?? "");
    },
  );
});

describe("observe prints a recording in every format", () => {
  const input = join(folder, "input.jsonl");
  writeFileSync(input, fixtureText("observe/input.jsonl.gz"));
  const formats: readonly (readonly [file: string, ...words: string[]])[] = [
    ["compact.txt", "-o", "compact"],
    ["dict.txt", "-o", "dict"],
    ["table.txt", "-o", "table"],
    ["tab.txt", "-o", "tab"],
    ["input.jsonl.gz", "-o", "json"],
    ["input.jsonl.gz", "-o", "jsonpb"],
    ["compact-color.txt", "--color", "always"],
    [
      "compact-numeric-node-policy-nano.txt",
      "--numeric",
      "--print-node-name",
      "--print-policy-names",
      "--time-format",
      "RFC3339Nano",
    ],
    ["table-node.txt", "-o", "table", "--print-node-name"],
  ];
  it.each(formats)("%s", async (file, ...words) => {
    const ran = await inProcess(["observe", "--input-file", input, ...words]);
    expect(ran).toEqual({ status: 0, stdout: fixtureText(`observe/${file}`), stderr: "" });
  });

  it("json-legacy.txt", async () => {
    process.env["HUBBLE_COMPAT"] = "legacy-json-output";
    const ran = await inProcess(["observe", "--input-file", input, "-o", "json"]);
    delete process.env["HUBBLE_COMPAT"];
    expect(ran).toEqual({ status: 0, stdout: fixtureText("observe/json-legacy.txt.gz"), stderr: "" });
  });
});
