import { type CiliumFacts, configFor } from "#decode/cilium-config.ts";
import { readCiliumConfigFile } from "#decode/cilium-config-file.ts";
import { type CiliumVersion, parseMinor } from "#decode/cilium-version.ts";
import type { Finding } from "#model/finding.ts";
import { type CiliumMinor, NEWEST_MINOR } from "#model/profile.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { readInputText } from "./input-text.ts";

/** The agent's version and configuration, and where they come from. */
export type CiliumKnown = Pick<Snapshot, "cilium" | "ciliumVersion" | "config"> & {
  readonly findings: readonly Finding[];
};

export type CiliumRequest = {
  /** `--cilium`: wins for the version. */
  readonly version: string | null;
  /** `--cilium-config`: wins over the objects for the configuration. */
  readonly configFile: string | null;
  /** What the objects tell. */
  readonly objects: CiliumFacts | null;
};

/** Puts together what is known of the agent; what is not known is assumed, and said to be. */
export async function gatherCilium(request: CiliumRequest): Promise<CiliumKnown> {
  const file = request.configFile === null ? null : await readConfigFile(request.configFile);
  const given = request.version === null ? null : parseMinor(request.version, "--cilium");
  const version = versionOf(given, [file, request.objects]);
  const facts = file ?? request.objects;
  const settings = facts?.settings ?? null;
  return {
    cilium: version.known,
    ciliumVersion: version.text,
    config: {
      value: configFor(settings, version.known.value),
      source: settings === null ? helmDefaults(version.known.value) : (facts?.source ?? ""),
      assumed: settings === null,
    },
    findings: [...(given?.findings ?? []), ...(file?.findings ?? [])],
  };
}

function helmDefaults(minor: CiliumMinor): string {
  return `Helm defaults of Cilium ${minor}: no cilium-config was given`;
}

type Version = { readonly known: Snapshot["cilium"]; readonly text: string };

function versionOf(given: CiliumVersion | null, facts: readonly (CiliumFacts | null)[]): Version {
  if (given !== null) {
    return { known: { value: given.minor, source: given.source, assumed: false }, text: given.version };
  }
  const told = facts.find((some) => some !== null && some.minor !== null);
  const minor = told?.minor;
  if (told !== undefined && told !== null && minor !== null && minor !== undefined) {
    return { known: { value: minor, source: told.source, assumed: false }, text: told.version ?? minor };
  }
  const source = `Cilium ${NEWEST_MINOR}, the newest known: nothing tells the version (--cilium)`;
  return { known: { value: NEWEST_MINOR, source, assumed: true }, text: NEWEST_MINOR };
}

async function readConfigFile(path: string): Promise<CiliumFacts> {
  return readCiliumConfigFile(await readInputText(path), path);
}
