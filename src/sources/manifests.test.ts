import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "#model/finding.ts";
import { expandPattern, type LoadOptions, loadManifests } from "./manifests.ts";
import { MAX_MANIFEST_BYTES } from "./manifest-text.ts";

const POLICY =
  "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: NAME}\nspec: {endpointSelector: {}, ingress: []}\n";
const SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";

let root = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "manifests-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Writes files below a new folder and returns it. */
function folder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const here = mkdtempSync(join(root, "case-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(here, name)), { recursive: true });
    writeFileSync(join(here, name), content);
  }
  return here;
}

function policy(name: string): string {
  return POLICY.replace("NAME", name);
}

async function problem(paths: readonly string[], options: LoadOptions = {}): Promise<UserError> {
  try {
    await loadManifests(paths, options);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("loaded without a problem");
}

describe("a path may be", () => {
  it("a directory: every manifest below it, in order, hidden ones and other tools' files left out", async () => {
    const here = folder({
      "b.yaml": policy("b"),
      "a/x.yml": policy("a"),
      "a/y.json": JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: "web" } }),
      "c.yaml.gz": gzipSync(policy("c")),
      ".git/z.yaml": policy("hidden"),
      "node_modules/z.yaml": policy("foreign"),
      "readme.md": "# no",
      "values.yaml": "replicas: 1\n",
      "tsconfig.json": "{\n  // a comment\n}\n",
      "empty.yaml": "# nothing\n",
    });
    const { manifests, files, texts, findings } = await loadManifests([here]);
    expect(manifests.map(({ name }) => name)).toEqual(["a", "web", "b", "c"]);
    expect(files).toEqual(["a/x.yml", "a/y.json", "b.yaml", "c.yaml.gz"].map((name) => join(here, name)));
    expect([...texts.keys()]).toEqual(["a/x.yml", "b.yaml", "c.yaml.gz"].map((name) => join(here, name)));
    expect(texts.get(join(here, "b.yaml"))).toBe(policy("b"));
    expect(findings).toMatchObject([{ id: "not-a-manifest", severity: "info", count: 2 }]);
  });

  it("a file, a pattern, and each once", async () => {
    const here = folder({
      "a.yaml": policy("a"),
      "b.yaml": policy("b"),
      "deep/er/c.yaml": policy("c"),
      "d.yml": policy("d"),
    });
    const names = async (...paths: string[]) =>
      (await loadManifests(paths.map((path) => join(here, path)))).manifests.map(({ name }) => name);
    expect(await names("a.yaml", "*.yaml", "a.yaml")).toEqual(["a", "b"]);
    expect(await names("**/*.yaml")).toEqual(["a", "b", "c"]);
    expect(await names("[ad].y{a,}ml")).toEqual(["a", "d"]);
    expect(await names("?.yml")).toEqual(["d"]);
    expect(await names("deep/*/c.yaml")).toEqual(["c"]);
  });

  it("standard input", async () => {
    async function* stdin() {
      yield new TextEncoder().encode(policy("piped").slice(0, 50));
      yield new TextEncoder().encode(policy("piped").slice(50));
    }
    const { manifests } = await loadManifests(["-"], { stdin: stdin() });
    expect(manifests).toMatchObject([{ name: "piped", place: { file: "-" } }]);
  });

  it("text of Windows' shell: UTF-16 with a byte order mark", async () => {
    const text = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(policy("wide"), "utf16le")]);
    const { manifests } = await loadManifests([join(folder({ "a.yaml": text }), "a.yaml")]);
    expect(manifests.map(({ name }) => name)).toEqual(["wide"]);
  });

  it("a directory with links, in a circle too", async () => {
    const here = folder({ "a/x.yaml": policy("x") });
    symlinkSync(here, join(here, "a/circle"));
    symlinkSync(join(here, "a/x.yaml"), join(here, "y.yaml"));
    const { manifests } = await loadManifests([here]);
    expect(manifests).toHaveLength(2);
  });
});

describe("what renders first is not read as it stands", () => {
  it("a Helm chart's templates", async () => {
    const here = folder({
      "Chart.yaml": "name: x\n",
      "values.yaml": "a: 1\n",
      "templates/p.yaml": "name: {{ .x }}\n",
      "crds/p.yaml": policy("p"),
    });
    const { manifests, findings } = await loadManifests([here]);
    expect(manifests.map(({ name }) => name)).toEqual(["p"]);
    expect(findings).toMatchObject([{ id: "helm-chart", severity: "warn" }]);
  });

  it("a template elsewhere: left out in a directory, an error when it is named", async () => {
    const here = folder({ "a.yaml": policy("a"), "t.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .x }}}\n" });
    expect((await loadManifests([here])).findings).toMatchObject([
      { id: "helm-template", place: { file: join(here, "t.yaml") } },
    ]);
    expect(await problem([join(here, "t.yaml")])).toMatchObject({
      code: "template",
      help: expect.stringContaining("helm template") as string,
    });
  });

  it("a kustomization that changes its objects is said", async () => {
    const here = folder({ "p.yaml": policy("p"), "kustomization.yaml": "resources: [p.yaml]\nnamespace: shop\n" });
    expect((await loadManifests([here])).findings).toMatchObject([
      { id: "kustomization", message: expect.stringContaining("namespace") as string },
    ]);
    const plain = folder({ "p.yaml": policy("p"), "kustomization.yaml": "resources: [p.yaml]\n" });
    expect((await loadManifests([plain])).findings).toEqual([]);
  });
});

