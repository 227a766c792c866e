import { type CiliumFacts, configFor } from "#decode/config/cilium-config.ts";
import { readCiliumConfigFile } from "#decode/config/cilium-config-file.ts";
import { type CiliumVersion, parseMinor, readVersion } from "#decode/config/cilium-version.ts";
import type { Finding } from "#model/finding.ts";
import type { PolicyKind } from "#model/policy.ts";
import { type CiliumMinor, CORPUS_RELEASES, NEWEST_MINOR } from "#model/profile.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { readInputText } from "./input-text.ts";

/** The agent's version and configuration, and where they come from. */
export type CiliumKnown = Pick<Snapshot, "cilium" | "ciliumVersion" | "config"> & {
  /** Policy kinds that the agents do not look at. */
  readonly ignoredKinds: readonly PolicyKind[];
  readonly findings: readonly Finding[];
};

/** What was named on the command line, read. */
export type CiliumGiven = { readonly version: CiliumVersion | null; readonly file: CiliumFacts | null };

/** Reads `--cilium` and `--cilium-config`. */
export async function readCiliumGiven(version: string | null, configFile: string | null): Promise<CiliumGiven> {
  return {
    version: version === null ? null : parseMinor(version, "--cilium"),
    file: configFile === null ? null : readCiliumConfigFile(await readInputText(configFile), configFile),
  };
}

/** What else tells of the agent: the objects, and the flows themselves. */
export type CiliumSeen = {
  readonly objects: CiliumFacts | null;
  readonly agentVersion: string | null;
  readonly clusterName: string | null;
};

/**
 * Puts together what is known of the agent. `--cilium` wins for the version, then the file, the objects, the flows; the
 * file wins over the objects for the configuration. What nothing tells is assumed, and said to be.
 */
export function gatherCilium({ version, file }: CiliumGiven, seen: CiliumSeen): CiliumKnown {
  const chosen = version ?? versionIn([file, seen.objects]) ?? versionOfFlows(seen.agentVersion);
  const minor = chosen?.minor ?? NEWEST_MINOR;
  const facts = file ?? seen.objects;
  const settings = facts?.settings ?? null;
  const value = configFor(settings, minor);
  const clusterName = settings?.clusterName ?? seen.clusterName ?? value.clusterName;
  return {
    cilium: {
      value: minor,
      source: chosen?.source ?? `Cilium ${NEWEST_MINOR}, the newest known: nothing tells the version (--cilium)`,
      assumed: chosen === null,
    },
    ciliumVersion: chosen?.version ?? minor,
    config: {
      value: { ...value, clusterName },
      source: settings === null ? helmDefaults(minor) : (facts?.source ?? ""),
      assumed: settings === null,
    },
    ignoredKinds: facts?.ignoredKinds ?? [],
    findings: [
      ...(chosen === null ? [] : [...versionFindings(chosen, seen.objects), ...releaseFindings(chosen)]),
      ...(file?.findings ?? []),
    ],
  };
}

function helmDefaults(minor: CiliumMinor): string {
  return `Helm defaults of Cilium ${minor}: no cilium-config was given`;
}

function versionIn(facts: readonly (CiliumFacts | null)[]): CiliumVersion | null {
  for (const some of facts) {
    if (some === null || some.minor === null) continue;
    return { minor: some.minor, version: some.version ?? some.minor, source: some.source, findings: [] };
  }
  return null;
}

function versionOfFlows(version: string | null): CiliumVersion | null {
  return version === null
    ? null
    : readVersion(version.replace(/^v/, "").replace(/\+.*$/, ""), "the flows: their emitter");
}

/** The objects' own findings are told with them. */
function versionFindings(version: CiliumVersion, objects: CiliumFacts | null): readonly Finding[] {
  const known = new Set((objects?.findings ?? []).map((finding) => finding.message));
  return version.findings.filter((finding) => !known.has(finding.message));
}

/** An agent whose patch release is newer than the one that the corpus was written by. */
function releaseFindings({ minor, version }: CiliumVersion): readonly Finding[] {
  const proven = CORPUS_RELEASES[minor];
  const patch = patchOf(version, minor);
  if (patch === null || patch <= (patchOf(proven, minor) ?? 0)) return [];
  return [
    {
      id: "unproven-cilium-release",
      severity: "info",
      message: `agent ${version} is newer than the release the engine was proven against (${proven})`,
      help: "see whether its verdicts were reproduced (calibration), and whether a newer ringfence knows the release",
    },
  ];
}

/** The patch number of a version of that minor, null when it is of another or none is known. */
function patchOf(version: string, minor: CiliumMinor): number | null {
  const rest = version.startsWith(`${minor}.`) ? version.slice(minor.length + 1) : "";
  const digits = /^\d+/.exec(rest);
  return digits === null ? null : Number(digits[0]);
}
