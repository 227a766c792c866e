import type { Verdict } from "#model/conversation.ts";
import type { FlowEndpoint, FlowL7, FlowPolicy, L7Type } from "#model/flow.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { WorkloadRef } from "#model/objects.ts";
import { DROP_REASONS, L7_TYPES, OBSERVATION_POINTS } from "./flow-enums.table.ts";
import { enumOf, field, numberField, objectField, textField, textsField } from "./flow-field.ts";

/*
 * The parts of a flow that both readers (JSON.parse and the byte scanner) make from parsed JSON, so that they cannot
 * differ in them.
 */

/** Hubble's TTL of an answer that holds no address. */
const NO_TTL = 4_294_967_295;

export function readEndpoint(value: Json | undefined): FlowEndpoint | null {
  if (!isObject(value)) return null;
  return {
    id: numberField(value, "ID"),
    identity: numberField(value, "identity"),
    clusterName: textField(value, "cluster_name"),
    namespace: textField(value, "namespace"),
    podName: textField(value, "pod_name"),
    labels: [...textsField(value, "labels")].sort(),
    workload: readWorkload(value),
  };
}

/** Hubble writes one workload at most. */
function readWorkload(endpoint: JsonObject): WorkloadRef | null {
  const list = field(endpoint, "workloads");
  const first = Array.isArray(list) ? list[0] : undefined;
  if (!isObject(first)) return null;
  const name = textField(first, "name");
  return name === "" ? null : { kind: textField(first, "kind"), name };
}

export function readPolicies(value: Json | undefined): readonly FlowPolicy[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry): entry is JsonObject => isObject(entry)).map(readPolicy);
}

const DERIVED_FROM = "k8s:io.cilium.k8s.policy.derived-from=";

/** `kind` came after the names did: before that the policy's labels tell it. */
function readPolicy(value: JsonObject): FlowPolicy {
  const name = textField(value, "name");
  const namespace = textField(value, "namespace");
  const labels = textsField(value, "labels");
  const derived = labels.find((label) => label.startsWith(DERIVED_FROM))?.slice(DERIVED_FROM.length) ?? "";
  const kind = textField(value, "kind") || derived;
  const path = namespace === "" ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
  const revision = numberField(value, "revision");
  return { policy: name === "" ? "" : path, revision: revision === 0 ? null : revision };
}

/** `namespace/name` of a Service, "" when absent. */
export function readService(value: Json | undefined): string {
  if (!isObject(value)) return "";
  const name = textField(value, "name");
  return name === "" ? "" : `${textField(value, "namespace")}/${name}`;
}

export function readL7(value: Json | undefined): FlowL7 | null {
  if (!isObject(value)) return null;
  const type = l7Type(enumOf(field(value, "type"), L7_TYPES));
  const dns = objectField(value, "dns");
  if (dns !== null) return readDns(dns, type);
  const http = objectField(value, "http");
  if (http !== null) return readHttp(http, type);
  const record = Object.keys(value).find((key) => key !== "type" && key !== "latency_ns" && key !== "latencyNs");
  return { kind: "other", type, record: record ?? "" };
}

function l7Type(text: string): L7Type {
  return text === "REQUEST" || text === "RESPONSE" || text === "SAMPLE" ? text : "";
}

function readDns(dns: JsonObject, type: L7Type): FlowL7 {
  const ttl = numberField(dns, "ttl");
  const addresses = textsField(dns, "ips");
  return {
    kind: "dns",
    type,
    query: textField(dns, "query"),
    addresses,
    ttlSeconds: ttl === NO_TTL || addresses.length === 0 ? null : ttl,
    rcode: numberField(dns, "rcode"),
  };
}

function readHttp(http: JsonObject, type: L7Type): FlowL7 {
  const headers = field(http, "headers");
  const list = Array.isArray(headers) ? headers.filter((entry): entry is JsonObject => isObject(entry)) : [];
  return {
    kind: "http",
    type,
    method: textField(http, "method"),
    url: textField(http, "url"),
    code: numberField(http, "code"),
    headers: list.map((header) => ({ key: textField(header, "key"), value: textField(header, "value") })),
  };
}

/** Version of the agent that emitted the flow, "" when absent. */
export function readAgentVersion(value: Json | undefined): string {
  return isObject(value) ? textField(value, "version") : "";
}

/** Flows that an aggregated line stands for. Upstream: pkg/hubble/exporter/aggregator.go. */
export function readAggregate(value: Json | undefined): number {
  if (!isObject(value)) return 1;
  const directions = ["ingress_flow_count", "egress_flow_count", "unknown_direction_flow_count"];
  return Math.max(
    1,
    directions.reduce((sum, name) => sum + numberField(value, name), 0),
  );
}

const VERDICT_NAMES: ReadonlyMap<string, Verdict> = new Map(
  (["FORWARDED", "DROPPED", "ERROR", "AUDIT", "REDIRECTED", "TRACED", "TRANSLATED"] as const).map((name) => [
    name,
    name,
  ]),
);

export function verdictOf(text: string): Verdict {
  return VERDICT_NAMES.get(text) ?? "VERDICT_UNKNOWN";
}

/** The reason by name, from the name, else from the number, else from a drop event's sub type; an unknown one by number. */
export function dropReasonOf(name: string, number: number, eventType: number, subType: number): string | null {
  if (name !== "") return name;
  const code = number !== 0 ? number : eventType === 1 ? subType : 0;
  return code === 0 ? null : (DROP_REASONS[code] ?? String(code));
}

/** The trace point, from its name or else from a trace event's sub type (whose 0 is TO_ENDPOINT). */
export function observationPointOf(name: string, eventType: number, subType: number): string {
  if (name !== "" || eventType !== 4) return name;
  return subType === 0 ? "TO_ENDPOINT" : (OBSERVATION_POINTS[subType] ?? String(subType));
}
