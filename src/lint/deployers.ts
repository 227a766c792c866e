import type { End } from "#model/conversation.ts";

/** Controllers that roll policies out and back, by the name that their charts give them; those that call the API server. */
const DEPLOYERS =
  /^(?:argocd-(?:application-controller|server|repo-server|redis.*|applicationset-controller)|source-controller|kustomize-controller|helm-controller|fleet-(?:agent|controller))$/;
const CALLS_API =
  /^(?:argocd-(?:application-controller|server|applicationset-controller)|source-controller|kustomize-controller|helm-controller|fleet-(?:agent|controller))$/;
const OBSERVERS = /^(?:hubble-relay|cilium-operator)$/;

/** Argo CD, Flux or Fleet, by the labels of their manifests. */
export function isDeployer(end: End): boolean {
  return namesOf(end).some((name) => DEPLOYERS.test(name));
}

/** One of these that cannot work without the API server. */
export function needsApiServer(end: End): boolean {
  return namesOf(end).some((name) => CALLS_API.test(name));
}

/** What shows whether policies work: Hubble Relay, the operator. */
export function isObserver(end: End): boolean {
  return namesOf(end).some((name) => OBSERVERS.test(name));
}

const NAME_LABEL = /^k8s:(?:app\.kubernetes\.io\/name|app|k8s-app)=(.*)$/;

function namesOf(end: End): readonly string[] {
  return end.kind === "pod" ? end.labels.flatMap((label) => NAME_LABEL.exec(label)?.[1] ?? []) : [];
}
