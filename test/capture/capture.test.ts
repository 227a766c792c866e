import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { blockYaml } from "#decode/object-yaml.ts";
import { readManifests } from "#decode/yaml/yaml.ts";
import { inProcess } from "../cli/in-process.ts";

const HOMELAB = join(import.meta.dirname, "../../examples/homelab");
const OBJECTS = join(HOMELAB, "objects");
const FLOWS = join(HOMELAB, "flows.jsonl.gz");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ringfence-capture-"));
});

async function run(...words: readonly string[]) {
  const { status, stdout, stderr } = await inProcess(words);
  return { code: status, out: stdout, err: stderr };
}

const rehearsed = async (...inputs: readonly string[]) => {
  const policies = ["--policies", join(HOMELAB, "policies"), "--names", join(HOMELAB, "names.yaml")];
  return (await run("rehearse", ...inputs, ...policies, "-o", "json", "--fail-on", "never", "-q")).out;
};

describe("ringfence capture", () => {
  it("writes what a rehearsal decides alike, as a directory and as an archive", async () => {
    const directory = join(folder, "one");
    const archive = join(folder, "one.tar.gz");
    for (const out of [directory, archive]) {
      expect((await run("capture", out, "--objects", OBJECTS, "--flows", FLOWS)).code).toBe(0);
    }
    const before = await rehearsed("--objects", OBJECTS, "--flows", FLOWS);
    expect(await rehearsed("--capture", archive)).toBe(before);
    expect(await rehearsed("--objects", archive, "--flows", directory)).toBe(before);
  }, 60_000);

  it("is read by standard tools", () => {
    const listed = spawnSync("tar", ["tzf", join(folder, "one.tar.gz")], { encoding: "utf8" }).stdout;
    expect(listed.trim().split("\n")).toEqual([
      "one/capture.json",
      "one/flows.jsonl.gz",
      "one/cilium-config.yaml",
      "one/objects.yaml",
    ]);
    const flows = (file: string) => gunzipSync(readFileSync(file)).toString();
    expect(flows(join(folder, "one/flows.jsonl.gz"))).toBe(flows(FLOWS));
  });

  it("never writes over what is there", async () => {
    const kept = join(folder, "kept");
    mkdirSync(kept);
    writeFileSync(join(kept, "notes.txt"), "mine");
    const { code, err } = await run("capture", kept, "--objects", OBJECTS);
    expect(code).toBe(2);
    expect(err).toContain("exists already");
    expect(readFileSync(join(kept, "notes.txt"), "utf8")).toBe("mine");
  });

  it("leaves nothing behind when it fails", async () => {
    const out = join(folder, "failed.tar.gz");
    const { code } = await run("capture", out, "--objects", OBJECTS, "--flows", join(folder, "no-such-file"));
    expect(code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });

  it("redacts paths, headers and the world's addresses, and says so", async () => {
    const flows = join(folder, "private.jsonl");
    const event = {
      flow: {
        time: "2026-11-21T10:00:00Z",
        verdict: "FORWARDED",
        IP: { source: "10.0.0.10", destination: "198.51.100.7" },
        l4: { TCP: { source_port: 4000, destination_port: 443 } },
        source: { labels: ["k8s:app=web"] },
        destination: { labels: ["cidr:198.51.100.7/32", "reserved:world"] },
        l7: {
          type: "REQUEST",
          http: {
            method: "GET",
            url: "http://user:pw@shop.example/account/42?token=s3cret",
            headers: [{ key: "Cookie", value: "s3cret" }],
          },
        },
        destination_names: ["shop.example"],
      },
    };
    writeFileSync(flows, `${JSON.stringify(event)}\nno json, token=s3cret\n`);
    const out = join(folder, "private");
    expect((await run("capture", out, "--flows", flows, "--redact")).code).toBe(0);
    const text = gunzipSync(readFileSync(join(out, "flows.jsonl.gz"))).toString();
    expect(text).not.toMatch(/198\.51\.100|s3cret|user:pw|account/);
    expect(text).toContain("http://shop.example/HUBBLE_REDACTED");
    expect(text).toContain("10.0.0.10");
    const explained = await run("rehearse", "--capture", out, "--policies", join(HOMELAB, "policies"), "-q");
    expect(explained.out).toContain("was redacted");
    expect(JSON.parse(readFileSync(join(out, "capture.json"), "utf8"))).toMatchObject({
      redacted: true,
      flows: 1,
      dropped: 1,
    });
  });

  it("says what is missing", async () => {
    expect((await run("capture", join(folder, "x"))).err).toContain("nothing to capture is named");
    expect((await run("rehearse", "--capture", FLOWS, "--policies", HOMELAB)).err).toContain(
      "is neither a capture nor a sysdump",
    );
    expect((await run("rehearse", "--capture", join(folder, "none"), "--policies", HOMELAB)).err).toContain(
      "does not exist",
    );
  });
});

describe("objects written as YAML", () => {
  it.each([
    ["plain words", { a: "web", b: 1, c: true, d: null }],
    [
      "words that YAML takes for something else",
      { a: "yes", b: "null", c: "1", d: "0x10", e: "~", f: "", y: "n", g: "1e3" },
    ],
    ["odd keys", { "a b": 1, "1": "2", "k8s:app": "x", on: "off" }],
    [
      "odd texts",
      { a: "x: y", b: "# no", c: "two\nlines\n", d: " led", e: "tab\t", f: "\u2028\u0085", g: '"quoted"', h: "- x" },
    ],
    ["empty things", { a: {}, b: [], c: [{}], d: [[]], e: [[1, [2]]] }],
    ["deep ones", { a: [{ b: { c: [{ d: "e" }, { f: [] }] } }] }],
  ])("%s read back as they were", (_, value) => {
    const object = { apiVersion: "v1", kind: "Thing", metadata: { name: "x" }, value };
    expect(readManifests(blockYaml(object), null).manifests[0]?.value).toEqual(object);
  });
});
