import type { End } from "#model/conversation.ts";
import type { Pod, Service } from "#model/objects.ts";
import type { Snapshot } from "#model/snapshot.ts";

/** The inventory's pods that stand behind an end. */
export function podsOf(end: End, snapshot: Snapshot): readonly Pod[] {
  if (end.kind !== "pod") return [];
  const byName = podsByName(snapshot.inventory.pods);
  return end.pods.flatMap((name) => byName.get(`${end.namespace}/${name}`) ?? []);
}

const indexes = new WeakMap<readonly Pod[], ReadonlyMap<string, readonly Pod[]>>();

function podsByName(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const known = indexes.get(pods);
  if (known !== undefined) return known;
  const made = new Map<string, Pod[]>();
  for (const pod of pods) {
    const name = `${pod.namespace}/${pod.name}`;
    const list = made.get(name);
    if (list === undefined) made.set(name, [pod]);
    else list.push(pod);
  }
  indexes.set(pods, made);
  return made;
}

/** The pod labels of an end as Kubernetes has them: of its pods, else what the identity holds. */
export function kubernetesLabels(end: End, snapshot: Snapshot): Readonly<Record<string, string>> {
  const pod = podsOf(end, snapshot)[0];
  if (pod !== undefined) return pod.labels;
  if (end.kind !== "pod") return {};
  const own = end.labels.filter((label) => label.startsWith("k8s:") && !label.startsWith("k8s:io."));
  return Object.fromEntries(own.map((label) => splitLabel(label.slice("k8s:".length))));
}

function splitLabel(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** Services whose selector takes this end. */
export function servicesOf(end: End, snapshot: Snapshot): readonly Service[] {
  if (end.kind !== "pod") return [];
  const labels = kubernetesLabels(end, snapshot);
  return snapshot.inventory.services.filter((service) => {
    const selector = service.selector;
    if (selector === null || service.namespace !== end.namespace || Object.keys(selector).length === 0) return false;
    return Object.entries(selector).every(([key, value]) => labels[key] === value);
  });
}

/** The container port that a Service port leads to at this end; null when its name is not found. */
export function targetPort(service: Service, port: number, end: End, snapshot: Snapshot): number | null {
  const found = service.ports.find((one) => one.port === port);
  if (found === undefined) return null;
  if (typeof found.targetPort === "number") return found.targetPort;
  if (found.targetPort === null) return found.port;
  const named = end.kind === "pod" ? end.namedPorts : [];
  const all = [...named, ...podsOf(end, snapshot).flatMap((pod) => pod.ports)];
  return all.find((one) => one.name === found.targetPort)?.port ?? null;
}

/** Services of type LoadBalancer or with external addresses that lead to this end on this port: the way in from outside. */
export function publicServices(end: End, port: number | null, snapshot: Snapshot): readonly Service[] {
  return servicesOf(end, snapshot).filter((service) => {
    if (service.type !== "LoadBalancer" && service.externalIPs.length === 0) return false;
    return service.ports.some((one) => port !== null && targetPort(service, one.port, end, snapshot) === port);
  });
}

const SCRAPERS = [
  "prometheus",
  "prometheus-server",
  "vmagent",
  "alloy",
  "grafana-agent",
  "opentelemetry-collector",
  "otel-collector",
];

/** True for an end that scrapes metrics, by its well-known labels or name. */
export function isScraper(end: End, snapshot: Snapshot): boolean {
  if (end.kind !== "pod") return false;
  const labels = kubernetesLabels(end, snapshot);
  const names = [labels["app.kubernetes.io/name"], labels["app"], labels["k8s-app"], end.workload?.name];
  return names.some(
    (name) => name !== undefined && SCRAPERS.some((scraper) => name === scraper || name.startsWith(`${scraper}-`)),
  );
}