describe("what cannot be read is one error that names it all", () => {
  it("a broken file names itself and the other broken ones", async () => {
    const here = folder({
      "a.yaml": `${policy("a")}  x: [\n`,
      "b.yaml": policy("b"),
      "c.yaml": "apiVersion: v1\nkind: Pod\nspec: *x\n",
    });
    const error = await problem([here]);
    expect(error.code).toBe("broken-manifests");
    expect(error.message).toMatch(
      /2 manifest files cannot be read:\n {2}\S+a\.yaml:5:\d+: broken yaml: .*\n {2}\S+c\.yaml:3:7: broken yaml: unknown anchor/,
    );
  });

  it("one broken file has its place", async () => {
    const here = folder({ "a.yaml": "apiVersion: v1\nkind: Pod\nspec: *x\n" });
    expect(await problem([here])).toMatchObject({
      code: "broken-yaml",
      place: { file: join(here, "a.yaml"), line: 3, column: 7 },
    });
  });

  it.each([
    ["a path that does not exist", "polices/web.yaml", "no-such-file", /did you mean .*policies/],
    ["a file that does not exist", "policies/wab.yaml", "no-such-file", /did you mean .*policies\/web\.yaml/],
    ["a file below a file", "policies/web.yaml/x", "no-such-file", /did you mean .*policies\/web\.yaml/],
    ["a pattern without matches", "policies/*.json", "no-such-file", /quote the pattern/],
  ])("%s", async (_, path, code, help) => {
    const here = folder({ "policies/web.yaml": policy("web") });
    expect(await problem([join(here, path)])).toMatchObject({ code, help: expect.stringMatching(help) as string });
  });

  it("a directory without what was asked for", async () => {
    const here = folder({ "s.yaml": SERVICE });
    expect(await problem([here], { wanted: "policies" })).toMatchObject({
      code: "no-policies",
      message: expect.stringContaining("only Service there") as string,
    });
    expect(await problem([folder({ "a.md": "x" })], { wanted: "objects" })).toMatchObject({ code: "no-objects" });
    expect((await loadManifests([here], { wanted: "objects" })).manifests).toHaveLength(1);
  });

  it("an apiVersion that is not served, with its line, unless the caller wants to say it", async () => {
    const here = folder({ "p.yaml": policy("p").replace("cilium.io/v2", "cilium.io/v1") });
    expect(await problem([here])).toMatchObject({
      code: "wrong-api-version",
      help: "write `apiVersion: cilium.io/v2`",
      place: { line: 1 },
    });
    expect((await loadManifests([here], { wrongVersions: "keep" })).manifests).toHaveLength(1);
  });

  it.each<[string, string | Uint8Array, string, object]>([
    ["binary garbage", new Uint8Array([1, 2, 0, 3]), "not-text", { byte: 2 }],
    ["text that is no UTF-8", Buffer.from("a: é\nb: \xff\n", "latin1"), "not-text", { byte: 3 }],
    ["a gzip file that was cut", gzipSync(policy("p").repeat(1000)).subarray(0, 60), "broken-gzip", {}],
    ["a gzip bomb", gzipSync(new Uint8Array(MAX_MANIFEST_BYTES + 1)), "too-large", {}],
    ["a file that is too large", new Uint8Array(MAX_MANIFEST_BYTES + 1), "too-large", {}],
  ])("%s", async (_, content, code, place) => {
    const here = folder({ "x.yaml": content });
    expect(await problem([join(here, "x.yaml")])).toMatchObject({
      code,
      place: { file: join(here, "x.yaml"), ...place },
    });
  });

  it("a stream that does not end", async () => {
    async function* endless() {
      for (;;) yield new Uint8Array(8 * 1024 * 1024);
    }
    expect(await problem(["-"], { stdin: endless() })).toMatchObject({ code: "too-large" });
  });
});

it("patterns are relative to where they are asked from", async () => {
  const here = folder({ "policies/a.yaml": policy("a"), "policies/b/c.yaml": policy("c") });
  expect(await expandPattern(`${here}/policies/*.yaml`)).toEqual([join(here, "policies/a.yaml")]);
  expect(await expandPattern(`${here}/policies/a.yaml`)).toEqual([join(here, "policies/a.yaml")]);
  expect(await expandPattern(`${here}/nowhere/*.yaml`)).toEqual([]);
  expect(await expandPattern("src/sources/manifests.te?t.ts")).toEqual([
    "src/sources/manifests.te?t.ts".replace("?", "s"),
  ]);
  expect(await expandPattern("./src/sources/manifests.te?t.ts")).toEqual(["./src/sources/manifests.test.ts"]);
});
