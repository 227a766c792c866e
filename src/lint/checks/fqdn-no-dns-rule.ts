import { openDnsEntries, resolverRule } from "#analysis/dns-steps.ts";
import type { EditStep } from "#analysis/edits/edit-step.ts";
import type { PodEnd } from "#model/conversation.ts";
import { rulePath, ruleSpec } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import {
  dnsLists,
  dnsRulesOf,
  fqdnRules,
  needsNames,
  sampleName,
  takesName,
  type WrittenName,
  writtenNames,
} from "../names.ts";
import { holdsFor } from "../subjects.ts";
import { withDenials } from "../with-denials.ts";

export const fqdnNoDnsRule: Check = {
  id: "fqdn-no-dns-rule",
  severity: "error",
  title: "names are allowed, and nothing makes them known",
  why: "A `toFQDNs` rule allows the addresses that Cilium's DNS proxy has seen in answers. Only questions that a rule with `rules.dns` takes go through the proxy (pkg/fqdn/dnsproxy); to allow port 53 is not enough. Without it the rule matches nothing, or only by accident: while another pod on the node looks the same name up.",
  limits:
    "Silent where another policy of the set gives a subject its DNS rule, where it has one for a resolver other than the usual (dns-resolver-mismatch looks at that), and where the addresses are allowed without names. Without objects and flows the resolver is taken to be CoreDNS in kube-system.",
  needs: [],
  yieldsTo: ["dns-rule-by-accident"],
  find: (world) =>
    withDenials(world, [...fqdnRules(world).flatMap((rule) => foundIn(world, rule))], "fqdn-no-dns-rule"),
  bad: `
name: port 53 is allowed, but not through the proxy
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: sync, namespace: ci}
    spec:
      endpointSelector: {matchLabels: {app: sync}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts: [{ports: [{port: "53", protocol: ANY}]}]
        - toFQDNs: [{matchName: api.example.com}]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`,
  good: `
name: the DNS rule stands in another policy
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: sync, namespace: ci}
    spec:
      endpointSelector: {matchLabels: {app: sync}}
      egress:
        - toFQDNs: [{matchName: api.example.com}]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
  - apiVersion: cilium.io/v2
    kind: CiliumClusterwideNetworkPolicy
    metadata: {name: dns}
    spec:
      endpointSelector: {}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
`,
};

function foundIn(world: LintWorld, rule: LintRule): readonly Found[] {
  const known = world.subjects(ruleSpec(rule));
  const unproxied = holdsFor(known, (end) => isUnproxied(world, rule, end));
  if (unproxied.length > 0) return [unproxiedFound(world, rule, unproxied)];
  const names = writtenNames(rule.policy, `${rulePath(rule)}.toFQDNs`);
  return names.flatMap((name) => {
    const unasked = holdsFor(known, (end) => isUnasked(world, { rule, name }, end));
    return unasked.length === 0 ? [] : [unaskedFound(rule, name, known.isReal ? unasked : [])];
  });
}

function isUnproxied(world: LintWorld, rule: LintRule, end: PodEnd): boolean {
  if (!needsNames(world, rule, end) || world.set.names.isProxied(end)) return false;
  return dnsRulesOf(world, end).every((one) => dnsLists(one).length === 0);
}

/** The proxy is there, but refuses the question: no `rules.dns` of the subject takes the name. */
function isUnasked(
  world: LintWorld,
  { rule, name }: { readonly rule: LintRule; readonly name: WrittenName },
  end: PodEnd,
): boolean {
  const { names } = world.set;
  if (!needsNames(world, rule, end) || !names.isProxied(end) || names.mayAsk(end, sampleName(name))) return false;
  const filters = dnsRulesOf(world, end).flatMap((one) =>
    dnsLists(one).flatMap((list) => writtenNames(one.policy, list)),
  );
  return filters.every((filter) => !mayOverlap(filter, name, world));
}

function mayOverlap(filter: WrittenName, name: WrittenName, { minor }: LintWorld): boolean {
  if (takesName(filter, sampleName(name), minor) || takesName(name, sampleName(filter), minor)) return true;
  const tail = ({ text }: WrittenName) =>
    text
      .slice(text.lastIndexOf("*") + 1)
      .replace(/\.$/, "")
      .toLowerCase();
  const [one, other] = [tail(filter), tail(name)];
  return filter.isPattern && name.isPattern && (one.endsWith(other) || other.endsWith(one));
}

function unproxiedFound(world: LintWorld, rule: LintRule, subjects: readonly PodEnd[]): Found {
  const open = subjects.slice(0, 5).flatMap((end) => openDnsEntries(end, world.causes));
  const unique = [...new Map(open.map((step) => [`${step.policy} ${step.path}`, step])).values()];
  const spec = ruleSpec(rule);
  const added: EditStep = { policy: rule.ref.policy, path: `${spec.path}.egress`, op: "append", value: resolverRule() };
  const lack =
    unique.length > 0
      ? "port 53 is allowed without `rules.dns`: Cilium never sees the answers"
      : "no rule sends its DNS through Cilium's proxy";
  return {
    policy: rule.policy,
    path: `${rulePath(rule)}.toFQDNs`,
    message: `${lack}, so nothing makes ${namesText(rule)} known and the rule matches nothing, or only by accident`,
    help:
      unique.length > 0
        ? 'give the rule for port 53 `rules: {dns: [{matchPattern: "*"}]}`'
        : 'add an egress rule for the resolver with `rules: {dns: [{matchPattern: "*"}]}`',
    ...(world.subjects(spec).isReal ? { subjects } : {}),
    steps: unique.length > 0 ? unique : [added],
  };
}

function unaskedFound({ policy }: LintRule, name: WrittenName, subjects: readonly PodEnd[]): Found {
  const message = `no \`rules.dns\` lets it ask for \`${name.text}\`: the proxy refuses the question, so the name is never known`;
  return { policy, path: name.path, message, help: "add the name to the `rules.dns` of its DNS rule", subjects };
}

function namesText(rule: LintRule): string {
  const [first, ...rest] = writtenNames(rule.policy, `${rulePath(rule)}.toFQDNs`).map(({ text }) => `\`${text}\``);
  return rest.length === 0 ? (first ?? "its names") : `${first ?? ""} (and ${rest.length} more)`;
}
