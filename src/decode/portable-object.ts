import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { POLICY_KINDS } from "#model/policy.ts";

const POLICIES: ReadonlySet<string> = new Set(POLICY_KINDS);
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const CONTAINER_LISTS = new Set(["containers", "initContainers"]);
/** Where commands, environments and mounts of workloads stand: no decision needs them, and they hold what is private. */
const DROPPED_IN_SPECS = new Set(["volumes", "imagePullSecrets", "ephemeralContainers", "volumeClaimTemplates"]);

/**
 * An object as it is kept of a cluster: all that a decision needs, without what may be private (commands, environments,
 * volumes, probes, the last applied text) or is only large (images of nodes, schemas of CRDs). Policies stay whole. Of managedFields the times
 * stay, which tell when policies changed. null for what is never kept: Secrets, and ConfigMaps but the agent's.
 */
export function portableObject(object: JsonObject): JsonObject | null {
  const kind = typeof object["kind"] === "string" ? object["kind"] : "";
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  if (kind === "Secret" || (kind === "ConfigMap" && metadata["name"] !== "cilium-config")) return null;
  const kept = { ...object, metadata: portableMetadata(metadata) };
  if (POLICIES.has(kind) || kind === "ConfigMap") return kept;
  if (kind === "CustomResourceDefinition") return { ...kept, spec: crdSpec(object["spec"]), status: {} };
  if (kind === "Node")
    return { ...kept, status: without(object["status"], ["images", "volumesInUse", "volumesAttached"]) };
  if (kind === "Pod") return { ...kept, spec: portableSpec(object["spec"]), status: podStatus(object["status"]) };
  return kind.endsWith("WebhookConfiguration")
    ? { ...kept, webhooks: withoutBundles(object["webhooks"]) }
    : { ...kept, ...(object["spec"] === undefined ? {} : { spec: portableSpec(object["spec"]) }) };
}

function portableMetadata(metadata: JsonObject): JsonObject {
  const { managedFields, annotations, ...rest } = metadata;
  const notes = isObject(annotations) ? without(annotations, [LAST_APPLIED]) : undefined;
  const times = Array.isArray(managedFields) ? managedFields.flatMap(managedTime) : [];
  return {
    ...rest,
    ...(notes === undefined ? {} : { annotations: notes }),
    ...(times.length === 0 ? {} : { managedFields: times }),
  };
}

function managedTime(entry: Json): readonly JsonObject[] {
  if (!isObject(entry)) return [];
  const { fieldsV1: _, ...rest } = entry;
  return [rest];
}

/** Pod specs stand at any depth: in Deployments, CronJobs, in what other operators make. */
function portableSpec(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map((element) => portableSpec(element));
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => {
      if (DROPPED_IN_SPECS.has(key)) return [];
      if (CONTAINER_LISTS.has(key) && Array.isArray(entry)) return [[key, entry.map(portableContainer)]];
      return [[key, portableSpec(entry)]];
    }),
  );
}

function portableContainer(container: Json): Json {
  if (!isObject(container)) return {};
  return Object.fromEntries(
    ["name", "image", "ports", "restartPolicy"].flatMap((key) => {
      const value = container[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

const POD_STATUS = ["phase", "podIP", "podIPs", "hostIP", "hostIPs", "startTime", "reason"];

function podStatus(status: Json | undefined): Json {
  if (!isObject(status)) return {};
  return Object.fromEntries(Object.entries(status).filter(([key]) => POD_STATUS.includes(key)));
}

function crdSpec(spec: Json | undefined): Json {
  if (!isObject(spec)) return {};
  const kept = ["group", "names", "scope", "conversion"].flatMap((key) => {
    const value = spec[key];
    return value === undefined ? [] : [[key, key === "conversion" ? withoutBundles(value) : value] as const];
  });
  return Object.fromEntries(kept);
}

/** Certificates of webhooks are large and decide nothing. */
function withoutBundles(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map((element) => withoutBundles(element));
  if (!isObject(value)) return value ?? null;
  const entries = Object.entries(value).filter(([key]) => key !== "caBundle");
  return Object.fromEntries(entries.map(([key, entry]) => [key, withoutBundles(entry)]));
}

function without(value: Json | undefined, keys: readonly string[]): Json {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}
