import { lowerCamel } from "./flow-field.ts";

/** Members that the scanner knows, by number. The rest is skipped, unless it is another spelling of one of these. */
export const Member = {
  flow: 1,
  time: 2,
  nodeName: 3,
  uuid: 4,
  emitter: 5,
  verdict: 6,
  dropReason: 7,
  ip: 9,
  l4: 10,
  tunnel: 11,
  source: 12,
  destination: 13,
  type: 14,
  sourceNames: 15,
  destinationNames: 16,
  l7: 17,
  reply: 18,
  eventType: 19,
  sourceService: 20,
  destinationService: 21,
  trafficDirection: 22,
  policyMatchType: 23,
  observationPoint: 24,
  traceReason: 25,
  dropReasonDesc: 26,
  isReply: 27,
  socketCookie: 28,
  egressAllowedBy: 29,
  ingressAllowedBy: 30,
  egressDeniedBy: 31,
  ingressDeniedBy: 32,
  aggregate: 33,
  ethernet: 34,
  summary: 35,
  cgroupId: 36,
  proxyPort: 37,
  /** Known and never read. */
  ignored: 40,
  /** A known member in another spelling, or of another kind of event: the line is JSON.parse's. */
  foreign: 41,
} as const;

const FLOW_NAMES: Readonly<Record<string, number>> = {
  time: Member.time,
  node_name: Member.nodeName,
  uuid: Member.uuid,
  emitter: Member.emitter,
  verdict: Member.verdict,
  drop_reason: Member.dropReason,
  IP: Member.ip,
  l4: Member.l4,
  tunnel: Member.tunnel,
  source: Member.source,
  destination: Member.destination,
  Type: Member.type,
  source_names: Member.sourceNames,
  destination_names: Member.destinationNames,
  l7: Member.l7,
  reply: Member.reply,
  event_type: Member.eventType,
  source_service: Member.sourceService,
  destination_service: Member.destinationService,
  traffic_direction: Member.trafficDirection,
  policy_match_type: Member.policyMatchType,
  trace_observation_point: Member.observationPoint,
  trace_reason: Member.traceReason,
  drop_reason_desc: Member.dropReasonDesc,
  is_reply: Member.isReply,
  socket_cookie: Member.socketCookie,
  egress_allowed_by: Member.egressAllowedBy,
  ingress_allowed_by: Member.ingressAllowedBy,
  egress_denied_by: Member.egressDeniedBy,
  ingress_denied_by: Member.ingressDeniedBy,
  aggregate: Member.aggregate,
  ethernet: Member.ethernet,
  Summary: Member.summary,
  cgroup_id: Member.cgroupId,
  proxy_port: Member.proxyPort,
};

const IGNORED_NAMES = ["node_labels", "interface", "file", "policy_log"];
const OTHER_EVENTS = ["lost_events", "node_status", "agent_event", "debug_event", "num_events_lost"];

/** Every name that means something, by number: proto names, their lowerCamel forms (`foreign`), other kinds of events. */
export function memberNames(): ReadonlyMap<string, number> {
  const names = new Map<string, number>([["flow", Member.flow]]);
  for (const [name, id] of Object.entries(FLOW_NAMES)) {
    names.set(name, id);
    if (lowerCamel(name) !== name) names.set(lowerCamel(name), Member.foreign);
  }
  for (const name of IGNORED_NAMES) names.set(name, Member.ignored);
  for (const name of OTHER_EVENTS) {
    names.set(name, Member.foreign);
    names.set(lowerCamel(name), Member.foreign);
  }
  return names;
}

/**
 * Members of the tail (see TailFacts), which repeat together from line to line. Unknown ones are not of it, for they may
 * differ on every line; nor is the summary of an L7 event, which quotes the request.
 */
export function isTailMember(id: number, isL7: boolean): boolean {
  if (id === Member.summary) return !isL7;
  return (
    id === Member.ignored || id === Member.nodeName || (id >= Member.type && id <= Member.aggregate && !isOwnToken(id))
  );
}

function isOwnToken(id: number): boolean {
  return id === Member.l7 || id === Member.socketCookie;
}

/** Members of the inner objects that the scanner reads itself. */
export const Inner = {
  source: 1,
  destination: 2,
  sourceXlated: 3,
  type: 4,
  subType: 5,
  sourcePort: 6,
  destinationPort: 7,
  flags: 8,
  code: 9,
  tcp: 10,
  udp: 11,
  icmpv4: 12,
  icmpv6: 13,
  sctp: 14,
  version: 16,
  /** Another spelling of one of these: the line is JSON.parse's. */
  foreign: 17,
  flag: 20,
} as const;

const INNER_NAMES: Readonly<Record<string, number>> = {
  source: Inner.source,
  destination: Inner.destination,
  source_xlated: Inner.sourceXlated,
  type: Inner.type,
  sub_type: Inner.subType,
  source_port: Inner.sourcePort,
  destination_port: Inner.destinationPort,
  flags: Inner.flags,
  code: Inner.code,
  TCP: Inner.tcp,
  UDP: Inner.udp,
  ICMPv4: Inner.icmpv4,
  ICMPv6: Inner.icmpv6,
  SCTP: Inner.sctp,
  version: Inner.version,
};

const FLAG_NAMES = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"];

/** Names inside IP, l4, event_type, emitter. TCP flags are `Inner.flag` + their bit number; other spellings are absent. */
export function innerNames(): ReadonlyMap<string, number> {
  const names = new Map(Object.entries(INNER_NAMES));
  for (const name of Object.keys(INNER_NAMES)) {
    if (lowerCamel(name) !== name) names.set(lowerCamel(name), Inner.foreign);
  }
  FLAG_NAMES.forEach((name, bit) => names.set(name, Inner.flag + bit));
  return names;
}
