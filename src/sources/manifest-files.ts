import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { nearestName } from "#decode/nearest.ts";
import { type Finding, UserError } from "#model/finding.ts";

/** A file to read, and whether it was named itself (then it must hold manifests) or found in a directory. */
export type FoundFile = { readonly path: string; readonly named: boolean };

export type FoundFiles = { readonly files: readonly FoundFile[]; readonly findings: readonly Finding[] };

const MAX_FILES = 50_000;
const MANIFEST = /\.(ya?ml|json)(\.gz)?$/i;
const SKIPPED = new Set(["node_modules", "__pycache__", "vendor"]);

/**
 * The manifest files behind paths: a file is itself, a directory all `.yaml`, `.yml` and `.json` below it (also
 * `.gz`; hidden ones, node_modules and Helm chart templates left out), a pattern (`*`, `**`, `?`, `{a,b}`) what it
 * matches, `-` standard input. Sorted within a path. Throws `UserError` at a path that does not exist, with the nearest
 * one that does.
 */
export async function findManifestFiles(paths: readonly string[]): Promise<FoundFiles> {
  const files = new Map<string, FoundFile>();
  const findings: Finding[] = [];
  for (const path of paths) {
    for (const file of await filesAt(path, findings)) {
      if (!files.has(file.path) || file.named) files.set(file.path, file);
      if (files.size > MAX_FILES) throw tooMany(path);
    }
  }
  return { files: [...files.values()], findings };
}

async function filesAt(path: string, findings: Finding[]): Promise<readonly FoundFile[]> {
  if (path === "-") return [{ path, named: true }];
  const kind = await kindOfPath(path);
  if (kind === "file") return [{ path, named: true }];
  if (kind === "directory") return (await walk(path, findings)).map((file) => ({ path: file, named: false }));
  if (!/[*?{[]/.test(path)) throw await missing(path);
  const matches = await expandPattern(path);
  if (matches.length > 0) return matches.map((file) => ({ path: file, named: true }));
  throw new UserError("no-such-file", `no file matches ${path}`, {
    help: "quote the pattern, and mind that * stops at /",
  });
}

async function kindOfPath(path: string): Promise<"file" | "directory" | null> {
  try {
    const stats = await stat(path);
    return stats.isDirectory() ? "directory" : "file";
  } catch {
    return null;
  }
}

async function entriesOf(directory: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  } catch (cause) {
    throw new UserError("unreadable", `${directory} cannot be read`, { cause, help: "check its permissions" });
  }
}

async function walk(root: string, findings: Finding[]): Promise<readonly string[]> {
  const found: string[] = [];
  const visited = new Set<string>();
  const visit = async (directory: string): Promise<void> => {
    const real = await realpath(directory);
    if (visited.has(real)) return;
    visited.add(real);
    const entries = await entriesOf(directory);
    const isChart = entries.some((entry) => entry.name === "Chart.yaml");
    for (const entry of entries) {
      const path = join(directory, entry.name);
      const kind = entry.isSymbolicLink() ? await kindOfPath(path) : entry.isDirectory() ? "directory" : "file";
      if (entry.name.startsWith(".") || SKIPPED.has(entry.name)) continue;
      if (kind === "directory") {
        if (isChart && (entry.name === "templates" || entry.name === "charts")) findings.push(chartSkipped(path));
        else await visit(path);
      } else if (kind === "file" && MANIFEST.test(entry.name) && !(isChart && /^(Chart|values)\./.test(entry.name))) {
        found.push(path);
      }
      if (found.length > MAX_FILES) throw tooMany(root);
    }
  };
  await visit(root);
  return found;
}

function chartSkipped(path: string): Finding {
  return {
    id: "helm-chart",
    severity: "warn",
    message: `templates of a Helm chart are not read`,
    help: `render them: helm template ${dirname(path)} | ringfence … --policies -`,
    place: { file: path },
  };
}

function tooMany(path: string): UserError {
  return new UserError("too-many-files", `${path} holds more than ${MAX_FILES} manifest files`, {
    help: "name the directories that matter",
  });
}

async function missing(path: string): Promise<UserError> {
  if (path === "") {
    return new UserError("no-such-file", "an empty path was given", { help: "is a variable of the shell not set?" });
  }
  const near = await nearestPath(path);
  if (near === path) {
    return new UserError("no-such-file", `${path} leads nowhere`, {
      help: "it is a link: mend it, or name its target",
    });
  }
  return new UserError("no-such-file", `${path} does not exist`, {
    help: near === null ? "check the path" : `did you mean ${near}?`,
  });
}

/** The path with its first missing part replaced by the nearest name that exists there. */
async function nearestPath(path: string): Promise<string | null> {
  const parent = dirname(path);
  const kind = await kindOfPath(parent);
  if (kind === "file") return parent;
  if (kind === null) return parent === path ? null : nearestPath(parent);
  const names = (await entriesOf(parent)).map((entry) => entry.name);
  const near = nearestName(basename(path), names);
  return near === null ? null : join(parent, near);
}

/** The files that a pattern matches, sorted. `*` and `?` stop at `/`, `**` does not. Hidden files are left out. */
export async function expandPattern(pattern: string): Promise<readonly string[]> {
  const parts = pattern.split("/");
  const fixed = parts.findIndex((part) => /[*?{[]/.test(part));
  if (fixed < 0) return (await kindOfPath(pattern)) === "file" ? [pattern] : [];
  const root = parts.slice(0, fixed).join("/");
  const start = root === "" ? (pattern.startsWith("/") ? "/" : ".") : root;
  if ((await kindOfPath(start)) !== "directory") return [];
  const wanted = patternRegExp(pattern);
  const depth = pattern.includes("**") ? 64 : parts.length - fixed;
  const found: string[] = [];
  const visit = async (directory: string, levels: number): Promise<void> => {
    for (const entry of await entriesOf(directory === "" ? "." : directory)) {
      if (entry.name.startsWith(".")) continue;
      const path = directory === "" ? entry.name : `${directory.replace(/\/$/, "")}/${entry.name}`;
      const kind = entry.isSymbolicLink() ? await kindOfPath(path) : entry.isDirectory() ? "directory" : "file";
      if (kind === "file" && wanted.test(path)) found.push(path);
      if (kind === "directory" && levels > 1 && !SKIPPED.has(entry.name)) await visit(path, levels - 1);
      if (found.length > MAX_FILES) throw tooMany(pattern);
    }
  };
  await visit(start === "." && !pattern.startsWith("./") ? "" : start, depth);
  return found;
}

/** A pattern as a regular expression over whole paths. */
function patternRegExp(pattern: string): RegExp {
  let braces = 0;
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|\{|\}|,|\[[^\]/]+\]|[.+^$()|\\\]]|\[/g, (token) => {
    switch (token) {
      case "**/":
        return "(?:[^/]+/)*";
      case "**":
        return ".*";
      case "*":
        return "[^/]*";
      case "?":
        return "[^/]";
      case "{":
        braces++;
        return "(?:";
      case "}":
        if (braces === 0) return "\\}";
        braces--;
        return ")";
      case ",":
        return braces > 0 ? "|" : ",";
      default:
        return token.startsWith("[") && token.endsWith("]") ? token.replace("[!", "[^") : `\\${token}`;
    }
  });
  try {
    return new RegExp(`^${source}${")".repeat(braces)}$`);
  } catch (cause) {
    throw new UserError("bad-pattern", `${pattern} is no pattern of files`, {
      help: "mend the [ ]: a range goes upwards, as in [a-z]",
      cause,
    });
  }
}
