import { BOOL, INT32, INT64, list, map, named, type StructShape, struct, TEXT } from "./shape.ts";
import { INT_OR_STRING, LABEL_SELECTOR, RAW, TIME } from "./own-types.ts";

// The Go structs of Kubernetes' own kinds: apimachinery's for CiliumNetworkPolicy and ClusterNetworkPolicy, Cilium's slim
// copies for NetworkPolicy.

export const TYPE_META = struct("v1.TypeMeta", { kind: TEXT, apiVersion: TEXT });

const UID = named("types.UID");

const SLIM_OWNER = struct("v1.OwnerReference", {
  apiVersion: TEXT,
  kind: TEXT,
  name: TEXT,
  uid: UID,
  controller: BOOL,
});

const SLIM_META = struct("v1.ObjectMeta", {
  name: TEXT,
  generateName: TEXT,
  namespace: TEXT,
  uid: UID,
  resourceVersion: TEXT,
  generation: INT64,
  deletionTimestamp: TIME,
  labels: map(TEXT),
  annotations: map(TEXT),
  ownerReferences: list(SLIM_OWNER),
});

const OWNER = struct("v1.OwnerReference", {
  apiVersion: TEXT,
  kind: TEXT,
  name: TEXT,
  uid: UID,
  controller: BOOL,
  blockOwnerDeletion: BOOL,
});

const MANAGED_FIELDS = struct("v1.ManagedFieldsEntry", {
  manager: TEXT,
  operation: named("v1.ManagedFieldsOperationType"),
  apiVersion: TEXT,
  time: TIME,
  fieldsType: TEXT,
  fieldsV1: RAW,
  subresource: TEXT,
});

export const OBJECT_META = struct("v1.ObjectMeta", {
  name: TEXT,
  generateName: TEXT,
  namespace: TEXT,
  selfLink: TEXT,
  uid: UID,
  resourceVersion: TEXT,
  generation: INT64,
  creationTimestamp: TIME,
  deletionTimestamp: TIME,
  deletionGracePeriodSeconds: INT64,
  labels: map(TEXT),
  annotations: map(TEXT),
  ownerReferences: list(OWNER),
  finalizers: list(TEXT),
  managedFields: list(MANAGED_FIELDS),
});

const KNP_PORT = struct("v1.NetworkPolicyPort", {
  protocol: named("v1.Protocol"),
  port: INT_OR_STRING,
  endPort: INT32,
});

const KNP_PEER = struct("v1.NetworkPolicyPeer", {
  podSelector: LABEL_SELECTOR,
  namespaceSelector: LABEL_SELECTOR,
  ipBlock: struct("v1.IPBlock", { cidr: TEXT, except: list(TEXT) }),
});

export const NETWORK_POLICY: StructShape = struct(
  "v1.NetworkPolicy",
  {
    metadata: SLIM_META,
    spec: struct("v1.NetworkPolicySpec", {
      podSelector: LABEL_SELECTOR,
      ingress: list(struct("v1.NetworkPolicyIngressRule", { ports: list(KNP_PORT), from: list(KNP_PEER) })),
      egress: list(struct("v1.NetworkPolicyEgressRule", { ports: list(KNP_PORT), to: list(KNP_PEER) })),
      policyTypes: list(named("v1.PolicyType")),
    }),
  },
  { TypeMeta: TYPE_META },
);

const KCNP_PORT = struct("v1alpha2.Port", {
  number: INT32,
  range: struct("v1alpha2.PortRange", { start: INT32, end: INT32 }),
});

const KCNP_PROTOCOLS = list(
  struct("v1alpha2.ClusterNetworkPolicyProtocol", {
    tcp: struct("v1alpha2.ClusterNetworkPolicyProtocolTCP", { destinationPort: KCNP_PORT }),
    udp: struct("v1alpha2.ClusterNetworkPolicyProtocolUDP", { destinationPort: KCNP_PORT }),
    sctp: struct("v1alpha2.ClusterNetworkPolicyProtocolSCTP", { destinationPort: KCNP_PORT }),
    destinationNamedPort: TEXT,
  }),
);

const NAMESPACED_POD = struct("v1alpha2.NamespacedPod", {
  namespaceSelector: LABEL_SELECTOR,
  podSelector: LABEL_SELECTOR,
});

const KCNP_ACTION = named("v1alpha2.ClusterNetworkPolicyRuleAction");

const KCNP_INGRESS = struct("v1alpha2.ClusterNetworkPolicyIngressRule", {
  name: TEXT,
  action: KCNP_ACTION,
  from: list(struct("v1alpha2.ClusterNetworkPolicyIngressPeer", { namespaces: LABEL_SELECTOR, pods: NAMESPACED_POD })),
  protocols: KCNP_PROTOCOLS,
});

const KCNP_EGRESS = struct("v1alpha2.ClusterNetworkPolicyEgressRule", {
  name: TEXT,
  action: KCNP_ACTION,
  to: list(
    struct("v1alpha2.ClusterNetworkPolicyEgressPeer", {
      namespaces: LABEL_SELECTOR,
      pods: NAMESPACED_POD,
      nodes: LABEL_SELECTOR,
      networks: list(named("v1alpha2.CIDR")),
      domainNames: list(named("v1alpha2.DomainName")),
    }),
  ),
  protocols: KCNP_PROTOCOLS,
});

const CONDITION = struct("v1.Condition", {
  type: TEXT,
  status: named("v1.ConditionStatus"),
  observedGeneration: INT64,
  lastTransitionTime: TIME,
  reason: TEXT,
  message: TEXT,
});

export const CLUSTER_NETWORK_POLICY: StructShape = struct(
  "v1alpha2.ClusterNetworkPolicy",
  {
    metadata: OBJECT_META,
    spec: struct("v1alpha2.ClusterNetworkPolicySpec", {
      tier: named("v1alpha2.Tier"),
      priority: INT32,
      subject: struct("v1alpha2.ClusterNetworkPolicySubject", { namespaces: LABEL_SELECTOR, pods: NAMESPACED_POD }),
      ingress: list(KCNP_INGRESS),
      egress: list(KCNP_EGRESS),
    }),
    status: struct("v1alpha2.ClusterNetworkPolicyStatus", { conditions: list(CONDITION) }),
  },
  { TypeMeta: TYPE_META },
);
