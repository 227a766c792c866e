import type { Connection } from "#model/connection.ts";
import type { Conversation, L7Request } from "#model/conversation.ts";
import type { Coverage, NameRecord } from "#model/coverage.ts";
import type { Inventory } from "#model/objects.ts";
import type { Snapshot } from "#model/snapshot.ts";
import type { PreparedTest } from "./policy-test.ts";
import { askedOf } from "./policy-test-world.ts";

const NOTHING_HEARD: Coverage = {
  from: null,
  to: null,
  windowSeconds: 0,
  lines: 0,
  flows: 0,
  skipped: {},
  kinds: {},
  nodes: [],
  lostEvents: 0,
  lostBySource: {},
  gaps: [],
  otherDrops: {},
  findings: [],
};

/**
 * A policy test as the snapshot that it would be if its connections had been recorded: so that what explains a
 * recording's denials explains a test's. Connections between ends that are not there are left out.
 */
export function snapshotOfTest({ test, world, policies }: PreparedTest): Snapshot {
  const known = { source: "the test", assumed: false };
  return {
    cilium: { ...known, value: test.cilium },
    ciliumVersion: test.cilium,
    config: { ...known, value: test.config },
    inventory: world.inventory,
    policies,
    traffic: {
      conversations: test.connections.flatMap((connection, index) => {
        const asked = askedOf(connection, world);
        if (typeof asked === "string") return [];
        return [conversationOf(asked, requestsOf(connection), String(index))];
      }),
      names: test.dns.map((record) => nameRecord(record, world.inventory)),
      epochs: [],
      coverage: NOTHING_HEARD,
    },
    findings: [],
  };
}

function requestsOf({ request, dnsQuery }: PreparedTest["test"]["connections"][number]): readonly L7Request[] {
  const question: L7Request[] = dnsQuery === null || dnsQuery === undefined ? [] : [{ kind: "dns", name: dnsQuery }];
  return request === null || request.kind === "dns" ? question : [request, ...question];
}

/** A connection as a conversation that was seen once. */
export function conversationOf(asked: Connection, requests: readonly L7Request[], id: string): Conversation {
  const { from, to, protocol, port, icmpType, icmpCode } = asked;
  return {
    id,
    ...{ from, to, protocol, port, icmpType, icmpCode },
    flows: 1,
    recorded: {},
    sidesSeen: [],
    firstSeen: 0,
    lastSeen: 0,
    hours: {},
    nodes: [],
    examples: [],
    verdicts: [],
    requests: requests.map((request) => ({ request, count: 1, verdicts: {}, epoch: 0 })),
    requestsDropped: 0,
    services: [],
    destinationNames: to.kind === "address" ? to.names : [],
    reply: "no",
    openBefore: false,
    longestSeconds: 0,
    epochs: [],
    notDecided: null,
  };
}

function nameRecord({ name, ips, seenBy }: PreparedTest["test"]["dns"][number], { pods }: Inventory): NameRecord {
  const asker = pods.find((pod) => `${pod.namespace}/${pod.name}` === seenBy);
  return {
    name,
    addresses: ips,
    source: "file",
    node: asker?.nodeName ?? null,
    askedBy: seenBy,
    firstSeen: null,
    lastSeen: null,
    ttlSeconds: null,
  };
}
