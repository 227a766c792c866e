import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { expectGolden } from "./golden.ts";
import { inProcess } from "./in-process.ts";

const SHOP = "test/cli/fixture/tests/shop.yaml";
const directory = mkdtempSync(join(tmpdir(), "ringfence-tests-"));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const pod = (name: string) =>
  `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${name}","namespace":"a"},"spec":{"containers":[{"name":"c"}]}}`;
const line = (name: string, verdict: string) =>
  `{"name":"${name}","objects":[${pod("x")},${pod("y")}],"connections":[{"from":"a/x","to":"a/y","port":80,"expect":{"verdict":"${verdict}"}}]}\n`;

describe("ringfence test", () => {
  it("shows a failure with what was expected, what was decided, by which rules, and a proven edit", async () => {
    const run = await inProcess(["test", SHOP]);
    expectGolden("test-shop.txt", run.stdout);
    expect(run).toMatchObject({ status: 1, stderr: "" });
  });

  it("prints one result a line, with the keys that were asked for", async () => {
    const { stdout, status } = await inProcess(["test", SHOP, "-o", "jsonl"]);
    const results = stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(status).toBe(1);
    expect(results[0]).toEqual({
      test: "the shop",
      connection: "web asks db",
      pass: true,
      got: { verdict: "allowed", ingressPolicies: ["CiliumNetworkPolicy/shop/db"] },
      expect: { verdict: "allowed", ingressPolicies: ["CiliumNetworkPolicy/shop/db"] },
    });
    expect(results.map((result) => [result.connection ?? result.policy, result.pass])).toEqual([
      ["web asks db", true],
      ["db asks web", false],
      [2, false],
      ["CiliumNetworkPolicy/shop/web", true],
    ]);
  });

  it("prints JUnit and markdown in the same words", async () => {
    expectGolden("test-shop.junit.xml", (await inProcess(["test", SHOP, "-o", "junit"])).stdout);
    expectGolden("test-shop.md", (await inProcess(["test", SHOP, "-o", "markdown"])).stdout);
  });

  it("passes quietly, and lists all with --all", async () => {
    const path = file("good.jsonl", line("one", "allowed") + line("two", "allowed"));
    expect(await inProcess(["test", path])).toEqual({
      status: 0,
      stdout: "✓ all 2 results as expected in 2 tests\n",
      stderr: "",
    });
    expect((await inProcess(["test", path, "--all"])).stdout).toMatch(/^✓ one · connection 0\n✓ two · connection 0\n/);
  });

  it("reads large sets line by line, packed ones too", async () => {
    const many = Array.from({ length: 500 }, (_, index) => line(`t${index}`, "allowed")).join("");
    const path = file("many.jsonl.gz", gzipSync(many));
    expect((await inProcess(["test", path])).stdout).toBe("✓ all 500 results as expected in 500 tests\n");
  });

  it("a test that checks nothing is not called passed", async () => {
    const path = file("nothing.yaml", "name: nothing\nconnections: []\n");
    const run = await inProcess(["test", path]);
    expect(run).toMatchObject({ status: 0, stdout: "nothing was checked in 1 test\n" });
    expect(run.stderr).toMatch(/nothing\.yaml:1:1: expects nothing/);
  });

  it("the tests beside one that cannot be read are run and printed all the same", async () => {
    const broken = file("broken-object.yaml", "apiVersion: v1\nkind: [\n");
    const path = file(
      "mixed.jsonl",
      `${line("one", "allowed")}{"name":\n${line("two", "denied")}{"name":"three","files":["broken-object.yaml"]}\n{"name":"four","ports":1}\n${line("one", "denied")}${line("five", "allowed")}`,
    );
    const run = await inProcess(["test", path]);
    expect(run.status).toBe(2);
    expect(run.stdout).toMatch(/✗ two · connection 0/);
    expect(run.stdout).toMatch(/1 of 3 results not as expected in 3 tests, 4 tests could not be read\n$/);
    expect(run.stderr).toMatch(/mixed\.jsonl:2:\d+: broken json/);
    expect(run.stderr).toMatch(/broken-object\.yaml:\d+:\d+: broken yaml/);
    expect(run.stderr).toMatch(/mixed\.jsonl:5:\d+: ports: no such key/);
    expect(run.stderr).toMatch(/mixed\.jsonl:6:\d+: `one` is the name of the test at .*mixed\.jsonl:1:/);
    const results = (await inProcess(["test", path, "-o", "jsonl"])).stdout.trimEnd().split("\n");
    expect(results.map((text) => JSON.parse(text).test)).toEqual(["one", "two", "five"]);
    const junit = (await inProcess(["test", path, "-o", "junit"])).stdout;
    expect(junit).toMatch(/<testsuites name="ringfence test" tests="7" failures="1" errors="4"/);
    expect((await inProcess(["test", path, "-o", "markdown"])).stdout).toMatch(/could not be read: .*broken json/);
    expect(broken).toMatch(/yaml$/);
  });

  it("finds the tests below a directory, and says what it looked for when there are none", async () => {
    mkdirSync(join(directory, "tree/deep"), { recursive: true });
    file("tree/a.test.yaml", line("a", "allowed"));
    file("tree/deep/b.test.jsonl", line("b", "allowed") + line("c", "denied"));
    file("tree/other.yaml", "name: [");
    const root = join(directory, "tree");
    const run = await inProcess(["test", root]);
    expect(run.stdout).toMatch(/1 of 3 results not as expected in 3 tests/);
    expect(run.stderr).toBe("");
    expect((await inProcess(["test", `${root}/**/*.test.yaml`])).stdout).toMatch(/all 1 result as expected/);
    mkdirSync(join(directory, "bare"));
    const none = await inProcess(["test", join(directory, "bare")]);
    expect(none).toMatchObject({ status: 2, stdout: "" });
    expect(none.stderr).toMatch(/no tests in .*bare: no file is named \*\.test\.yaml\nhelp: looked for .*--record/);
  });

  it("--filter runs the tests of which the name holds a text", async () => {
    const path = file("named.jsonl", line("Blog", "allowed") + line("shop", "denied"));
    expect((await inProcess(["test", path, "--filter", "blog"])).stdout).toBe("✓ all 1 result as expected in 1 test\n");
    const none = await inProcess(["test", path, "--filter", "wiki"]);
    expect(none).toMatchObject({ status: 2, stdout: "" });
    expect(none.stderr).toMatch(/none of 2 tests has `wiki` in its name/);
  });

  it.each([
    ["a missing file", () => join(directory, "none.yaml"), /none\.yaml does not exist/],
    ["broken YAML", () => file("broken.yaml", "name: ["), /broken\.yaml:\d+:\d+: broken yaml/],
    [
      "a broken line",
      () => file("broken.jsonl", `${line("one", "allowed")}{"name":\n`),
      /broken\.jsonl:2:\d+: broken json/,
    ],
    ["no name", () => file("unnamed.yaml", "connections: []\n"), /unnamed\.yaml:1:1: .*name/],
    [
      "one name twice",
      () => file("twice.jsonl", line("one", "allowed") + line("one", "denied")),
      /twice\.jsonl:2:\d+: `one` is the name of the test at .*twice\.jsonl:1:\d+ too/,
    ],
    [
      "files that are not there",
      () => file("files.yaml", "name: nothing\nfiles: [none/*.yaml]\nconnections: []\n"),
      /files\.yaml:2:\d+: no file matches none\/\*\.yaml/,
    ],
    [
      "a cut gzip file",
      () => file("cut.jsonl.gz", gzipSync(line("one", "allowed")).subarray(0, 40)),
      /cut\.jsonl\.gz: cannot be read/,
    ],
  ])("%s is refused with its place", async (_, path, message) => {
    const run = await inProcess(["test", path()]);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toMatch(/^help: /m);
  });

  it("an object that the agent rejects is a result", async () => {
    const rejected = `{"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy","metadata":{"name":"p","namespace":"a"},"spec":{"endpointSelector":{},"nodeSelector":{}}}`;
    const test = `{"name":"r","objects":[${rejected}],"connections":[],"expectPolicies":[{"policy":"CiliumNetworkPolicy/a/p","valid":false}]}\n`;
    expect(await inProcess(["test", file("rejected.jsonl", test)])).toMatchObject({ status: 0 });
  });
});
