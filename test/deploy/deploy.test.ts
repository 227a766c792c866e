import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lauxlib, lua, lualib, to_jsstring, to_luastring } from "fengari";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { COMMANDS } from "#cli/commands.ts";
import { parseArguments } from "#cli/parse.ts";
import { inProcess } from "../cli/in-process.ts";

const directory = mkdtempSync(join(tmpdir(), "ringfence-deploy-"));
afterAll(() => rmSync(directory, { recursive: true }));

type Health = { readonly status: string; readonly message: string };

/** Runs a health check as Argo CD does: `obj` is a global, the script returns a table. */
function health(object: unknown): Health {
  const state = lauxlib.luaL_newstate();
  lualib.luaL_openlibs(state);
  push(state, object);
  lua.lua_setglobal(state, to_luastring("obj"));
  const script = readFileSync("deploy/argocd/cilium-policy-health.lua", "utf8");
  const failed = lauxlib.luaL_dostring(state, to_luastring(script));
  if (failed) throw new Error(to_jsstring(lua.lua_tostring(state, -1)));
  const field = (name: string) => {
    lua.lua_getfield(state, -1, to_luastring(name));
    const text = to_jsstring(lua.lua_tostring(state, -1));
    lua.lua_pop(state, 1);
    return text;
  };
  return { status: field("status"), message: field("message") };
}

function push(state: unknown, value: unknown): void {
  if (typeof value === "string") {
    lua.lua_pushstring(state, to_luastring(value));
  } else if (Array.isArray(value)) {
    lua.lua_newtable(state);
    for (const [index, item] of value.entries()) {
      push(state, item);
      lua.lua_rawseti(state, -2, index + 1);
    }
  } else {
    lua.lua_newtable(state);
    for (const [key, item] of Object.entries(value ?? {})) {
      push(state, item);
      lua.lua_setfield(state, -2, to_luastring(key));
    }
  }
}

describe("Argo CD's health of a policy", () => {
  const kind = { apiVersion: "cilium.io/v2", kind: "CiliumNetworkPolicy", metadata: { name: "a" } };
  const valid = (status: string, message?: string) => ({
    ...kind,
    status: {
      conditions: [
        { type: "Ready", status: "False" },
        { type: "Valid", status, ...(message === undefined ? {} : { message }) },
      ],
    },
  });
  it.each([
    ["nobody has judged it", kind, "Healthy", ""],
    ["Cilium takes it", valid("True", "Policy validation succeeded"), "Healthy", "Policy validation succeeded"],
    [
      "Cilium rejects it",
      valid("False", "invalid port: 0x50"),
      "Degraded",
      "Cilium rejects this policy: invalid port: 0x50",
    ],
    ["rejected without a word", valid("False"), "Degraded", "Cilium rejects this policy: no reason given"],
    ["not yet known", valid("Unknown"), "Progressing", "Cilium has not judged this policy yet"],
  ])("%s", (_, object, status, message) => {
    expect(health(object)).toEqual({ status, message });
  });
});

/** The words behind `ringfence` in a command line. */
const wordsOf = (line: string): readonly string[] => /ringfence (.*?)(?: >.*)?$/.exec(line)?.[1]?.split(" ") ?? [];

function parses(line: string): void {
  const [verb, ...words] = wordsOf(line);
  const command = COMMANDS.find(({ name }) => name === verb);
  if (command === undefined) throw new Error(`no such verb in: ${line}`);
  parseArguments(command, words);
}

describe("files to copy", () => {
  it("the GitHub workflow calls verbs and flags that there are", () => {
    const workflow = parse(readFileSync("deploy/github-action/ringfence-lint.yml", "utf8"));
    const lines = workflow.jobs.lint.steps.flatMap((step: { run?: string }) => step.run ?? []);
    expect(lines).toHaveLength(2);
    for (const line of lines) parses(line);
  });

  it("the pre-commit hooks too, and judge the whole set", () => {
    const hooks = parse(readFileSync(".pre-commit-hooks.yaml", "utf8"));
    expect(hooks.map(({ id }: { id: string }) => id)).toEqual(["ringfence-lint", "ringfence-lint-fix"]);
    for (const { entry, pass_filenames, files } of hooks) {
      parses(entry);
      expect(pass_filenames).toBe(false);
      expect("policies/a.yaml").toMatch(new RegExp(files));
    }
  });

  it("what the hook runs fails a commit with a broken policy", async () => {
    const path = join(directory, "repository");
    mkdirSync(path);
    writeFileSync(
      join(path, "policy.yaml"),
      "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: b}\nspec:\n  endpointSelector: {}\n  ingress:\n   - fromEndpoint: [\n",
    );
    expect((await inProcess(["lint", "--quiet", path])).status).toBe(1);
  });
});
