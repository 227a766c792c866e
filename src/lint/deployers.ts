import { kubernetesLabels } from "#analysis/pod-facts.ts";
import type { End } from "#model/conversation.ts";
import type { Snapshot } from "#model/snapshot.ts";

/** Controllers that roll policies out and back, by the name that their charts give them; those that call the API server. */
const DEPLOYERS =
  /^(?:argocd-(?:application-controller|server|repo-server|redis.*|applicationset-controller)|source-controller|kustomize-controller|helm-controller|fleet-(?:agent|controller))$/;
const CALLS_API =
  /^(?:argocd-(?:application-controller|server|applicationset-controller)|source-controller|kustomize-controller|helm-controller|fleet-(?:agent|controller))$/;
const OBSERVERS = /^(?:hubble-relay|cilium-operator)$/;

/** Argo CD, Flux or Fleet, by the labels of their manifests. */
export function isDeployer(end: End, snapshot: Snapshot): boolean {
  return namesOf(end, snapshot).some((name) => DEPLOYERS.test(name));
}

/** One of these that cannot work without the API server. */
export function needsApiServer(end: End, snapshot: Snapshot): boolean {
  return namesOf(end, snapshot).some((name) => CALLS_API.test(name));
}

/** What shows whether policies work: Hubble Relay, the operator. */
export function isObserver(end: End, snapshot: Snapshot): boolean {
  return namesOf(end, snapshot).some((name) => OBSERVERS.test(name));
}

function namesOf(end: End, snapshot: Snapshot): readonly string[] {
  if (end.kind !== "pod") return [];
  const labels = kubernetesLabels(end, snapshot);
  return [labels["app.kubernetes.io/name"], labels["app"], labels["k8s-app"]].filter((name) => name !== undefined);
}
