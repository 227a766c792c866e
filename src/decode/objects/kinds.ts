import {
  type CidrGroup,
  type CiliumEndpoint,
  type CiliumIdentity,
  type CiliumNode,
  type EndpointSlice,
  type Namespace,
  type Node,
  type Pod,
  type Service,
  WORKLOAD_KINDS,
  type Webhook,
  type Workload,
  type WorkloadKind,
} from "#model/objects.ts";
import { POLICY_KINDS, type PolicyKind, type PolicyObject } from "#model/policy.ts";
import { readCidrGroup } from "./cidr-group.ts";
import { readCiliumEndpoint } from "./cilium-endpoint.ts";
import { readCiliumIdentity } from "./cilium-identity.ts";
import { readCiliumNode } from "./cilium-node.ts";
import { readEndpointSlice, readEndpoints } from "./endpoint-slice.ts";
import type { SourceManifest } from "./manifest.ts";
import { readNamespace } from "./namespace.ts";
import { readNode } from "./node.ts";
import { groupOf } from "./passed-over.ts";
import { readPod } from "./pod.ts";
import { readPolicy } from "./policy.ts";
import { readService } from "./service.ts";
import { readApiService, readConversion, readPolicyCrd, readWebhook } from "./webhook.ts";
import { readWorkload } from "./workload.ts";

/** What a pass over manifests fills. */
export type Draft = {
  readonly namespaces: Namespace[];
  readonly pods: Pod[];
  readonly workloads: Workload[];
  readonly services: Service[];
  readonly endpointSlices: EndpointSlice[];
  readonly endpoints: EndpointSlice[];
  readonly nodes: Node[];
  readonly cidrGroups: CidrGroup[];
  readonly webhooks: Webhook[];
  readonly ciliumEndpoints: CiliumEndpoint[];
  readonly ciliumIdentities: CiliumIdentity[];
  readonly ciliumNodes: CiliumNode[];
  readonly policies: PolicyObject[];
  /** Kinds that CustomResourceDefinitions of Cilium and of policies define. */
  readonly policyCrds: string[];
};

/** A kind that is read: the groups and versions it is served under, and how it is read. */
export type Kind = {
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
  readonly namespaced: boolean;
  /** The list that it is read into. */
  readonly draft: keyof Draft;
  /** Other groups that served the kind before. */
  readonly formerly?: Readonly<Record<string, readonly string[]>>;
  readonly read: (manifest: SourceManifest, draft: Draft) => void;
};

type Served = Pick<Kind, "group" | "versions" | "formerly">;

const CORE: Served = { group: "", versions: ["v1"] };
const APPS: Served = { group: "apps", versions: ["v1", "v1beta2", "v1beta1"], formerly: { extensions: ["v1beta1"] } };
const CILIUM: Served = { group: "cilium.io", versions: ["v2"] };
const ADMISSION: Served = { group: "admissionregistration.k8s.io", versions: ["v1", "v1beta1"] };
const WORKLOAD_SERVED: Readonly<Record<WorkloadKind, Served>> = {
  Deployment: APPS,
  StatefulSet: APPS,
  DaemonSet: APPS,
  ReplicaSet: APPS,
  Job: { group: "batch", versions: ["v1"] },
  CronJob: { group: "batch", versions: ["v1", "v1beta1"] },
  ReplicationController: CORE,
};
const POLICY_SERVED: Readonly<Record<PolicyKind, Served & { readonly namespaced: boolean }>> = {
  CiliumNetworkPolicy: { ...CILIUM, namespaced: true },
  CiliumClusterwideNetworkPolicy: { ...CILIUM, namespaced: false },
  NetworkPolicy: { group: "networking.k8s.io", versions: ["v1"], namespaced: true },
  ClusterNetworkPolicy: { group: "policy.networking.k8s.io", versions: ["v1alpha2"], namespaced: false },
};

/** A kind whose objects are read one by one into one list of the draft. */
function kind<Name extends keyof Draft>(
  name: string,
  served: Served,
  into: { readonly draft: Name; readonly namespaced: boolean },
  read: (manifest: SourceManifest) => Draft[Name][number] | null,
): Kind {
  const add = (manifest: SourceManifest, draft: Draft) => {
    const list: (Draft[Name][number] | null)[] = draft[into.draft];
    const object = read(manifest);
    if (object !== null) list.push(object);
  };
  return { kind: name, ...served, ...into, read: add };
}

