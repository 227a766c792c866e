import type { CiliumMinor } from "#model/profile.ts";
import { ENDPOINT_SELECTOR, ICMP_FIELD, LABEL, LABEL_SELECTOR, TIME } from "./own-types.ts";
import {
  BOOL,
  type GoShape,
  INT32,
  list,
  map,
  named,
  pointers,
  type StructShape,
  struct,
  TEXT,
  UINT64,
  UINT8,
} from "./shape.ts";
import { OBJECT_META, TYPE_META } from "./kubernetes-types.ts";
import { DIFFERENCES, type Differences } from "../versions.ts";

// The Go structs of CiliumNetworkPolicy (a CiliumClusterwideNetworkPolicy is read into the same ones).
// Upstream: pkg/policy/api, pkg/k8s/apis/cilium.io/v2/cnp_types.go.

const SELECTORS = list(ENDPOINT_SELECTOR, "[]api.EndpointSelector");
const SECRET = struct("api.Secret", { namespace: TEXT, name: TEXT });

const TLS_CONTEXT = struct("api.TLSContext", {
  secret: SECRET,
  trustedCA: TEXT,
  certificate: TEXT,
  privateKey: TEXT,
});

const LISTENER = struct("api.Listener", {
  envoyConfig: struct("api.EnvoyConfig", { kind: TEXT, name: TEXT }),
  name: TEXT,
  priority: UINT8,
});

const PORTS = list(
  struct("api.PortProtocol", { port: TEXT, endPort: INT32, protocol: named("api.L4Proto") }),
  "[]api.PortProtocol",
);

const HTTP_RULE = struct("api.PortRuleHTTP", {
  path: TEXT,
  method: TEXT,
  host: TEXT,
  headers: list(TEXT),
  headerMatches: pointers(
    struct("api.HeaderMatch", { mismatch: named("api.MismatchAction"), name: TEXT, secret: SECRET, value: TEXT }),
  ),
});

const DNS_RULE = struct("api.PortRuleDNS", { matchName: TEXT, matchPattern: TEXT });

const KAFKA_RULE = struct("kafka.PortRule", {
  role: TEXT,
  apiKey: TEXT,
  apiVersion: TEXT,
  clientID: TEXT,
  topic: TEXT,
});

const L7_RULE = map(TEXT, "api.PortRuleL7");

function l7Rules(differs: Differences): StructShape {
  const name = (goName: string): string | undefined => (differs.namedRuleLists ? goName : undefined);
  const parsers: Readonly<Record<string, GoShape>> = differs.parsers
    ? { kafka: list(KAFKA_RULE), l7proto: TEXT, l7: list(L7_RULE, name("api.PortRulesL7")) }
    : {};
  return struct("api.L7Rules", {
    http: list(HTTP_RULE, name("api.PortRulesHTTP")),
    dns: list(DNS_RULE, name("api.PortRulesDNS")),
    ...parsers,
  });
}

function portRules(differs: Differences): GoShape {
  const rule = struct("api.PortRule", {
    ports: PORTS,
    terminatingTLS: TLS_CONTEXT,
    originatingTLS: TLS_CONTEXT,
    serverNames: list(named("api.ServerName")),
    listener: LISTENER,
    rules: l7Rules(differs),
  });
  return list(rule, "api.PortRules");
}

const PORT_DENY_RULES = list(struct("api.PortDenyRule", { ports: PORTS }), "api.PortDenyRules");
const ICMPS = list(struct("api.ICMPRule", { fields: list(ICMP_FIELD, "[]api.ICMPField") }), "api.ICMPRules");
const AUTHENTICATION = struct("api.Authentication", { mode: named("api.AuthenticationMode") });
const CIDRS = list(named("api.CIDR"), "api.CIDRSlice");
const ENTITIES = list(named("api.Entity"), "api.EntitySlice");

const GROUPS = list(
  struct("api.Groups", {
    aws: struct("api.AWSGroup", {
      labels: map(TEXT),
      securityGroupsIds: list(TEXT),
      securityGroupsNames: list(TEXT),
      region: TEXT,
    }),
  }),
);

/** The selector of a service has no UnmarshalJSON of its own: the label selector is an embedded pointer. */
const SERVICE_SELECTOR = struct("api.ServiceSelector", {}, { LabelSelector: LABEL_SELECTOR });

