/** What a kind of result means, for tools that show a description beside each result. */
export type RuleHelp = { readonly title: string; readonly help: string };

/** By id: the causes of holes, and what else a rehearsal reports. Ids are those of the checks where there is one. */
export const RULE_HELP: Readonly<Record<string, RuleHelp>> = {
  "no-rule": {
    title: "No rule allows this traffic",
    help: "The traffic was seen while recording, and no rule of the policies that select its endpoint allows it. Add a rule, or decide that it is unwanted.",
  },
  "deny-rule": {
    title: "A deny rule refuses this traffic",
    help: "A deny rule takes precedence over every allow rule of its tier. Narrow the deny rule, or decide that the traffic is unwanted.",
  },
  "fqdn-no-dns-rule": {
    title: "toFQDNs without a DNS rule for the same endpoints",
    help: "Cilium learns the addresses of names from DNS answers that pass its proxy. Without rules.dns on the rule that allows DNS, toFQDNs matches only by accident.",
  },
  "fqdn-apex": {
    title: "A wildcard does not match its own domain",
    help: "`*.example.com` matches names below example.com, not example.com itself. Add matchName for the domain.",
  },
  "fqdn-search-domain": {
    title: "The name asked for carries a search domain",
    help: "The resolver appended a search domain, so the name that the DNS proxy sees is not the one in the rule. Allow it in rules.dns, or ask with a final dot.",
  },
  "dns-missing": {
    title: "Egress default deny without a way to DNS",
    help: "The endpoint may no longer ask its resolver. Allow DNS to it, with rules.dns where toFQDNs is used.",
  },
  "dns-resolver-mismatch": {
    title: "The DNS rule takes another resolver than the one that is asked",
    help: "Policies see the resolver's pod and container port: give the DNS rule the labels and the port of the resolver that is really asked.",
  },
  "deny-only-default-deny": {
    title: "Deny rules alone switch default deny on",
    help: "A policy with only deny rules isolates its endpoints all the same: what no rule allows is refused. Set enableDefaultDeny to false for that direction, or add allow rules.",
  },
  "port-service": {
    title: "The rule names the Service port instead of the container port",
    help: "Policies are decided after Service translation: toPorts must name the port on which the pod listens.",
  },
  "ns-scope": {
    title: "The peer selector stays in the policy's namespace",
    help: "In a CiliumNetworkPolicy a peer selector without a namespace label selects pods of the policy's own namespace only. Name the peer's namespace.",
  },
  "webhook-ingress": {
    title: "The API server may not call this webhook",
    help: "Calls of the API server arrive from kube-apiserver, remote-node or the host. Allow them on the webhook's container port.",
  },
  "peer-matches-nothing": {
    title: "The peer selector matches no endpoint",
    help: "No pod of the objects or the recording carries these labels. Correct the selector.",
  },
  "hairpin-dead": {
    title: "A hairpin: own traffic through the public address",
    help: "The public address becomes the ingress controller's pod before policy is asked: FQDN and CIDR rules never match it, and it arrives as a pod, not as world.",
  },
  "scrape-missing": {
    title: "No rule admits the metrics scrape",
    help: "Allow the scraper's pods on the metrics port.",
  },
  "hostnet-peer": {
    title: "The peer runs on the host network",
    help: "Pods with hostNetwork have their node's identity: pod selectors never match them. Use toEntities or fromEntities: host, remote-node.",
  },
  "node-entity": {
    title: "The peer is a node",
    help: "Nodes are the entities host and remote-node (and kube-apiserver): neither pod selectors nor CIDRs match them by default.",
  },
  "cidr-cluster": {
    title: "A CIDR is meant for pods or nodes",
    help: "CIDR rules match addresses outside the cluster only. Use selectors or entities for what Cilium manages.",
  },
  "newly-allowed": {
    title: "The proposal allows what is refused today",
    help: "The policies in force deny this recorded traffic and the proposal lets it through.",
  },
  undecided: {
    title: "A fact is missing to decide this traffic",
    help: "Neither safe nor broken. The message says what would decide it.",
  },
  "not-proven": {
    title: "The recording cannot show this",
    help: "No hole is known, but the evidence does not reach far enough to say that there is none.",
  },
  "dead-rule": {
    title: "A rule that decided nothing",
    help: "No conversation of the recording is decided by this rule.",
  },
  "unknown-field": {
    title: "A field that does not exist",
    help: "The API server drops fields that the CRD does not know without a word: the rule does not do what it says.",
  },
  schema: {
    title: "The API server refuses this object",
    help: "The object breaks the CRD's schema: it cannot be applied. It is decided here as it is written.",
  },
  "duplicate-key": {
    title: "A key stands twice in a mapping",
    help: "Only one of the two counts, and readers differ on which.",
  },
  "duplicate-object": {
    title: "An object is given twice",
    help: "Of one kind, namespace and name the last one given is taken.",
  },
  "unknown-kind": {
    title: "A kind that is not read",
    help: "Objects of this kind change no decision of Cilium's policy engine, or are not known to ringfence.",
  },
  "kind-not-enforced": {
    title: "The agents ignore this kind of policy",
    help: "The agents' configuration switches this kind off: its policies protect and allow nothing.",
  },
  "unrendered-placeholder": {
    title: "A placeholder that was not filled in",
    help: "The text is judged as it stands. Render the manifests first.",
  },
  "helm-template": {
    title: "A template that was not rendered",
    help: "Render it, and give the result on standard input.",
  },
  kustomization: {
    title: "A kustomization changes these objects",
    help: "Build it, and give the result on standard input.",
  },
  "no-objects": {
    title: "No objects were given",
    help: "Without objects, pods, Services and the policies in force are known only as far as the flows tell.",
  },
  "status-invalid": {
    title: "The agent rejects this policy",
    help: "A rejected policy protects and allows nothing. Correct it.",
  },
};

/** Help for any id: ids that the table does not know get their own name as title. */
export function ruleHelp(id: string): RuleHelp {
  return RULE_HELP[id] ?? { title: id.replaceAll("-", " "), help: "See the message." };
}
