import { CORPUS_RELEASES, NEWEST_MINOR } from "#model/profile.ts";

/** A warning as Hubble's own client logs it: its words, and what they are about. */
export type VersionWarning = {
  readonly message: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
};

/** The release of Hubble whose client this is: its messages, flags and texts. */
const OWN = CORPUS_RELEASES[NEWEST_MINOR];

/** Upstream: pkg/hubble/relay/defaults, pkg/hubble/defaults. */
const SERVERS = [
  { name: "Hubble Relay", header: "hubble-relay-version" },
  { name: "Hubble Server", header: "hubble-server-version" },
] as const;

/**
 * What is to be said of a server of a later minor release than ours; patch releases count as equal. `header`: the value
 * of a header of the answer, "" where it is absent. Upstream: hubble/cmd/common/conn logVersionMismatch.
 */
export function versionWarnings(header: (name: string) => string): readonly VersionWarning[] {
  return SERVERS.flatMap((server) => {
    const version = parseVersion(header(server.header));
    const own = parseVersion(OWN);
    if (version === null || own === null || !isLower(own, version)) return [];
    const message = `Hubble CLI version is lower than ${server.name}, API compatibility is not guaranteed, updating to a matching or higher version is recommended`;
    return [
      { message, attributes: [["hubble-cli-version", own.text] as const, [server.header, version.text] as const] },
    ];
  });
}

type Version = { readonly major: number; readonly minor: number; readonly text: string };

/** Upstream: semver.ParseTolerant; null for what it refuses, and for none. */
function parseVersion(text: string): Version | null {
  const found = /^v?(\d+)(?:\.(\d+)(?:\.(\d+)([-+][0-9A-Za-z.+-]+)?)?)?$/.exec(text.trim());
  if (found === null) return null;
  const [major, minor, patch] = [found[1], found[2], found[3]].map((part) => Number(part ?? 0));
  if (major === undefined || minor === undefined || patch === undefined) return null;
  return { major, minor, text: `${major}.${minor}.${patch}${found[4] ?? ""}` };
}

function isLower(own: Version, other: Version): boolean {
  return own.major < other.major || (own.major === other.major && own.minor < other.minor);
}
