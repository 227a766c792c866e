import { joinHostPort } from "../go-text.ts";
import { enumTextOf, integerTextOf, type Message, numberOf, partOf, partsOf, textOf, textsOf } from "../message.ts";
import type { TimeFormat } from "./time-format.ts";

/** The type of an agent event. */
export function agentEventType(event: Message | undefined): string {
  return enumTextOf(event, "type", "AGENT_EVENT_UNKNOWN");
}

/** Upstream: printer getAgentEventDetails: the notification that belongs to the type, `UNKNOWN` without it. */
export function agentEventDetails(event: Message | undefined, time: TimeFormat): string {
  const [field, details] = DETAILS[agentEventType(event)] ?? [];
  const notification = field === undefined ? undefined : partOf(event, field);
  return notification === undefined || details === undefined ? "UNKNOWN" : details(notification, time);
}

type Details = readonly [field: string, text: (notification: Message, time: TimeFormat) => string];

const policyUpdate: Details = [
  "policy_update",
  (update) =>
    `labels: [${textsOf(update, "labels").join(",")}], revision: ${integerTextOf(update, "revision")}, count: ${integerTextOf(update, "rule_count")}`,
];
const endpointRegenerate: Details = [
  "endpoint_regenerate",
  (found) =>
    `id: ${integerTextOf(found, "id")}, labels: [${textsOf(found, "labels").join(",")}]${given(", error: ", textOf(found, "error"))}`,
];
const endpointUpdate: Details = [
  "endpoint_update",
  (found) =>
    `id: ${integerTextOf(found, "id")}${given(", namespace: ", textOf(found, "namespace"))}${given(", pod name: ", textOf(found, "pod_name"))}`,
];
const ipcacheUpdate: Details = ["ipcache_update", ipcacheText];

const DETAILS: Readonly<Record<string, Details>> = {
  AGENT_EVENT_UNKNOWN: [
    "unknown",
    (found) => `type: ${textOf(found, "type")}, notification: ${textOf(found, "notification")}`,
  ],
  AGENT_STARTED: ["agent_start", (start, time) => `start time: ${time(start, "time")}`],
  POLICY_UPDATED: policyUpdate,
  POLICY_DELETED: policyUpdate,
  ENDPOINT_REGENERATE_SUCCESS: endpointRegenerate,
  ENDPOINT_REGENERATE_FAILURE: endpointRegenerate,
  ENDPOINT_CREATED: endpointUpdate,
  ENDPOINT_DELETED: endpointUpdate,
  IPCACHE_UPSERTED: ipcacheUpdate,
  IPCACHE_DELETED: ipcacheUpdate,
  SERVICE_UPSERTED: ["service_upsert", serviceText],
  SERVICE_DELETED: ["service_delete", (service) => `id: ${numberOf(service, "id")}`],
};

function given(label: string, value: string): string {
  return value === "" ? "" : `${label}${value}`;
}

function ipcacheText(update: Message): string {
  const old = update["old_identity"];
  return [
    `cidr: ${textOf(update, "cidr")}, identity: ${numberOf(update, "identity")}`,
    typeof old === "number" ? `, old identity: ${old}` : "",
    given(", host ip: ", textOf(update, "host_ip")),
    given(", old host ip: ", textOf(update, "old_host_ip")),
    `, encrypt key: ${numberOf(update, "encrypt_key")}`,
  ].join("");
}

function serviceText(service: Message): string {
  const frontend = partOf(service, "frontend_address");
  const backends = partsOf(service, "backend_addresses");
  return [
    `id: ${numberOf(service, "id")}`,
    frontend === undefined ? "" : `, frontend: ${addressText(frontend)}`,
    backends.length === 0 ? "" : `, backends: [${backends.map(addressText).join(",")}]`,
    given(", type: ", textOf(service, "type")),
    given(", traffic policy: ", textOf(service, "traffic_policy")),
    given(", namespace: ", textOf(service, "namespace")),
    given(", name: ", textOf(service, "name")),
  ].join("");
}

function addressText(address: Message): string {
  return joinHostPort(textOf(address, "ip"), String(numberOf(address, "port")));
}
