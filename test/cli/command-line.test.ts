import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Command } from "#cli/command.ts";
import { COMMANDS } from "#cli/commands.ts";
import { completionScript } from "#cli/completion.ts";
import { commandHelp, programHelp } from "#cli/help.ts";
import { manual } from "#cli/manual.ts";
import { parseArguments } from "#cli/parse.ts";
import { displayWidth } from "#report/width.ts";
import { ringfence } from "../ringfence.ts";
import { expectGolden } from "./golden.ts";
import { inProcess } from "./in-process.ts";

function commandOf(name: string): Command {
  const command = COMMANDS.find((some) => some.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return command;
}

describe("help", () => {
  it("golden", () => {
    expectGolden("help/ringfence.txt", programHelp(COMMANDS));
    for (const command of COMMANDS) {
      expectGolden(`help/${command.name}-short.txt`, commandHelp(command, false));
      expectGolden(`help/${command.name}.txt`, commandHelp(command, true));
    }
    expectGolden("../../../docs/cli.md", manual(COMMANDS));
  });

  it("fits 80 columns, examples aside", () => {
    for (const command of COMMANDS) {
      const [text = ""] = commandHelp(command, true).split("\nExamples\n");
      for (const line of text.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(80);
    }
  });

  it.each([
    ["ringfence --help", ["--help"], 0],
    ["ringfence -h", ["-h"], 0],
    ["ringfence help", ["help"], 0],
    ["ringfence alone asks for a command", [], 2],
  ])("%s", async (_, args, status) => {
    const run = await inProcess(args);
    expect(run).toEqual({ status, stdout: programHelp(COMMANDS), stderr: "" });
  });

  it("the built command says the same, and no more when the command line does not fit", () => {
    expect(ringfence(["--help"])).toEqual({ status: 0, stdout: programHelp(COMMANDS), stderr: "" });
    expect(ringfence(["rehearse", "-z"])).toEqual({
      status: 2,
      stdout: "",
      stderr: "ringfence: unknown flag -z of rehearse\nhelp: see: ringfence rehearse -h\n",
    });
  });

  it.each([
    [["rehearse", "-h"], commandHelp(commandOf("rehearse"), false)],
    [["rehearse", "--flows", "x", "--help"], commandHelp(commandOf("rehearse"), true)],
    [["help", "test"], commandHelp(commandOf("test"), true)],
  ])("ringfence %j", async (args, stdout) => {
    expect(await inProcess(args)).toEqual({ status: 0, stdout, stderr: "" });
  });

  it("the version names the Cilium versions it knows", () => {
    expect(ringfence(["--version"]).stdout).toMatch(/^ringfence \d+\.\d+\.\d+ \(Cilium 1\.18, 1\.19, 1\.20; Node \d+/);
  });
});

describe("a command line that does not fit", () => {
  it.each([
    ["rehears", "unknown command rehears", "did you mean ringfence rehearse?"],
    ["frobnicate", "unknown command frobnicate", `commands: ${COMMANDS.map(({ name }) => name).join(", ")}`],
    ["rehearse --flow x", "unknown flag --flow of rehearse", "did you mean --flows?"],
    ["rehearse --flow=x", "unknown flag --flow=x of rehearse", "did you mean --flows?"],
    ["rehearse -z", "unknown flag -z of rehearse", "see: ringfence rehearse -h"],
    ["rehearse --flows", "a value is missing: --flows FILE…", "see: ringfence rehearse -h"],
    ["rehearse --color blue", "--color does not take blue", "one of: auto, always, never"],
    ["rehearse -o jsn", "--output does not take jsn", "did you mean json? one of: text, json, markdown, sarif, junit"],
    ["rehearse flows.jsonl", "unexpected argument flows.jsonl", "files belong to a flag, as in: --flows FILE…"],
    ["completion csh", "unknown shell csh", "did you mean zsh? one of: bash, zsh, fish"],
    ["help tset", "unknown command tset", "did you mean ringfence test?"],
    [
      "--flows x rehearse",
      "--flows stands before the command",
      "write the command first, as in: ringfence rehearse --flows FILE",
    ],
  ])("ringfence %s", async (line, message, help) => {
    const run = await inProcess(line.split(" "));
    expect(run).toEqual({ status: 2, stdout: "", stderr: `ringfence: ${message}\nhelp: ${help}\n` });
  });
});

describe("flags as data", () => {
  it("several values, repeats, - for standard input, and = all work", () => {
    const { values, switches } = parseArguments(
      commandOf("rehearse"),
      "--flows a b --flows - --cilium-config=c.yaml -o json --all".split(" "),
    );
    expect(values.get("flows")).toEqual(["a", "b", "-"]);
    expect(values.get("cilium-config")).toEqual(["c.yaml"]);
    expect(values.get("output")).toEqual(["json"]);
    expect(switches).toEqual(new Set(["all"]));
  });

  it("presets are there when a flag is not", () => {
    const { values } = parseArguments(commandOf("rehearse"), []);
    expect(values.get("fail-on")).toEqual(["error"]);
    expect(values.has("flows")).toBe(false);
  });

  it("operands stop at nothing but flags", () => {
    expect(parseArguments(commandOf("test"), ["a.yaml", "-o", "jsonl", "b.yaml"]).operands).toEqual([
      "a.yaml",
      "b.yaml",
    ]);
  });

  it("a flag means the same in every verb", () => {
    const seen = new Map<string, string>();
    // A verb that takes another program's words takes its flags as they are there.
    const own = COMMANDS.filter((command) => command.hasOwnWords !== true);
    // What is written where, and what alone counts, is each verb's own matter.
    const verbs = new Set(["only", "write", "to"]);
    for (const flag of own.flatMap((command) => command.flags).filter(({ name }) => !verbs.has(name))) {
      expect(seen.get(flag.name) ?? flag.summary).toBe(flag.summary);
      seen.set(flag.name, flag.summary);
    }
  });
});

describe("completion", () => {
  it.each(["bash", "zsh", "fish"])("%s golden", (shell) => {
    expectGolden(`completion.${shell}`, completionScript(shell, COMMANDS));
  });

  const hasBash = spawnSync("bash", ["-c", "type complete"]).status === 0;
  /** What bash would offer after these words. */
  function offered(...words: readonly string[]): readonly string[] {
    const script = `${completionScript("bash", COMMANDS)}
COMP_WORDS=(ringfence ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}
_ringfence; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const cwd = join(import.meta.dirname, "fixture");
    return execFileSync("bash", ["-c", script], { encoding: "utf8", cwd })
      .split("\n")
      .filter((line) => line !== "")
      .sort();
  }

  it.skipIf(!hasBash).each([
    [["re"], ["record", "rehearse"]],
    [["rehearse", "--fl"], ["--flows"]],
    [
      ["rehearse", "-o", "j"],
      ["json", "junit"],
    ],
    [["rehearse", "--flows", "fl"], ["flows.jsonl"]],
    [["rehearse", "--objects", "flows.jsonl", "ob"], ["objects.yaml"]],
    [["test", "na"], ["names.yaml"]],
    [["observe", "--verdict", "D"], ["DROPPED"]],
    [
      ["observe", "-o", "j"],
      ["json", "jsonpb"],
    ],
    [["help", "te"], ["test"]],
    [["completion", "f"], ["fish"]],
  ])("bash offers after %j", (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });
});