const SERVICES = list(
  struct("api.Service", {
    k8sServiceSelector: struct("api.K8sServiceSelectorNamespace", { selector: SERVICE_SELECTOR, namespace: TEXT }),
    k8sService: struct("api.K8sServiceNamespace", { serviceName: TEXT, namespace: TEXT }),
  }),
);

const FQDN_SELECTORS = list(
  struct("api.FQDNSelector", { matchName: TEXT, matchPattern: TEXT }),
  "api.FQDNSelectorSlice",
);

function cidrRules(differs: Differences): GoShape {
  const rule = struct("api.CIDRRule", {
    cidr: named("api.CIDR"),
    cidrGroupRef: named("api.CIDRGroupRef"),
    cidrGroupSelector: differs.cidrGroupSelector === "kubernetes" ? LABEL_SELECTOR : ENDPOINT_SELECTOR,
    except: list(named("api.CIDR")),
  });
  return list(rule, "api.CIDRRuleSlice");
}

function ingressCommon(differs: Differences): StructShape {
  return struct("api.IngressCommonRule", {
    fromEndpoints: SELECTORS,
    fromRequires: differs.requires === "selectors" ? SELECTORS : list(TEXT),
    fromCIDR: CIDRS,
    fromCIDRSet: cidrRules(differs),
    fromEntities: ENTITIES,
    fromGroups: GROUPS,
    fromNodes: SELECTORS,
  });
}

function egressCommon(differs: Differences): StructShape {
  return struct("api.EgressCommonRule", {
    toEndpoints: SELECTORS,
    toRequires: differs.requires === "selectors" ? SELECTORS : list(TEXT),
    toCIDR: CIDRS,
    toCIDRSet: cidrRules(differs),
    toEntities: ENTITIES,
    toServices: SERVICES,
    toGroups: GROUPS,
    toNodes: SELECTORS,
  });
}

function rule(differs: Differences): StructShape {
  const ingress = { IngressCommonRule: ingressCommon(differs) };
  const egress = { EgressCommonRule: egressCommon(differs) };
  const toPorts = portRules(differs);
  const allow = { toPorts, icmps: ICMPS, authentication: AUTHENTICATION };
  const deny = { toPorts: PORT_DENY_RULES, icmps: ICMPS };
  return struct("api.Rule", {
    endpointSelector: ENDPOINT_SELECTOR,
    nodeSelector: ENDPOINT_SELECTOR,
    ingress: list(struct("api.IngressRule", allow, ingress)),
    ingressDeny: list(struct("api.IngressDenyRule", deny, ingress)),
    egress: list(struct("api.EgressRule", { ...allow, toFQDNs: FQDN_SELECTORS }, egress)),
    egressDeny: list(struct("api.EgressDenyRule", deny, egress)),
    labels: list(LABEL, "labels.LabelArray"),
    enableDefaultDeny: struct("api.DefaultDenyConfig", { ingress: BOOL, egress: BOOL }),
    description: TEXT,
    log: struct("api.LogConfig", { value: TEXT }),
  });
}

const NODE_STATUS = struct("v2.CiliumNetworkPolicyNodeStatus", {
  ok: BOOL,
  error: TEXT,
  lastUpdated: TIME,
  localPolicyRevision: UINT64,
  enforcing: BOOL,
  annotations: map(TEXT),
});

const STATUS = struct("v2.CiliumNetworkPolicyStatus", {
  derivativePolicies: map(NODE_STATUS),
  conditions: list(
    struct("v2.NetworkPolicyCondition", {
      type: named("v2.PolicyConditionType"),
      status: named("v1.ConditionStatus"),
      lastTransitionTime: TIME,
      reason: TEXT,
      message: TEXT,
    }),
  ),
});

function ciliumNetworkPolicy(differs: Differences): StructShape {
  const spec = rule(differs);
  return struct(
    "v2.CiliumNetworkPolicy",
    { metadata: OBJECT_META, spec, specs: pointers(spec, "api.Rules"), status: STATUS },
    { TypeMeta: TYPE_META },
  );
}

export const CILIUM_NETWORK_POLICY: Readonly<Record<CiliumMinor, StructShape>> = {
  "1.18": ciliumNetworkPolicy(DIFFERENCES["1.18"]),
  "1.19": ciliumNetworkPolicy(DIFFERENCES["1.19"]),
  "1.20": ciliumNetworkPolicy(DIFFERENCES["1.20"]),
};
