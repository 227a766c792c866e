import { enumTextOf, integerTextOf, type Message, partsOf, textOf } from "#hubble/message.ts";
import { count } from "#model/count.ts";
import { type Finding, UserError } from "#model/finding.ts";
import { METHODS, type RelayConnection } from "./relay-connection.ts";

/** The ring of one node, or of a server that does not tell of nodes. */
type Ring = { readonly name: string; readonly held: number; readonly seen: number; readonly state: string };

const MOST_NAMED = 5;

/**
 * What the rings behind a server can still prove: those that have wrapped hold the last flows only, nodes that Relay cannot
 * reach none. `name`: as the user named the server. Throws UserError when the server does not answer. Upstream: Observer ServerStatus, GetNodes.
 */
export async function ringFindings(connection: RelayConnection, name: string): Promise<readonly Finding[]> {
  const status = await connection.ask(METHODS.serverStatus).catch((error: unknown) => {
    if (error instanceof UserError && error.code === "server-cannot") return {};
    throw error;
  });
  // An agent does not know of nodes.
  const nodes = await connection.ask(METHODS.getNodes).then(
    (answer) => partsOf(answer, "nodes"),
    () => [],
  );
  const rings =
    nodes.length === 0 ? [ringOf(status, "its node")] : nodes.map((node) => ringOf(node, textOf(node, "name")));
  return [...wrapped(name, rings), ...unavailable(name, rings)];
}

function ringOf(message: Message, name: string): Ring {
  return {
    name,
    held: Number(integerTextOf(message, "num_flows")),
    seen: Number(integerTextOf(message, "seen_flows")),
    state: enumTextOf(message, "state", "NODE_CONNECTED"),
  };
}

function wrapped(server: string, rings: readonly Ring[]): readonly Finding[] {
  const found = rings.filter(({ held, seen }) => seen > held);
  if (found.length === 0) return [];
  const named = found.map(({ name, held, seen }) => `${name} holds ${count(held)} of ${count(seen)} flows`);
  return [
    {
      id: "ring-wrapped",
      severity: "info",
      message: `${server}: ${found.length} of ${rings.length} rings had wrapped: what came before is gone (${listed(named)})`,
      help: "record for as long as traffic takes to come round: ringfence record; a larger ring (hubble.eventBufferCapacity) reaches back further",
      count: found.length,
    },
  ];
}

function unavailable(server: string, rings: readonly Ring[]): readonly Finding[] {
  const found = rings.filter(({ state }) => state !== "NODE_CONNECTED");
  if (found.length === 0) return [];
  const named = listed(found.map(({ name, state }) => `${name} ${state.replace("NODE_", "").toLowerCase()}`));
  return [
    {
      id: "nodes-not-heard",
      severity: "warn",
      message: `${server}: ${found.length} of ${rings.length} nodes are not heard: ${named}`,
      help: "what their pods say to each other is not in it; see: ringfence list nodes",
      count: found.length,
    },
  ];
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return more > 0 ? `${names.slice(0, MOST_NAMED).join(", ")} and ${more} more` : names.join(", ");
}
