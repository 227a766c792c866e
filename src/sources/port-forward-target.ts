import { UserError } from "#model/finding.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { type KubernetesConnection, statusMessage } from "./kubernetes-connection.ts";

/** Where Relay listens: a port of a pod. */
export type PortForwardTarget = { readonly namespace: string; readonly pod: string; readonly port: number };

/** Upstream: hubble/cmd/common/conn NewWithFlags. */
const SERVICE = "hubble-relay";
const PERMISSION = "the account needs get on services and list on pods of Cilium's namespace; see docs/capture.md";

/**
 * The pod behind the service of Relay that is most likely to answer, and the port there of the service's first port.
 * Throws UserError. Upstream: pkg/k8s/portforward PortForwardService, kubectl podutils.ActivePods.
 */
export async function findRelay(connection: KubernetesConnection, namespace: string): Promise<PortForwardTarget> {
  const base = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const service = await connection.json(`${base}/services/${SERVICE}`);
  const where = `${connection.name}: namespace ${namespace}`;
  if (service.status === 404) throw noService(where);
  if (service.status !== 200) throw refused(where, statusMessage(service));
  const spec = child(service.value, "spec");
  const [port] = children(spec, "ports");
  if (port === undefined) throw noRelay(where, `the service ${SERVICE} has no ports`);
  const selector = Object.entries(child(spec, "selector")).map(([key, value]) => `${key}=${String(value)}`);
  if (selector.length === 0) throw noRelay(where, `the service ${SERVICE} selects no pods`);
  const listed = await connection.json(`${base}/pods?labelSelector=${encodeURIComponent(selector.join(","))}`);
  if (listed.status !== 200) throw refused(where, statusMessage(listed));
  const pods = children(listed.value, "items");
  const [pod] = pods.filter(isRunning).sort((a, b) => rank(b) - rank(a));
  if (pod === undefined) throw noRelay(where, noPodText(pods));
  return { namespace, pod: nameOf(pod), port: portOf(pod, port, spec["clusterIP"] === "None", where) };
}

/** Upstream: kubectl LookupContainerPortNumberByServicePort. */
function portOf(pod: JsonObject, port: JsonObject, isHeadless: boolean, where: string): number {
  const target = port["targetPort"];
  if (isHeadless || target === undefined || target === 0) return Number(port["port"]);
  if (typeof target === "number") return target;
  const spec = child(pod, "spec");
  const containers = [...children(spec, "containers"), ...children(spec, "initContainers")];
  const named = containers.flatMap((one) => children(one, "ports")).find((one) => one["name"] === target);
  if (named !== undefined) return Number(named["containerPort"]);
  throw noRelay(where, `the pod ${nameOf(pod)} has no port ${String(target)}`);
}

/** Ready before not ready, staying before ending, older before newer. */
function rank(pod: JsonObject): number {
  const isEnding = child(pod, "metadata")["deletionTimestamp"] !== undefined;
  const created = Date.parse(String(child(pod, "metadata")["creationTimestamp"] ?? "")) || 0;
  return (isReady(pod) ? 4 : 0) + (isEnding ? 0 : 2) - created / 1e13;
}

function isReady(pod: JsonObject): boolean {
  return children(child(pod, "status"), "conditions").some(({ type, status }) => type === "Ready" && status === "True");
}

function isRunning(pod: JsonObject): boolean {
  return child(pod, "status")["phase"] === "Running";
}

/** `no pod of the service hubble-relay runs: hubble-relay-6d5 is Pending (ImagePullBackOff)` */
function noPodText(pods: readonly JsonObject[]): string {
  if (pods.length === 0) return `the service ${SERVICE} has no pods`;
  const found = pods.slice(0, 3).map((pod) => {
    const states = children(child(pod, "status"), "containerStatuses").map((one) => child(one, "state"));
    const reasons = states.map((state) => child(state, "waiting")["reason"]).filter((one) => typeof one === "string");
    const phase = String(child(pod, "status")["phase"] ?? "not known");
    return `${nameOf(pod)} is ${phase}${reasons.length === 0 ? "" : ` (${reasons.join(", ")})`}`;
  });
  return `no pod of the service ${SERVICE} runs: ${found.join(", ")}`;
}

function noService(where: string): UserError {
  return new UserError("no-relay", `${where} has no service ${SERVICE}`, {
    help: "is Relay installed (Helm: hubble.relay.enabled=true)? Cilium's namespace is named with --kube-namespace",
  });
}

function noRelay(where: string, message: string): UserError {
  return new UserError("no-relay", `${where}: ${message}`, {
    help: `look at: kubectl get pods -A -l k8s-app=${SERVICE}`,
  });
}

function refused(where: string, message: string): UserError {
  return new UserError("cluster-refused", `${where}: ${message}`, { help: PERMISSION });
}

function nameOf(object: JsonObject): string {
  return String(child(object, "metadata")["name"] ?? "");
}

function child(value: Json | undefined, name: string): JsonObject {
  const found = isObject(value) ? value[name] : undefined;
  return isObject(found) ? found : {};
}

function children(value: Json | undefined, name: string): readonly JsonObject[] {
  const found = isObject(value) ? value[name] : undefined;
  return Array.isArray(found) ? found.filter((one): one is JsonObject => isObject(one)) : [];
}
