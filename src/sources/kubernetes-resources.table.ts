/** A list of objects that an API server serves. */
export type KubernetesResource = {
  readonly kind: string;
  /** "" is the core group. */
  readonly group: string;
  /** In the order of preference; the first that is served is read. */
  readonly versions: readonly string[];
  /** The plural in the path. */
  readonly plural: string;
  /** Restricts the list to one name: the only ConfigMaps that are read are the agents' configuration. */
  readonly name?: string;
};

function resource(kind: string, at: string, plural: string, more: { readonly name?: string } = {}): KubernetesResource {
  const slash = at.indexOf("/");
  const group = slash < 0 ? "" : at.slice(0, slash);
  return { kind, group, versions: at.slice(slash + 1).split(" "), plural, ...more };
}

/**
 * Every list that is read, policies first: what is written last (pods) is then never older than the policies. Secrets are
 * not among them and never will be: `kubernetes-objects.test.ts` holds that.
 */
export const KUBERNETES_RESOURCES: readonly KubernetesResource[] = [
  resource("ConfigMap", "v1", "configmaps", { name: "cilium-config" }),
  resource("CiliumNodeConfig", "cilium.io/v2 v2alpha1", "ciliumnodeconfigs"),
  resource("CiliumNetworkPolicy", "cilium.io/v2", "ciliumnetworkpolicies"),
  resource("CiliumClusterwideNetworkPolicy", "cilium.io/v2", "ciliumclusterwidenetworkpolicies"),
  resource("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"),
  resource("ClusterNetworkPolicy", "policy.networking.k8s.io/v1alpha2", "clusternetworkpolicies"),
  resource("CiliumCIDRGroup", "cilium.io/v2 v2alpha1", "ciliumcidrgroups"),
  resource("Namespace", "v1", "namespaces"),
  resource("Node", "v1", "nodes"),
  resource("CiliumNode", "cilium.io/v2", "ciliumnodes"),
  resource("Service", "v1", "services"),
  resource("EndpointSlice", "discovery.k8s.io/v1", "endpointslices"),
  resource("Deployment", "apps/v1", "deployments"),
  resource("StatefulSet", "apps/v1", "statefulsets"),
  resource("DaemonSet", "apps/v1", "daemonsets"),
  resource("ReplicaSet", "apps/v1", "replicasets"),
  resource("Job", "batch/v1", "jobs"),
  resource("CronJob", "batch/v1", "cronjobs"),
  resource("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1", "validatingwebhookconfigurations"),
  resource("MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations"),
  resource("APIService", "apiregistration.k8s.io/v1", "apiservices"),
  resource("CustomResourceDefinition", "apiextensions.k8s.io/v1", "customresourcedefinitions"),
  resource("CiliumIdentity", "cilium.io/v2", "ciliumidentities"),
  resource("CiliumEndpoint", "cilium.io/v2", "ciliumendpoints"),
  resource("Pod", "v1", "pods"),
];

/** The path of the list in one of its versions. */
export function listPath({ group, plural, name }: KubernetesResource, version: string): string {
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${base}/${plural}${name === undefined ? "" : `?fieldSelector=metadata.name%3D${name}`}`;
}

/** `apps/v1`, or `v1`. */
export function apiVersionOf({ group }: KubernetesResource, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}
