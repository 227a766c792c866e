import { celExpression } from "./filters/cel-expression.ts";
import { clusterName } from "./filters/cluster-name.ts";
import { dropReasonDesc } from "./filters/drop-reason-desc.ts";
import { encrypted } from "./filters/encrypted.ts";
import { eventType } from "./filters/event-type.ts";
import type { FilterField, FilterLog, FlowPredicate } from "./filters/filter.ts";
import { fqdn } from "./filters/fqdn.ts";
import { http } from "./filters/http.ts";
import { identity } from "./filters/identity.ts";
import { ip } from "./filters/ip.ts";
import { ipTraceId } from "./filters/ip-trace-id.ts";
import { ipVersion } from "./filters/ip-version.ts";
import { labels } from "./filters/labels.ts";
import { networkInterface } from "./filters/network-interface.ts";
import { nodeName } from "./filters/node-name.ts";
import { pod } from "./filters/pod.ts";
import { port } from "./filters/port.ts";
import { protocol } from "./filters/protocol.ts";
import { reply } from "./filters/reply.ts";
import { service } from "./filters/service.ts";
import { tcpFlags } from "./filters/tcp-flags.ts";
import { traceId } from "./filters/trace-id.ts";
import { trafficDirection } from "./filters/traffic-direction.ts";
import { uuid } from "./filters/uuid.ts";
import { verdict } from "./filters/verdict.ts";
import { workload } from "./filters/workload.ts";
import type { Message } from "./message.ts";

/** Every field, in the order in which they are built: of several errors the first is told. Upstream: filters.DefaultFilters. */
const FIELDS: readonly FilterField[] = [
  uuid,
  eventType,
  verdict,
  dropReasonDesc,
  reply,
  encrypted,
  identity,
  protocol,
  ip,
  pod,
  workload,
  service,
  fqdn,
  labels,
  port,
  http,
  tcpFlags,
  nodeName,
  clusterName,
  ipVersion,
  traceId,
  trafficDirection,
  celExpression,
  networkInterface,
  ipTraceId,
];

/** FlowFilters as canonical messages. */
export type FilterLists = { readonly allow: readonly Message[]; readonly deny: readonly Message[] };

/**
 * Whether a flow is kept: an allowing filter matches (or there is none) and no denying one does. undefined where every
 * flow is kept. Throws FilterError. Upstream: filters.BuildFilterList, Apply.
 */
export function buildFilters({ allow, deny }: FilterLists, log: FilterLog): FlowPredicate | undefined {
  const allowing = allow.map((filter) => buildFilter(filter, log));
  const denying = deny.map((filter) => buildFilter(filter, log));
  if (allowing.length === 0 && denying.length === 0) return undefined;
  return (flow) =>
    (allowing.length === 0 || allowing.some((matches) => matches(flow))) && !denying.some((matches) => matches(flow));
}

function buildFilter(filter: Message, log: FilterLog): FlowPredicate {
  const predicates = FIELDS.flatMap((field) => field(filter, log));
  const [only] = predicates;
  if (predicates.length === 1 && only !== undefined) return only;
  return (flow) => predicates.every((matches) => matches(flow));
}
