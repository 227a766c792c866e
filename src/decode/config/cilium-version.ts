import { type Finding, UserError } from "#model/finding.ts";
import type { JsonObject } from "#model/json.ts";
import type { Place } from "#model/place.ts";
import { CILIUM_MINORS, type CiliumMinor, NEWEST_MINOR } from "#model/profile.ts";
import { objectsAt, textAt, valueAt } from "../field.ts";
import type { SourceManifest } from "../objects/manifest.ts";

/** A Cilium version, and the known minor whose semantics stand for it. */
export type CiliumVersion = {
  readonly minor: CiliumMinor;
  /** As written, without a leading v: `1.20.2`, or `1.20` when no more is known. */
  readonly version: string;
  /** How it is known, in words for people. */
  readonly source: string;
  /** Says so when the minor is not the version's own. */
  readonly findings: readonly Finding[];
};

const VERSION = /^v?(\d+)\.(\d+)((?:\.\d+)?(?:[-+.][0-9A-Za-z.+-]+)?)$/;

/** Reads `1.20`, `1.20.2`, `v1.20`. Throws `UserError` at anything else. */
export function parseMinor(text: string, source: string, place?: Place): CiliumVersion {
  const version = readVersion(text.trim(), source);
  if (version !== null) return version;
  throw new UserError("bad-cilium-version", `\`${text}\` is no cilium version`, {
    help: `name a minor such as ${NEWEST_MINOR}`,
    ...(place === undefined ? {} : { place }),
  });
}

/** The version in a text, null when there is none. A minor that is not known gives the nearest one and a finding. */
export function readVersion(text: string, source: string): CiliumVersion | null {
  const match = VERSION.exec(text);
  if (match === null) return null;
  const [, major = "", minor = "", rest = ""] = match;
  const version = `${major}.${minor}${rest}`;
  const wanted = Number(major) * 1000 + Number(minor);
  const nearest = CILIUM_MINORS.reduce((best, known) =>
    Math.abs(rank(known) - wanted) < Math.abs(rank(best) - wanted) ? known : best,
  );
  const findings = rank(nearest) === wanted ? [] : [notKnown(version, nearest)];
  return { minor: nearest, version, source, findings };
}

function rank(minor: CiliumMinor): number {
  const [major = "0", rest = "0"] = minor.split(".");
  return Number(major) * 1000 + Number(rest);
}

function notKnown(version: string, nearest: CiliumMinor): Finding {
  return {
    id: "unknown-cilium-version",
    severity: "warn",
    message: `cilium ${version} is not known: decided as ${nearest} does`,
    help: `known are ${CILIUM_MINORS.join(", ")}; differences to ${version} are not seen`,
  };
}

/**
 * The agents' version by their images: a container named `cilium-agent` in a Pod or DaemonSet. With several versions
 * (an upgrade under way) the one most agents run. null when no agent is among the manifests.
 */
export function agentVersion(manifests: readonly SourceManifest[]): CiliumVersion | null {
  const counts = new Map<string, number>();
  for (const manifest of manifests) {
    const image = agentImage(manifest);
    const tag = image === null ? null : /:v?(\d+\.\d+\.\d+[^@]*)/.exec(image)?.[1];
    if (tag !== null && tag !== undefined) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  }
  const [most, ...others] = [...counts].toSorted((left, right) => right[1] - left[1]);
  if (most === undefined) return null;
  const version = readVersion(most[0], "the image of the agents");
  if (version === null || others.length === 0) return version;
  return { ...version, findings: [...version.findings, severalVersions(most[0], others)] };
}

function agentImage(manifest: SourceManifest): string | null {
  const pod = podSpec(manifest);
  if (pod === null) return null;
  const agent = objectsAt(pod, "containers").find((container) => container["name"] === "cilium-agent");
  return textAt(agent, "image") ?? null;
}

function podSpec({ kind, value }: SourceManifest): JsonObject | null {
  if (kind !== "Pod" && kind !== "DaemonSet") return null;
  const spec = kind === "Pod" ? valueAt(value, "spec") : valueAt(value, "spec", "template", "spec");
  return typeof spec === "object" && spec !== null && !Array.isArray(spec) ? (spec as JsonObject) : null;
}

function severalVersions(most: string, others: readonly (readonly [string, number])[]): Finding {
  return {
    id: "several-cilium-versions",
    severity: "warn",
    message: `agents run several versions: ${[most, ...others.map(([version]) => version)].join(", ")}; ${most} is taken`,
    help: "finish the upgrade, or name the version with --cilium",
  };
}
