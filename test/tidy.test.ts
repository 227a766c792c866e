import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

/** The import table: which folders of src a folder may import from, besides itself. The table is the architecture. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  decode: ["model"],
  traffic: ["model"],
  engine: ["model"],
  edit: ["model"],
  analysis: ["model", "engine", "edit"],
  lint: ["model", "engine", "edit", "analysis"],
  generate: ["model", "engine", "edit", "analysis"],
  report: ["model"],
  hubble: ["model", "decode", "engine"],
  sources: ["model", "decode", "traffic", "hubble"],
  store: ["model", "decode", "traffic"],
  server: ["model", "decode", "traffic", "engine", "edit", "analysis", "lint", "report", "hubble", "sources", "store"],
  cli: [
    "model",
    "decode",
    "traffic",
    "engine",
    "edit",
    "analysis",
    "lint",
    "generate",
    "report",
    "hubble",
    "sources",
    "store",
    "server",
  ],
};

/** Folders without clock, disk, network or randomness: the same code runs in the CLI, a worker and the browser. */
const PURE = ["model", "decode", "traffic", "engine", "edit", "analysis", "lint", "generate", "report", "hubble"];
const IMPURE = [
  [/from "node:/, "node: imports"],
  [/\bDate\.now\b/, "Date.now"],
  [/\bnew Date\(\)/, "new Date()"],
  [/\bMath\.random\b/, "Math.random"],
  [/\bconsole\./, "console"],
  [/\bprocess\./, "process"],
  [/\bBuffer\b\./, "Buffer"],
] as const;

const MAX_LINES = 500;
/** Data rather than code: schemas and tables may be long. */
const TABLES = /(\.table\.ts|\.json)$/;
const BANNED_NAMES = ["utils", "util", "helpers", "helper", "common", "manager", "misc"];

const root = join(import.meta.dirname, "..");
const sources = filesUnder(join(root, "src")).filter((file) => file.endsWith(".ts"));
const code = sources.filter((file) => !file.endsWith(".test.ts"));

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

const short = (file: string) => relative(root, file);
const folderOf = (file: string) => relative(join(root, "src"), file).split("/")[0] ?? "";
const text = (file: string) => readFileSync(file, "utf8");

/** Import specifiers of a file, with comments left out. */
function importsOf(file: string): readonly string[] {
  const found = text(file).matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g);
  return [...found].map((match) => match[1] ?? "");
}

describe("the import table", () => {
  it("has a row for every folder", () => {
    expect(readdirSync(join(root, "src")).sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it("is kept", () => {
    const broken = code.flatMap((file) => {
      const own = folderOf(file);
      const allowed = [own, ...(MAY_IMPORT[own] ?? [])];
      const across = importsOf(file).filter((name) => name.startsWith("#"));
      const wrong = across.filter((name) => !allowed.includes(name.slice(1).split("/")[0] ?? ""));
      return wrong.map((name) => `${short(file)} imports ${name}`);
    });
    expect(broken).toEqual([]);
  });

  it("is not walked round by relative paths", () => {
    const broken = sources.flatMap((file) => {
      const relatives = importsOf(file).filter((name) => name.startsWith(".") && !name.endsWith("/package.json"));
      const outside = relatives.filter((name) => folderOf(join(dirname(file), name)) !== folderOf(file));
      return outside.map((name) => `${short(file)} imports ${name}`);
    });
    expect(broken).toEqual([]);
  });
});

describe("pure folders", () => {
  it("know no clock, disk, network or randomness", () => {
    const impure = code
      .filter((file) => PURE.includes(folderOf(file)))
      .flatMap((file) => {
        const body = text(file)
          .replace(/\/\*[\s\S]*?\*\//g, "")
          .replace(/^\s*\/\/.*$/gm, "");
        return IMPURE.filter(([sign]) => sign.test(body)).map(([, what]) => `${short(file)}: ${what}`);
      });
    expect(impure).toEqual([]);
  });
});

describe("style", () => {
  it(`keeps files under ${MAX_LINES} lines`, () => {
    const long = sources
      .filter((file) => !TABLES.test(file))
      .map((file) => ({ file: short(file), lines: text(file).split("\n").length }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  it("names files in kebab-case, and none of them for nothing", () => {
    const odd = sources.filter((file) => {
      const name = basename(file).replace(/(\.test|\.table)?\.ts$/, "");
      return !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || BANNED_NAMES.includes(name);
    });
    expect(odd.map(short)).toEqual([]);
  });

  it("asserts types only where text becomes model", () => {
    const casts = code
      .filter((file) => folderOf(file) !== "decode")
      .flatMap((file) => {
        const lines = text(file)
          .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
          .split("\n");
        return lines.flatMap((line, index) =>
          /\bas (?:[A-Z{(]|(?:string|number|boolean|unknown|never|object|readonly)\b)/.test(
            line.replace(/\/\/.*|^\s*\*.*|`[^`]*`|"[^"]*"/g, ""),
          ) && !/^\s*(import|export)\b/.test(line)
            ? [`${short(file)}:${index + 1}: ${line.trim()}`]
            : [],
        );
      });
    expect(casts).toEqual([]);
  });

  it("leaves nothing unfinished", () => {
    const marks = sources.filter((file) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text(file)));
    expect(marks.map(short)).toEqual([]);
  });
});

describe("pages", () => {
  it("are linked from the list of decisions", () => {
    const folder = join(root, "docs", "decisions");
    const pages = readdirSync(folder).filter((name) => name !== "README.md");
    const index = text(join(folder, "README.md"));
    expect(pages.filter((page) => !index.includes(page))).toEqual([]);
    expect(pages.length).toBeGreaterThan(0);
  });

  it("exist for every command", () => {
    const commands = readdirSync(join(root, "src", "cli", "commands")).filter(
      (name) => name.endsWith(".ts") && !name.endsWith(".test.ts"),
    );
    const pages = text(join(root, "docs", "cli.md"));
    const missing = commands
      .map((name) => name.replace(/\.ts$/, ""))
      .filter((name) => !pages.includes(`ringfence ${name}`));
    expect(missing).toEqual([]);
  });
});
