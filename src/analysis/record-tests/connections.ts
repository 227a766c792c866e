import type { Conversation, End, L7Request } from "#model/conversation.ts";
import type { JsonObject } from "#model/json.ts";
import type { TestConnection } from "#model/policy-test.ts";
import { endName } from "../end-name.ts";
import type { PolicySet } from "../proposal.ts";
import type { Accepted } from "./accepted.ts";
import type { Cast } from "./cast.ts";
import { chooseRequests } from "./requests.ts";

/** A connection of a recorded test, and the conversation that it comes from. */
export type RecordedConnection = { readonly connection: TestConnection; readonly conversation: Conversation };

/** The connections of one conversation: one, or one a kind of request. */
export function connectionsOf(
  { conversation, requests, isL4Only }: Accepted,
  { cast, set, policyText }: { readonly cast: Cast; readonly set: PolicySet; readonly policyText: string },
): { readonly connections: readonly RecordedConnection[]; readonly dropped: number } {
  const chosen = chooseRequests(requests, policyText);
  const expect = expectedOf(conversation, set, isL4Only);
  const make = (request: L7Request | null): RecordedConnection => ({
    conversation,
    connection: {
      name: connectionName(conversation, request),
      from: cast.nameOf(conversation.from),
      to: cast.nameOf(conversation.to),
      protocol: conversation.protocol === "ICMPv4" ? "ICMP" : conversation.protocol,
      port: conversation.port,
      icmpType: conversation.icmpType,
      icmpCode: conversation.icmpCode,
      request,
      dnsQuery: request?.kind === "dns" ? request.name : null,
      serverName: request?.kind === "tls" ? request.serverName : null,
      expect,
    },
  });
  const connections = chosen.requests.length === 0 ? [make(null)] : chosen.requests.map(make);
  return { connections, dropped: chosen.dropped };
}

/** The whole, and each side on which Cilium enforces policy. Without its requests a proxied one is known at L4 alone. */
function expectedOf(conversation: Conversation, set: PolicySet, isL4Only: boolean): TestConnection["expect"] {
  const { decision } = set.judge(conversation);
  const sides = (["egress", "ingress"] as const).filter((side) => decision[side] !== null);
  return {
    ...(isL4Only ? {} : { verdict: "allowed" }),
    ...Object.fromEntries(sides.map((side) => [side, "allowed"])),
  };
}

/** `blog accepts traefik on 8080`, `repo-server reaches github.com on 443`, with the request behind it. */
function connectionName(conversation: Conversation, request: L7Request | null): string {
  const { from, to } = conversation;
  const home = homeOf(conversation);
  const on = portName(conversation);
  const shortOf = (end: End) => shortName(end, home);
  const isPing = PING[conversation.protocol] === conversation.icmpType;
  if (isPing) return `${shortOf(from)} pings ${shortOf(to)}`;
  const main =
    to.kind === "pod"
      ? `${shortOf(to)} accepts ${shortOf(from)} on ${on}`
      : `${shortOf(from)} reaches ${shortOf(to)} on ${on}`;
  return request === null ? main : `${main}: ${requestName(request)}`;
}

const PING: Readonly<Record<string, number>> = { ICMPv4: 8, ICMPv6: 128 };

/** Without its namespace where that is the test's own, or says the same again: `traefik` for traefik/traefik. */
function shortName(end: End, home: string | null): string {
  const name = endName(end);
  if (end.kind !== "pod") return name;
  const own = name.slice(end.namespace.length + 1);
  return end.namespace === home || end.namespace === own ? own : name;
}

/** The namespace whose test holds a conversation: the destination's, else the source's. */
export function homeOf({ from, to }: Conversation): string | null {
  if (to.kind === "pod") return to.namespace;
  return from.kind === "pod" ? from.namespace : null;
}

function portName({ protocol, port, icmpType, icmpCode }: Conversation): string {
  if (port !== null) return protocol === "TCP" ? String(port) : `${port}/${protocol}`;
  if (icmpType === null) return protocol;
  return `${protocol} type ${icmpType}${icmpCode === null || icmpCode === 0 ? "" : ` code ${icmpCode}`}`;
}

function requestName(request: L7Request): string {
  switch (request.kind) {
    case "dns":
      return `asks for ${request.name}`;
    case "http":
      return `${request.method} ${request.host}${request.path}`;
    case "tls":
      return `server name ${request.serverName}`;
  }
}

/** A connection as it stands in a test file: what it leaves out is the default. */
export function connectionDocument({ connection }: RecordedConnection): JsonObject {
  const { name, from, to, protocol, port, icmpType, icmpCode, request, expect } = connection;
  const sides = Object.entries(expect).map(([key, value]) => [key, String(value)] as const);
  return {
    ...(name === null ? {} : { name }),
    from,
    to,
    ...(port === null ? {} : { port }),
    ...(protocol === "TCP" && port !== null ? {} : { protocol }),
    ...(icmpType === null ? {} : { icmpType }),
    ...(icmpCode === null ? {} : { icmpCode }),
    ...(request === null ? {} : requestDocument(request)),
    expect: Object.fromEntries(sides),
  };
}

function requestDocument(request: L7Request): JsonObject {
  switch (request.kind) {
    case "dns":
      return { dnsQuery: { name: request.name } };
    case "tls":
      return { serverName: request.serverName };
    case "http": {
      const { method, path, host, headers } = request;
      const given = Object.keys(headers).length === 0 ? {} : { headers };
      return { http: { method, path, ...(host === "" ? {} : { host }), ...given } };
    }
  }
}
