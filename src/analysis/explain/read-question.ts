import { protocolNumber } from "#engine/rules/protocol.ts";
import type { Conversation, End, L7Request } from "#model/conversation.ts";
import { UserError } from "#model/finding.ts";
import type { PolicyTest } from "#model/policy-test.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { askedOf, createTestWorld } from "../policy-test/policy-test-world.ts";
import { type EndWord, type Nearest, readEnd } from "./end-word.ts";
import type { Question } from "./explain.ts";

/** A connection as it was typed. */
export type AskedConnection = {
  readonly from: string;
  readonly to: string;
  /** `8080`, `53/UDP`, a port's name; null when none was given. */
  readonly port: string | null;
  readonly icmp: string | null;
  readonly request: L7Request | null;
  readonly serverName: string | null;
};

/** Makes a question of it. Throws a UserError for an end, port or protocol that there is not. */
export function readQuestion(asked: AskedConnection, index: number, snapshot: Snapshot, nearest: Nearest): Question {
  const from = readEnd(asked.from, "FROM", snapshot, nearest);
  const to = readEnd(asked.to, "TO", snapshot, nearest);
  const ends = endsOf(from, to, snapshot);
  const target = targetOf(asked, ends, snapshot);
  const { request, serverName } = asked;
  const only = request ?? (serverName === null ? null : ({ kind: "tls", serverName } as const));
  const seen = only === null ? [] : [{ request: only, count: 1, verdicts: {}, epoch: 0 }];
  const conversation: Conversation = {
    ...NOT_RECORDED,
    id: `question-${index + 1}`,
    ...ends,
    ...target,
    requests: seen,
  };
  return { conversation, serverName, isRecorded: false };
}

type Ends = { readonly from: End; readonly to: End };

/** Stands in for an end that only the recording knows while the other is worked out. */
const ANYWHERE = "192.0.2.1";

function endsOf(from: EndWord, to: EndWord, snapshot: Snapshot): Ends {
  const { cilium, config, inventory } = snapshot;
  const none = { objects: [], dns: [], connections: [], expectPolicies: [], file: null };
  const test: PolicyTest = { name: "explain", cilium: cilium.value, config: config.value, ...none };
  const text = (word: EndWord) => (word.kind === "named" ? word.text : ANYWHERE);
  const plain = {
    name: null,
    protocol: "TCP",
    port: 1,
    icmpType: null,
    icmpCode: null,
    request: null,
    serverName: null,
  };
  const found = askedOf({ ...plain, from: text(from), to: text(to), expect: {} }, createTestWorld(test, inventory));
  if (typeof found === "string") throw new UserError("unknown-end", found, { help: "write namespace/pod" });
  return { from: finished(found.from, from), to: finished(found.to, to) };
}

function finished(end: End, word: EndWord): End {
  if (word.kind === "recorded") return word.end;
  return end.kind === "address" ? { ...end, names: word.names, labels: ["reserved:world"] } : end;
}

type Target = Pick<Conversation, "protocol" | "port" | "icmpType" | "icmpCode">;

function targetOf(asked: AskedConnection, ends: Ends, snapshot: Snapshot): Target {
  if (asked.icmp !== null) return icmpTarget(asked, ends);
  const text = asked.port ?? usualPort(asked);
  if (text === null) throw missingPort(ends.to, snapshot);
  const [port = "", protocol = "TCP", ...more] = text.split("/");
  const name = protocolName(protocol);
  if (name === null || more.length > 0) {
    const help = "write PORT or PORT/PROTOCOL, as in 53/UDP; ICMP with --icmp TYPE";
    throw new UserError("bad-port", `${text}: no such protocol`, { help });
  }
  return { protocol: name, port: portNumber(port, name, ends.to), icmpType: null, icmpCode: null };
}

/** What a request tells of its port: a DNS question goes to 53/UDP, a TLS handshake to 443. */
function usualPort({ request, serverName }: AskedConnection): string | null {
  if (request?.kind === "dns") return "53/UDP";
  return request === null && serverName !== null ? "443" : null;
}

function icmpTarget({ icmp, port }: AskedConnection, { from, to }: Ends): Target {
  const type = Number(icmp);
  if (port !== null)
    throw new UserError("bad-port", `port ${port}: ICMP has none`, { help: "leave out the port, or --icmp" });
  if (!/^\d+$/.test(icmp ?? "") || type > 255) {
    throw new UserError("bad-icmp", `--icmp ${icmp ?? ""}: no ICMP type`, {
      help: "a number from 0 to 255; an echo request is 8, 128 in IPv6",
    });
  }
  const isV6 = [from, to].some((end) => end.kind === "address" && end.address.includes(":"));
  return { protocol: isV6 ? "ICMPv6" : "ICMPv4", port: null, icmpType: type, icmpCode: 0 };
}

/** Hubble's name of a protocol that has ports; null for others. */
function protocolName(text: string): string | null {
  const name = text.toUpperCase();
  return ["TCP", "UDP", "SCTP"].includes(name) && protocolNumber(name) !== null ? name : null;
}

function portNumber(text: string, protocol: string, to: End): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 65535) return number;
  const named =
    to.kind === "pod" ? to.namedPorts.find((one) => one.name === text && one.protocol === protocol) : undefined;
  if (named !== undefined) return named.port;
  const help = /^\d+$/.test(text) ? "a port is a number from 1 to 65535" : listening(to, [], "write a number");
  throw new UserError(
    "bad-port",
    `port ${text}: ${/^\d+$/.test(text) ? "no such port" : "TO has no port of that name"}`,
    { help },
  );
}

function missingPort(to: End, snapshot: Snapshot): UserError {
  const help = listening(to, portsOf(to, snapshot), "write it after TO, as in 443 or 53/UDP; ICMP with --icmp TYPE");
  return new UserError("missing-port", "the port is missing", { help });
}

function portsOf(to: End, { inventory }: Snapshot): readonly string[] {
  if (to.kind !== "pod") return [];
  const pod = inventory.pods.find((one) => one.namespace === to.namespace && to.pods.includes(one.name));
  return (pod?.ports ?? []).map(({ port, protocol, name }) => `${port}/${protocol}${name === "" ? "" : ` (${name})`}`);
}

function listening(to: End, ports: readonly string[], otherwise: string): string {
  const named = to.kind === "pod" ? to.namedPorts.map((one) => `${one.port}/${one.protocol} (${one.name})`) : [];
  const all = ports.length > 0 ? ports : named;
  return all.length === 0 ? otherwise : `${otherwise}; its containers declare ${all.join(", ")}`;
}

/** What a conversation holds that nobody recorded. */
export const NOT_RECORDED: Omit<Conversation, "id" | "from" | "to" | keyof Target | "requests"> = {
  ...{ flows: 0, recorded: {}, sidesSeen: [], firstSeen: 0, lastSeen: 0, hours: {}, nodes: [], examples: [] },
  ...{ verdicts: [], requestsDropped: 0, services: [], destinationNames: [], reply: "no", openBefore: false },
  ...{ longestSeconds: 0, epochs: [], notDecided: null },
};
