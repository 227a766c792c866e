import { basename, dirname } from "node:path";
import { valueAt } from "#decode/field.ts";
import { kindOf } from "#decode/objects/kinds.ts";
import type { SourceManifest } from "#decode/objects/manifest.ts";
import { readObjects } from "#decode/objects/read-objects.ts";
import { readManifests } from "#decode/yaml/yaml.ts";
import { type Finding, UserError } from "#model/finding.ts";
import { placeText } from "#model/place.ts";
import { POLICY_KINDS } from "#model/policy.ts";
import { type FoundFile, findManifestFiles } from "./manifest-files.ts";
import { readManifestText, readStreamText } from "./manifest-text.ts";

export { expandPattern } from "./manifest-files.ts";

export type LoadOptions = {
  /** What the paths are given for: without any of it the load fails. Absent: nothing in particular. */
  readonly wanted?: "policies" | "objects";
  /** Objects of an apiVersion that the API server does not serve: an error (default), or left to the caller. */
  readonly wrongVersions?: "refuse" | "keep";
  /** A file that cannot be read: an error for all (default), or a finding while the others are read. */
  readonly broken?: "refuse" | "tell";
  /** Standard input for the path `-`; default the process's own. */
  readonly stdin?: AsyncIterable<Uint8Array>;
};

export type LoadedManifests = {
  readonly manifests: readonly SourceManifest[];
  /** Files that held manifests, as named in places. */
  readonly files: readonly string[];
  /** The texts of files that hold policies, for edits; others are not kept. */
  readonly texts: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
};

/**
 * Reads the manifests at paths: files, directories, patterns, `-` for standard input, gzipped or not. Throws one
 * `UserError` that names every broken file (code `broken-manifests` when there are several), and one when a path does
 * not exist, an apiVersion is not served, or nothing of what was wanted is there. In directories, files that are plainly no
 * manifests are passed over with a finding.
 */
export async function loadManifests(paths: readonly string[], options: LoadOptions = {}): Promise<LoadedManifests> {
  const found = await findManifestFiles(paths);
  const loaded: Loaded = { manifests: [], files: [], texts: new Map(), findings: [...found.findings], strays: [] };
  const problems: UserError[] = [];
  for (const file of found.files) {
    try {
      await loadFile(file, options, loaded);
    } catch (problem) {
      if (!(problem instanceof UserError)) throw problem;
      problems.push(problem);
    }
  }
  if (problems.length > 0 && options.broken !== "tell") throw joined(problems);
  if (options.wrongVersions !== "keep") refuseWrongVersions(loaded.manifests);
  refuseNothing(paths, loaded.manifests, options);
  return {
    manifests: loaded.manifests,
    files: loaded.files,
    texts: loaded.texts,
    findings: [...problems.map(brokenFinding), ...loaded.findings, ...strayFinding(loaded.strays)],
  };
}

type Loaded = {
  readonly manifests: SourceManifest[];
  readonly files: string[];
  readonly texts: Map<string, string>;
  readonly findings: Finding[];
  readonly strays: string[];
};

const POLICIES = new Set<string>(POLICY_KINDS);

async function loadFile(file: FoundFile, options: LoadOptions, loaded: Loaded): Promise<void> {
  const { path } = file;
  const text = path === "-" ? await readStreamText(options.stdin ?? process.stdin, "-") : await readManifestText(path);
  if (/^kustomization\.ya?ml$/i.test(basename(path))) {
    loaded.findings.push(...kustomizationFinding(text, path));
    return;
  }
  const read = readUnlessForeign(text, file, loaded);
  if (read === null) return;
  loaded.manifests.push(...read.manifests);
  loaded.findings.push(...read.findings.filter((finding) => file.named || finding.id !== "not-a-manifest"));
  if (read.manifests.length > 0) loaded.files.push(path);
  else if (!file.named && read.findings.length > 0) loaded.strays.push(path);
  if (read.manifests.some((manifest) => POLICIES.has(manifest.kind))) loaded.texts.set(path, text);
}