const SLICES: Served = { group: "discovery.k8s.io", versions: ["v1", "v1beta1"] };
const AGGREGATION: Served = { group: "apiregistration.k8s.io", versions: ["v1", "v1beta1"] };
const EXTENSIONS: Served = { group: "apiextensions.k8s.io", versions: ["v1", "v1beta1"] };

/** Every kind that is read. */
export const KINDS: readonly Kind[] = [
  kind("Namespace", CORE, { draft: "namespaces", namespaced: false }, readNamespace),
  kind("Pod", CORE, { draft: "pods", namespaced: true }, readPod),
  kind("Service", CORE, { draft: "services", namespaced: true }, readService),
  kind("Node", CORE, { draft: "nodes", namespaced: false }, readNode),
  kind("EndpointSlice", SLICES, { draft: "endpointSlices", namespaced: true }, readEndpointSlice),
  {
    kind: "Endpoints",
    ...CORE,
    draft: "endpoints",
    namespaced: true,
    read: (manifest, draft) => draft.endpoints.push(...readEndpoints(manifest)),
  },
  ...WORKLOAD_KINDS.map((name) =>
    kind(name, WORKLOAD_SERVED[name], { draft: "workloads", namespaced: true }, readWorkload(name)),
  ),
  kind(
    "CiliumCIDRGroup",
    { ...CILIUM, versions: ["v2", "v2alpha1"] },
    { draft: "cidrGroups", namespaced: false },
    readCidrGroup,
  ),
  kind("CiliumEndpoint", CILIUM, { draft: "ciliumEndpoints", namespaced: true }, readCiliumEndpoint),
  kind("CiliumIdentity", CILIUM, { draft: "ciliumIdentities", namespaced: false }, readCiliumIdentity),
  kind("CiliumNode", CILIUM, { draft: "ciliumNodes", namespaced: false }, readCiliumNode),
  kind("ValidatingWebhookConfiguration", ADMISSION, { draft: "webhooks", namespaced: false }, readWebhook),
  kind("MutatingWebhookConfiguration", ADMISSION, { draft: "webhooks", namespaced: false }, readWebhook),
  kind("APIService", AGGREGATION, { draft: "webhooks", namespaced: false }, readApiService),
  {
    kind: "CustomResourceDefinition",
    ...EXTENSIONS,
    draft: "webhooks",
    namespaced: false,
    read: (manifest, draft) => {
      const conversion = readConversion(manifest);
      if (conversion !== null) draft.webhooks.push(conversion);
      draft.policyCrds.push(...readPolicyCrd(manifest));
    },
  },
  ...POLICY_KINDS.map((name) =>
    kind(
      name,
      POLICY_SERVED[name],
      { draft: "policies", namespaced: POLICY_SERVED[name].namespaced },
      readPolicy(name),
    ),
  ),
];

/**
 * The kind of a manifest by its group: the kind's name alone does not tell (`Service` of serving.knative.dev and
 * `NetworkPolicy` of crd.projectcalico.org are others). `wrong` when the API server would say "no matches for kind",
 * with the apiVersion it serves it under. null when it is no kind that is read.
 */
export function kindOf(
  manifest: Pick<SourceManifest, "apiVersion" | "kind">,
): { readonly kind: Kind } | { readonly wrong: string } | null {
  const named = KINDS.find((kind) => kind.kind === manifest.kind);
  if (named === undefined) return null;
  const { group, version } = groupOf(manifest.apiVersion);
  if (group === named.group && named.versions.includes(version)) return { kind: named };
  if (named.formerly?.[group]?.includes(version)) return { kind: named };
  const ours = KINDS.some((kind) => kind.group === group) || group === "extensions" || named.kind.startsWith("Cilium");
  if (!ours && manifest.apiVersion !== "") return null;
  return { wrong: named.group === "" ? (named.versions[0] ?? "") : `${named.group}/${named.versions[0]}` };
}

/** A kind by its name alone, whatever the apiVersion says: policy tests name kinds only. */
export function kindNamed(name: string): Kind | null {
  return KINDS.find((kind) => kind.kind === name) ?? null;
}
