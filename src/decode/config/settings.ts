import type { Json, JsonObject } from "#model/json.ts";
import { type CiliumConfig, defaultConfig, NEWEST_MINOR } from "#model/profile.ts";
import { labelPrefixProblem } from "./label-prefix.ts";
import { nearestName } from "../nearest.ts";

/** Some of the settings of a configuration. */
export type Settings = { -readonly [Name in keyof CiliumConfig]?: CiliumConfig[Name] };

/** A setting that cannot be read: its key below `config`, and why. */
export type SettingProblem = { readonly key: string; readonly message: string };

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  policyEnforcementMode: ["default", "always", "never"],
  allowLocalhost: ["always", "policy", "auto"],
};
/** Settings without a default of their own. */
const LISTS = ["labels", "nodeLabels"];
const NAMES = [...Object.keys(defaultConfig(NEWEST_MINOR)), ...LISTS];

/**
 * Reads settings under the names of the policy test file (`config:` of a test, or of a file given with
 * `--cilium-config`). `allowLocalhost: auto` means always on Kubernetes.
 */
export function readSettings(config: JsonObject): {
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
} {
  const settings: Record<string, unknown> = {};
  const problems: SettingProblem[] = [];
  for (const [key, value] of Object.entries(config)) {
    if (value === null) continue;
    const read = readSetting(key, value);
    if ("problem" in read) problems.push({ key, message: read.problem });
    else settings[key] = read.value;
  }
  return { settings: settings as Settings, problems };
}

function readSetting(key: string, value: Json): { readonly value: Json } | { readonly problem: string } {
  const choices = CHOICES[key];
  if (choices !== undefined) {
    if (typeof value !== "string" || !choices.includes(value))
      return { problem: `must be one of ${choices.join(", ")}` };
    return { value: value === "auto" ? "always" : value };
  }
  if (key === "policyCIDRMatchMode") return readMatchMode(value);
  if (LISTS.includes(key)) return readLabelPrefixes(value);
  if (key === "clusterName") return typeof value === "string" ? { value } : { problem: "must be a text" };
  if (!NAMES.includes(key)) {
    const near = nearestName(key, NAMES);
    return { problem: near === null ? "no such setting" : `no such setting: did you mean ${near}?` };
  }
  return typeof value === "boolean" ? { value } : { problem: "must be true or false" };
}

function readMatchMode(value: Json): { readonly value: Json } | { readonly problem: string } {
  const modes = typeof value === "string" ? value.split(/[\s,]+/).filter((mode) => mode !== "") : value;
  if (Array.isArray(modes) && modes.every((mode) => mode === "nodes" || mode === "pods")) return { value: modes };
  return { problem: "must be a list of nodes and pods" };
}

/** Prefixes of labels that make identities: a list, or one text with blanks between them as the agent's flag has it. */
function readLabelPrefixes(value: Json): { readonly value: Json } | { readonly problem: string } {
  const prefixes = typeof value === "string" ? value.split(/\s+/).filter((prefix) => prefix !== "") : value;
  if (!Array.isArray(prefixes)) return { problem: "must be a list of label prefixes" };
  for (const prefix of prefixes) {
    if (typeof prefix !== "string") return { problem: "must be a list of label prefixes" };
    const problem = labelPrefixProblem(prefix);
    if (problem !== null) return { problem: `\`${prefix}\`: ${problem}` };
  }
  return { value: prefixes };
}
