/** What worlds must hold now and then, by the text that shows it. A feature that is never made is never tested. */
export const FEATURES: readonly (readonly [name: string, sign: RegExp])[] = [
  ...keys(
    ...["spec", "specs", "ingress", "egress", "ingressDeny", "egressDeny", "enableDefaultDeny", "nodeSelector"],
    ...["fromEndpoints", "toEndpoints", "fromEntities", "toEntities", "fromCIDR", "toCIDR", "fromCIDRSet", "toCIDRSet"],
    ...["fromNodes", "toNodes", "fromGroups", "toGroups", "fromRequires", "toRequires", "toServices", "toFQDNs"],
    ...["k8sService", "k8sServiceSelector", "cidrGroupRef", "cidrGroupSelector", "except", "matchName", "matchPattern"],
    ...["toPorts", "icmps", "endPort", "authentication", "http", "dns", "kafka", "l7proto", "listener", "serverNames"],
    ...["terminatingTLS", "originatingTLS", "headers", "headerMatches", "mismatch", "secret", "log", "description"],
    ...["matchLabels", "matchExpressions", "podSelector", "namespaceSelector", "ipBlock", "policyTypes"],
    ...["tier", "subject", "networks", "domainNames", "nodes", "namespaces", "destinationPort", "destinationNamedPort"],
    ...["range", "sctp", "tcp", "udp", "hostNetwork", "nodeName", "serviceAccountName", "containerPort", "seenBy"],
    ...["dnsQuery", "serverName", "icmpType", "policyEnforcementMode", "allowLocalhost", "policyCIDRMatchMode"],
    ...["clusterName", "policyDefaultLocalCluster", "enableL7Proxy", "enableSCTP", "enableICMPRules"],
    ...["enableNodeSelectorLabels", "enableExtendedIPProtocols", "enableNonDefaultDenyPolicies", "policyAuditMode"],
  ),
  ...kinds(
    ...["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "NetworkPolicy", "ClusterNetworkPolicy"],
    ...["CiliumCIDRGroup", "Namespace", "Node", "Pod", "Service", "EndpointSlice"],
  ),
  ...values(
    ...["Accept", "Deny", "Pass", "Admin", "Baseline", "In", "NotIn", "Exists", "DoesNotExist"],
    ...["required", "test-always-fail", "always", "never", "policy", "pods", "cluster-mesh", "kube-apiserver", "none"],
    ...["TCP", "UDP", "SCTP", "ANY", "ICMP", "ICMPv6", "VRRP", "GRE", "EchoRequest", "produce", "default", "east"],
    ...["reserved:host", "reserved:remote-node", "reserved:kube-apiserver", "reserved:world", "reserved:health"],
    ...["reserved:ingress", "reserved:init", "reserved:unmanaged", "reserved:world-ipv6", "10.10.0.2", "10.0.1.1"],
    ...["*", "**.github.com", "github.com.", "0.0.0.0/0", "::/0", "::ffff:8.8.8.8/128", "8.8.8.8", "2001:db8::1"],
  ),
  ["dual stack", /"ipv4":true,"ipv6":true/],
  ["IPv6 alone", /"ipv4":false,"ipv6":true/],
  ["a Service without selector", /"spec":\{"ports":\[\{"port":80\}\]\}/],
  ["an endpoint that is not ready", /"ready":false/],
  ["a named port", /"port":"web"/],
  ["port 0", /"port":"0"/],
  ["an octal port", /"port":"0120"/],
  ["an empty list of ports", /"ports":\[\]/],
  ["an empty list of peers", /"(from|to)(Endpoints|Entities|CIDR)":\[\]/],
  ["an empty rule", /"ingress":\[[^\]]*\{\}/],
  ["a namespace by label", /io\.cilium\.k8s\.namespace\.labels\./],
  ["a namespace by name", /k8s:io\.kubernetes\.pod\.namespace/],
  ["a reserved key", /"reserved:host":""/],
  ["a key with a dot after its source", /"reserved\.host"/],
  ["both spec and specs", /\}\},"specs":\[|\]\},"specs":\[/],
  ["a priority that two policies share", /"priority":10\b/],
  ["an unknown field", /"unknown":"x"/],
  ["a null", /:null/],
];

type Feature = readonly [name: string, sign: RegExp];

function keys(...names: readonly string[]): readonly Feature[] {
  return names.map((name) => [`key ${name}`, new RegExp(`"${escape(name)}":`)]);
}

function kinds(...names: readonly string[]): readonly Feature[] {
  return names.map((name) => [`kind ${name}`, new RegExp(`"kind":"${name}"`)]);
}

function values(...texts: readonly string[]): readonly Feature[] {
  return texts.map((text) => [`value ${text}`, new RegExp(`"${escape(text)}"[,\\]}]`)]);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