/** In a directory, a broken file that names no apiVersion is some other tool's; one with `{{` is a template. */
function readUnlessForeign(text: string, file: FoundFile, loaded: Loaded): ReturnType<typeof readManifests> | null {
  try {
    return readManifests(text, file.path);
  } catch (problem) {
    if (!(problem instanceof UserError)) throw problem;
    const template = text.includes("{{");
    if (template && file.named) throw templateError(problem);
    if (file.named || (!template && /\bapiVersion\b/.test(text))) throw problem;
    if (template) loaded.findings.push(templateFinding(file.path));
    else loaded.strays.push(file.path);
    return null;
  }
}

const RENDER = "render it first: helm template … | ringfence … --policies -";

function templateError(problem: UserError): UserError {
  return new UserError("template", "is a template that was not rendered", {
    ...(problem.place === undefined ? {} : { place: problem.place }),
    help: RENDER,
    cause: problem,
  });
}

function templateFinding(file: string): Finding {
  return {
    id: "helm-template",
    severity: "warn",
    message: "a template that was not rendered; left out",
    help: RENDER,
    place: { file },
  };
}

const CHANGES = [
  "namespace",
  "namePrefix",
  "nameSuffix",
  "patches",
  "patchesStrategicMerge",
  "patchesJson6902",
  "replacements",
];

/** Objects beside a kustomization are not what reaches the cluster when it changes them. */
function kustomizationFinding(text: string, file: string): readonly Finding[] {
  const changes = readObjects(text, file).flatMap(({ value }) =>
    CHANGES.filter((key) => valueAt(value, key) !== undefined),
  );
  if (changes.length === 0) return [];
  return [
    {
      id: "kustomization",
      severity: "warn",
      message: `changes the objects that it lists (${changes.join(", ")}); they are read as they stand in their files`,
      help: `kustomize build ${dirname(file)} | ringfence … --policies -`,
      place: { file },
    },
  ];
}

function strayFinding(files: readonly string[]): readonly Finding[] {
  const [first] = files;
  if (first === undefined) return [];
  return [
    {
      id: "not-a-manifest",
      severity: "info",
      message: `${files.length === 1 ? "a file holds" : `${files.length} files hold`} no Kubernetes object; left out`,
      help: "nothing to do unless one of them should",
      place: { file: first },
      count: files.length,
    },
  ];
}

function brokenFinding({ message, help, place }: UserError): Finding {
  const more = { ...(help === undefined ? {} : { help }), ...(place === undefined ? {} : { place }) };
  return { id: "broken-manifest", severity: "error", message, ...more };
}

/** One error for all: each on a line of its own with its place. */
function joined(problems: readonly UserError[]): UserError {
  const [first] = problems;
  if (first !== undefined && problems.length === 1) return first;
  const told = problems.map(
    (problem) => `${problem.place === undefined ? "" : `${placeText(problem.place)}: `}${problem.message}`,
  );
  return new UserError(
    "broken-manifests",
    `${problems.length} manifest files cannot be read:\n  ${told.join("\n  ")}`,
    {
      help: [...new Set(problems.map((problem) => problem.help ?? ""))].filter((help) => help !== "").join("; "),
      cause: first,
    },
  );
}

function refuseWrongVersions(manifests: readonly SourceManifest[]): void {
  const problems = manifests.flatMap((manifest) => {
    const found = kindOf(manifest);
    if (found === null || !("wrong" in found)) return [];
    const written = manifest.apiVersion === "" ? "has no apiVersion" : `has the apiVersion ${manifest.apiVersion}`;
    const message = `${manifest.kind} ${manifest.name} ${written}, which the API server does not serve`;
    const help = `write \`apiVersion: ${found.wrong}\``;
    return [new UserError("wrong-api-version", message, { place: manifest.place, help })];
  });
  if (problems.length > 0) throw joined(problems);
}

function refuseNothing(paths: readonly string[], manifests: readonly SourceManifest[], options: LoadOptions): void {
  const { wanted } = options;
  if (wanted === undefined) return;
  const some = wanted === "policies" ? manifests.some((manifest) => POLICIES.has(manifest.kind)) : manifests.length > 0;
  if (some) return;
  const kinds = [...new Set(manifests.map((manifest) => manifest.kind))].slice(0, 5);
  const found = kinds.length === 0 ? "no Kubernetes objects" : `only ${kinds.join(", ")}`;
  throw new UserError(`no-${wanted}`, `no ${wanted} in ${paths.join(", ")}: ${found} there`, {
    help: `name files or directories with ${wanted === "policies" ? POLICY_KINDS.join(", ") : "manifests"}`,
  });
}
