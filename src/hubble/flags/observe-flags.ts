import { TRACE_POINTS } from "../print/flow-type.ts";
import { TIME_FORMATS } from "../print/time-format.ts";
import { RESERVED_NAMES } from "../reserved-identities.ts";
import type { HubbleFlag } from "./flag.ts";

const VERDICTS = ["FORWARDED", "DROPPED", "AUDIT", "REDIRECTED", "ERROR", "TRACED", "TRANSLATED"];
const PROTOCOLS = ["icmp", "icmpv4", "icmpv6", "sctp", "tcp", "udp", "vrrp", "igmp", "dns", "http"];
const METHODS = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
const TYPES = [
  "capture",
  "drop",
  "l7",
  "policy-verdict",
  "trace",
  ...[...TRACE_POINTS].sort().map((point) => `trace:${point}`),
  "trace-sock",
];

type More = Pick<HubbleFlag, "alias" | "bare" | "choices">;

function filter(name: string, summary: string, more: More = {}): HubbleFlag {
  return { name, kind: "filter", group: "filters", summary, ...more };
}

/** A filter without a value. */
const BARE: More = { bare: "true" };

/** `--pod`, `--from-pod`, `--to-pod`. */
function ends(name: string, what: string, rest: More = {}, alias?: string): readonly HubbleFlag[] {
  return [
    filter(name, `flows from or to ${what}`, alias === undefined ? rest : { ...rest, alias }),
    filter(`from-${name}`, `flows from ${what}`, rest),
    filter(`to-${name}`, `flows to ${what}`, rest),
  ];
}

const SELECTORS: readonly HubbleFlag[] = [
  { name: "all", kind: "bool", bare: "true", group: "selectors", summary: "all flows; what a recording gives anyway" },
  { name: "first", kind: "uint64", group: "selectors", summary: "the first N flows" },
  { name: "last", kind: "uint64", group: "selectors", summary: "the last N flows, at most 1000000 of a recording" },
  {
    name: "since",
    kind: "string",
    group: "selectors",
    summary: "flows since a time: 90m, 1h43m, or 2026-01-02T15:04:05Z",
  },
  { name: "until", kind: "string", group: "selectors", summary: "flows until a time" },
  {
    name: "follow",
    alias: "f",
    kind: "bool",
    bare: "true",
    group: "selectors",
    summary: "follow; a recording just ends",
  },
];

const FILTERS: readonly HubbleFlag[] = [
  filter("not", "reverse the next filter: --not --from-ip 2.2.2.2", BARE),
  ...ends("pod", "a pod: [namespace/]name-prefix, default where no namespace"),
  ...ends("namespace", "a namespace", {}, "n"),
  ...ends("all-namespaces", "any namespace", BARE, "A"),
  ...ends("workload", "a workload: [kind/]name"),
  ...ends("label", "labels that a selector selects: key=value, reserved:world", {}, "l"),
  ...ends("service", "a service: [namespace/]name-prefix"),
  ...ends("ip", "an address, or a CIDR"),
  filter("snat-ip", "flows translated to a source address, or a CIDR"),
  ...ends("port", "a port"),
  ...ends("fqdn", "a name: *.cilium.io"),
  ...ends("identity", "an identity: a number or a reserved name", { choices: RESERVED_NAMES }),
  ...ends("cluster", "a cluster by its name"),
  filter("type", "event TYPE[:SUBTYPE]", { alias: "t", choices: TYPES }),
  filter("verdict", "a verdict", { choices: VERDICTS }),
  filter("drop-reason-desc", "dropped for a reason: POLICY_DENIED"),
  filter("traffic-direction", "ingress or egress", { choices: ["ingress", "egress"] }),
  filter("protocol", "a protocol of layer 4 or 7", { choices: PROTOCOLS }),
  filter("tcp-flags", "TCP flags, all of a comma separated list: syn,ack"),
  filter("reply", "replies", BARE),
  filter("not-reply", "no replies", BARE),
  filter("encrypted", "encrypted (WireGuard, IPsec)", BARE),
  filter("unencrypted", "not encrypted", BARE),
  filter("ipv4", "IPv4", { alias: "4", bare: "v4" }),
  filter("ipv6", "IPv6", { alias: "6", bare: "v6" }),
  filter("ip-version", "v4, v6 or none", { choices: ["none", "v4", "v6"] }),
  filter("http-status", "an HTTP status, or its beginning: 404, 5+"),
  filter("http-method", "an HTTP method, in any case", { choices: METHODS }),
  filter("http-path", "a regular expression found in the path"),
  filter("http-url", "a regular expression found in the URL"),
  filter("http-header", "a header: key:value"),
  filter("interface", "the interface of observation: eth0"),
  filter("node-name", "nodes: k8s*, test-cluster/*.company.com"),
  filter("node-label", "nodes that a selector selects"),
  filter("uuid", "the flow of this id"),
  filter("trace-id", "a trace id"),
  filter("ip-trace-id", "an IP trace id"),
  filter("cel-expression", "a CEL expression over _flow"),
];

