import type { Json } from "#model/json.ts";
import {
  dropReasonValue,
  enumValue,
  eventTypeValue,
  httpHeaderValue,
  identityValue,
  ipTraceIdValue,
  ipVersionValue,
  tcpFlagsValue,
  trafficDirectionValue,
  workloadValue,
} from "./filter-values.ts";

/**
 * What a filter flag adds to the two FlowFilters of its list: a value to a field of the first and of the second, where a
 * plain flag (`--pod`) means the source in the first and the destination in the second.
 */
export type FilterFlag = {
  readonly left: string;
  readonly right: string;
  readonly value: (text: string) => Json;
};

const text = (value: string): Json => value;

/** One field in both filters. */
function both(field: string, value: (text: string) => Json = text): FilterFlag {
  return { left: field, right: field, value };
}

/** `--pod`, `--from-pod`, `--to-pod`. */
function ends(name: string, field: string, value: (text: string) => Json = text): readonly [string, FilterFlag][] {
  const source = `source_${field}`;
  const destination = `destination_${field}`;
  return [
    [name, { left: source, right: destination, value }],
    [`from-${name}`, both(source, value)],
    [`to-${name}`, both(destination, value)],
  ];
}

/** The field of every filter flag; namespaces apart, which go into pods and services. Upstream: flowFilter.set. */
export const FILTER_FLAGS: ReadonlyMap<string, FilterFlag> = new Map<string, FilterFlag>([
  ["uuid", both("uuid")],
  ...ends("fqdn", "fqdn"),
  ...ends("pod", "pod"),
  ...ends("ip", "ip"),
  ["snat-ip", both("source_ip_xlated")],
  ["ipv4", both("ip_version", () => "IPv4")],
  ["ipv6", both("ip_version", () => "IPv6")],
  ["ip-version", both("ip_version", ipVersionValue)],
  ...ends("label", "label"),
  ...ends("service", "service"),
  ...ends("port", "port"),
  ["trace-id", both("trace_id")],
  ["ip-trace-id", both("ip_trace_id", ipTraceIdValue)],
  ["verdict", both("verdict", (value) => enumValue(value, "Verdict", "verdict"))],
  ["drop-reason-desc", both("drop_reason_desc", dropReasonValue)],
  ["http-status", both("http_status_code")],
  ["http-method", both("http_method")],
  ["http-path", both("http_path")],
  ["http-url", both("http_url")],
  ["http-header", both("http_header", httpHeaderValue)],
  ["type", both("event_type", eventTypeValue)],
  ["protocol", both("protocol")],
  ...ends("workload", "workload", workloadValue),
  ...ends("identity", "identity", identityValue),
  ["node-name", both("node_name")],
  ["node-label", both("node_labels")],
  ...ends("cluster", "cluster_name"),
  ["tcp-flags", both("tcp_flags", tcpFlagsValue)],
  ["traffic-direction", both("traffic_direction", trafficDirectionValue)],
  ["cel-expression", both("cel_expression")],
  ["interface", both("interface", (name) => (name === "" ? {} : { name }))],
  // Whatever their value says: upstream does not look at it.
  ["encrypted", both("encrypted", () => true)],
  ["unencrypted", both("encrypted", () => false)],
  ["reply", both("reply", () => true)],
  ["not-reply", both("reply", () => false)],
]);
