import { readVersion } from "#decode/config/cilium-version.ts";
import { type Message, partsOf, textOf } from "#hubble/message.ts";
import type { Finding } from "#model/finding.ts";
import { UserError } from "#model/finding.ts";
import { count } from "#report/words.ts";
import { METHODS, type RelayConnection, type RelayMethod } from "#sources/relay-connection.ts";

/**
 * What is to be said of the versions of a server and its nodes: one that this version does not know, and nodes that differ.
 * Nothing where the server does not tell (an agent tells of no nodes).
 */
export async function versionFindings(connection: RelayConnection): Promise<readonly Finding[]> {
  const [status, answer] = await Promise.all([
    asked(connection, METHODS.serverStatus),
    asked(connection, METHODS.getNodes),
  ]);
  return [...serverFindings(connection.server, textOf(status, "version")), ...nodeFindings(nodeVersions(answer))];
}

/** A recording does without. */
async function asked(connection: RelayConnection, method: RelayMethod): Promise<Message> {
  try {
    return await connection.ask(method);
  } catch (error) {
    if (error instanceof UserError) return {};
    throw error;
  }
}

/** Upstream: build.Version.String, as in `cilium v1.20.2+g1234567` and `hubble-relay v1.20.2`. */
function serverFindings(server: string, text: string): readonly Finding[] {
  const version = versionIn(text);
  if (version === null) return [];
  const read = readVersion(version, "");
  return (read?.findings ?? []).map((finding) => ({
    ...finding,
    id: "server-version",
    message: `${server} is ${text}, of a version that this ringfence does not know: fields may be missing, and decisions are those of ${read?.minor}`,
  }));
}

/** Of each node, as Relay knows them. */
function nodeVersions(answer: Message): readonly string[] {
  return partsOf(answer, "nodes").flatMap((node) => versionIn(textOf(node, "version")) ?? []);
}

function nodeFindings(versions: readonly string[]): readonly Finding[] {
  const counts = new Map<string, number>();
  for (const version of versions) counts.set(version, (counts.get(version) ?? 0) + 1);
  if (counts.size < 2) return [];
  const told = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([version, nodes]) => `${version} (${count(nodes)})`);
  return [
    {
      id: "node-versions",
      severity: "warn",
      message: `nodes run different versions of Cilium: ${told.join(", ")}; what differs between them is decided as one of them does`,
      help: "record again when the upgrade is done, or name the version to decide by with --cilium",
    },
  ];
}

function versionIn(text: string): string | null {
  return /\bv?(\d+\.\d+(?:\.\d+)?(?:-[0-9A-Za-z.]+)?)/.exec(text)?.[1] ?? null;
}
