import { UserError } from "#model/finding.ts";
import { isObject, type JsonObject } from "#model/json.ts";
import type { Place } from "#model/place.ts";
import { CONFIG_MAP, type CiliumFacts, factsOf, readAgentFlags } from "./cilium-config.ts";
import { type CiliumVersion, parseMinor } from "./cilium-version.ts";
import { stringMapAt, valueAt } from "../field.ts";
import { readObjects } from "../objects/read-objects.ts";
import { readSettings } from "./settings.ts";
import type { SourceObject } from "../objects/source-object.ts";

/**
 * Reads the file given with `--cilium-config`: the ConfigMap `cilium-config` as `kubectl get -o yaml` writes it (also in
 * a List), or top-level keys `cilium` (version) and `config` (settings under the names of the policy test file), or both
 * in one stream. Throws `UserError` when it holds neither, or a setting that does not exist.
 */
export function readCiliumConfigFile(text: string, file: string): CiliumFacts {
  const sources = readObjects(text, file).flatMap(unfold);
  const map = sources.findLast((source) => isConfigMap(source.value));
  const named = sources.findLast((source) => hasSettings(source.value));
  const own = named === undefined ? null : settingsIn(named, file);
  if (map === undefined) {
    if (own !== null) return factsOf(own.settings, own.version, file);
    throw new UserError("no-cilium-config", `holds no ConfigMap ${CONFIG_MAP} and no keys \`cilium\` or \`config\``, {
      help: `write it with \`kubectl -n kube-system get configmap ${CONFIG_MAP} -o yaml\``,
      place: { file },
    });
  }
  const place: Place = { file, line: map.position[0], column: map.position[1] };
  const flags = readAgentFlags(stringMapAt(map.value, "data"), place);
  const facts = factsOf({ ...flags.settings, ...own?.settings }, own?.version ?? null, file);
  return { ...facts, ignoredKinds: flags.ignoredKinds, findings: [...facts.findings, ...flags.findings] };
}

function unfold(source: SourceObject): readonly SourceObject[] {
  const items = source.elements("items");
  return items.length > 0 ? items.flatMap(unfold) : [source];
}

function isConfigMap(value: SourceObject["value"]): boolean {
  return valueAt(value, "kind") === "ConfigMap" && isObject(valueAt(value, "data"));
}

function hasSettings(value: SourceObject["value"]): boolean {
  if (!isObject(value) || value["kind"] !== undefined) return false;
  return value["cilium"] !== undefined || value["config"] !== undefined;
}

function settingsIn(
  source: SourceObject,
  file: string,
): { readonly settings: CiliumFacts["settings"]; readonly version: CiliumVersion | null } {
  const at = (path: string): Place => {
    const [line, column] = source.positions()[path] ?? source.position;
    return { file, line, column, path };
  };
  const value = source.value as JsonObject;
  const version = value["cilium"];
  const config = value["config"] ?? null;
  const { settings, problems } = readSettings(isObject(config) ? config : {});
  const [problem] = problems;
  if (problem !== undefined) {
    throw new UserError("bad-setting", `config.${problem.key}: ${problem.message}`, {
      place: at(`config.${problem.key}`),
      help: "the settings are those of the policy test file",
    });
  }
  return {
    settings: config === null ? null : settings,
    version: version === undefined || version === null ? null : parseMinor(versionText(version), file, at("cilium")),
  };
}

/** `cilium: 1.20` without quotes is the number 1.2 to YAML; a minor of one digit can only mean that. */
function versionText(version: NonNullable<JsonObject[string]>): string {
  return version === 1.2 ? "1.20" : String(version);
}
