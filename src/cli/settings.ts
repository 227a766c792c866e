import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { nearestName } from "#decode/nearest.ts";
import { readObjects } from "#decode/objects/read-objects.ts";
import { readManifestText } from "#sources/manifest-text.ts";
import { UserError } from "#model/finding.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { Invocation } from "./args.ts";

/** A finding that the project does not want to be told of. `object` null: wherever it is found. */
export type IgnoreSetting = { readonly check: string; readonly object: string | null; readonly reason: string };

/** The project's defaults, as `ringfence.yaml` gives them. */
export type Settings = {
  /** As places name it. */
  readonly file: string;
  /** Values of flags by their names; paths are relative to the working directory. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly lint: {
    readonly only: readonly string[];
    readonly skip: readonly string[];
    readonly ignore: readonly IgnoreSetting[];
  };
};

const NAME = "ringfence.yaml";
const PATHS = ["policies", "objects", "flows", "names", "capture"];
const TEXTS = ["cilium", "cilium-config", "fail-on"];
const THRESHOLDS = ["error", "warn", "info", "never"];

/** The settings of the project that a directory belongs to: the nearest `ringfence.yaml` above it. null: there is none. */
export async function findSettings(directory: string): Promise<Settings | null> {
  for (let at = resolve(directory); ; at = dirname(at)) {
    const path = join(at, NAME);
    if (existsSync(path)) return readSettings(await readManifestText(path), relative(directory, path), at, directory);
    if (existsSync(join(at, ".git")) || dirname(at) === at) return null;
  }
}

/** Reads the text of settings. Throws a UserError with the nearest name for a key that there is not. */
export function readSettings(text: string, file: string, root: string, directory: string): Settings {
  const problem = (message: string, help: string) => new UserError("bad-settings", message, { place: { file }, help });
  const [source] = readObjects(text, file);
  const value = source?.value ?? {};
  if (!isObject(value)) throw problem("settings are a mapping", "begin with: version: 1");
  const known = ["version", "lint", ...PATHS, ...TEXTS];
  refuseUnknown(value, known, "", problem);
  if (value["version"] !== 1) throw problem("`version` must be 1", "write: version: 1");
  const lint = value["lint"] ?? {};
  if (!isObject(lint)) throw problem("`lint` is a mapping", "it has only, skip and ignore");
  refuseUnknown(lint, ["only", "skip", "ignore"], "lint.", problem);
  const shown = (path: string) => relative(directory, join(root, path)) || ".";
  const paths = PATHS.flatMap((key): [string, readonly string[]][] => {
    const given = textsAt(value, key, problem);
    return given.length === 0 ? [] : [[key, given.map(shown)]];
  });
  const texts = TEXTS.flatMap((key): [string, readonly string[]][] => {
    const given = value[key];
    if (given === undefined) return [];
    if (typeof given !== "string")
      throw problem(`\`${key}\` is a text`, `write it in quotes: ${key}: "${String(given)}"`);
    return [[key, [key === "cilium-config" ? shown(given) : given]]];
  });
  const threshold = value["fail-on"];
  if (threshold !== undefined && !THRESHOLDS.includes(String(threshold)))
    throw problem(`\`fail-on\` does not take ${String(threshold)}`, `one of: ${THRESHOLDS.join(", ")}`);
  return {
    file,
    flags: new Map([...paths, ...texts]),
    lint: {
      only: textsAt(lint, "only", problem),
      skip: textsAt(lint, "skip", problem),
      ignore: listAt(lint, "ignore", problem).map((item) => ignoreOf(item, problem)),
    },
  };
}

type Problem = (message: string, help: string) => UserError;

function refuseUnknown(value: JsonObject, known: readonly string[], prefix: string, problem: Problem): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const near = nearestName(key, known);
    throw problem(
      `there is no setting \`${prefix}${key}\``,
      near === null ? `there are: ${known.join(", ")}` : `did you mean ${prefix}${near}?`,
    );
  }
}

function listAt(value: JsonObject, key: string, problem: Problem): readonly Json[] {
  const given = value[key] ?? [];
  if (!Array.isArray(given)) throw problem(`\`${key}\` is a list`, `write: ${key}: [${JSON.stringify(given)}]`);
  return given;
}

function textsAt(value: JsonObject, key: string, problem: Problem): readonly string[] {
  return listAt(value, key, problem).map((item) => {
    if (typeof item === "string") return item;
    throw problem(`\`${key}\` is a list of texts`, `${JSON.stringify(item)} is none`);
  });
}

function ignoreOf(item: Json, problem: Problem): IgnoreSetting {
  if (!isObject(item))
    throw problem("`lint.ignore` is a list of mappings", "each has check and reason, and may have object");
  refuseUnknown(item, ["check", "object", "reason"], "lint.ignore.", problem);
  const { check, object, reason } = item;
  if (typeof check !== "string") throw problem("an entry of `lint.ignore` names no check", "write: check: <id>");
  if (typeof reason !== "string" || reason.trim() === "")
    throw problem(`ignoring ${check} needs a reason`, "write: reason: why it is as it should be");
  return { check, object: typeof object === "string" ? object : null, reason };
}

/** The invocation with the settings' values for flags that nobody gave. */
export function withSettings(invocation: Invocation, settings: Settings | null): Invocation {
  if (settings === null) return invocation;
  const values = new Map(invocation.values);
  for (const [name, given] of settings.flags) {
    if (!values.has(name) || invocation.presets?.has(name) === true) values.set(name, given);
  }
  return { ...invocation, values };
}