const RAW: readonly HubbleFlag[] = [
  {
    name: "allowlist",
    kind: "stringArray",
    group: "raw-filters",
    summary: "FlowFilters in JSON: flows that one matches",
  },
  {
    name: "denylist",
    kind: "stringArray",
    group: "raw-filters",
    summary: "FlowFilters in JSON: no flows that one matches",
  },
  { name: "print-raw-filters", kind: "bool", bare: "true", group: "raw-filters", summary: "print the filters and end" },
];

const FORMATTING: readonly HubbleFlag[] = [
  {
    name: "output",
    alias: "o",
    kind: "string",
    group: "formatting",
    summary: "how to print; compact when not given",
    choices: ["compact", "dict", "json", "jsonpb", "table"],
  },
  { name: "print-node-name", kind: "bool", bare: "true", group: "formatting", summary: "the node's name too" },
  {
    name: "print-policy-names",
    kind: "bool",
    bare: "true",
    group: "formatting",
    summary: "names of the policies that allowed or denied",
  },
  { name: "time-format", kind: "string", group: "formatting", summary: "how times are written", choices: TIME_FORMATS },
  { name: "numeric", kind: "bool", bare: "true", group: "formatting", summary: "addresses, no names" },
  {
    name: "ip-translation",
    kind: "bool",
    bare: "true",
    group: "formatting",
    summary: "names for addresses; =false as --numeric",
  },
  {
    name: "color",
    kind: "string",
    group: "formatting",
    summary: "colour compact and dict",
    choices: ["auto", "always", "never"],
  },
  {
    name: "field-mask",
    kind: "strings",
    group: "formatting",
    summary: "fields asked of a server; a recording is printed whole",
  },
  {
    name: "use-default-field-masks",
    kind: "bool",
    bare: "true",
    group: "formatting",
    summary: "ask a server for what is printed only",
  },
];

const SERVER: readonly HubbleFlag[] = [
  { name: "server", kind: "string", group: "server", summary: "address of a Hubble server" },
  { name: "timeout", kind: "duration", group: "server", summary: "to connect" },
  { name: "request-timeout", kind: "duration", group: "server", summary: "of requests that are no streams" },
  { name: "tls", kind: "bool", bare: "true", group: "server", summary: "use TLS" },
  { name: "tls-allow-insecure", kind: "bool", bare: "true", group: "server", summary: "do not verify the server" },
  { name: "tls-ca-cert-files", kind: "strings", group: "server", summary: "certificate authorities" },
  { name: "tls-client-cert-file", kind: "string", group: "server", summary: "certificate of the client" },
  { name: "tls-client-key-file", kind: "string", group: "server", summary: "key of the client" },
  { name: "tls-server-name", kind: "string", group: "server", summary: "name in the server's certificate" },
  { name: "basic-auth-username", kind: "string", group: "server", summary: "user" },
  { name: "basic-auth-password", kind: "string", group: "server", summary: "password" },
  { name: "port-forward", alias: "P", kind: "bool", bare: "true", group: "server", summary: "forward Relay's port" },
  { name: "port-forward-port", kind: "uint16", group: "server", summary: "the local port" },
  { name: "kube-context", kind: "string", group: "server", summary: "context of the kubeconfig" },
  { name: "kube-namespace", kind: "string", group: "server", summary: "Cilium's namespace" },
  { name: "kubeconfig", kind: "string", group: "server", summary: "the kubeconfig" },
];

const OTHER: readonly HubbleFlag[] = [
  { name: "input-file", kind: "string", group: "other", summary: "the recording to read; - is standard input" },
  { name: "silent-errors", alias: "s", kind: "bool", bare: "true", group: "other", summary: "no node status messages" },
  { name: "config", kind: "string", group: "other", summary: "a YAML file of flags" },
  { name: "debug", alias: "D", kind: "bool", bare: "true", group: "other", summary: "tell more" },
];

/** Every flag of `hubble observe` at 1.20, with what it does in our words. Upstream: hubble/cmd/observe, hubble/cmd/common/config. */
export const OBSERVE_FLAGS: readonly HubbleFlag[] = [
  ...SELECTORS,
  ...FILTERS,
  ...RAW,
  ...FORMATTING,
  ...SERVER,
  ...OTHER,
];
