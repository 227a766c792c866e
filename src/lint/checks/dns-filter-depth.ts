import type { EditStep } from "#analysis/edits/edit-step.ts";
import type { ExplainedDenial } from "#analysis/holes.ts";
import type { PodEnd } from "#model/conversation.ts";
import { ruleSpec } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { dnsLists, takesName, type WrittenName, writtenNames } from "../names.ts";
import { holdsFor } from "../subjects.ts";
import { joinFound } from "../with-denials.ts";

export const dnsFilterDepth: Check = {
  id: "dns-filter-depth",
  severity: "error",
  title: "a DNS pattern that is one label too short",
  why: "`*` in a name pattern stands for the characters of one label (pkg/fqdn/matchpattern): `*.svc.cluster.local` takes `shop.svc.cluster.local`, which nobody asks for, and refuses `cart.shop.svc.cluster.local`, a Service's name. The proxy refuses such a question for real, under audit mode too.",
  limits:
    "Without flows only the patterns for the cluster's own names are judged, which no Service's name can match. Silent where another DNS rule of the subject takes the names.",
  needs: [],
  find: (world) => joinFound(inCluster(world), shown(world)),
  bad: `
name: Services have two labels before svc
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts:
            - ports: [{port: "53", protocol: ANY}]
              rules: {dns: [{matchPattern: "*.svc.cluster.local"}]}
`,
  good: `
name: one more label
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts:
            - ports: [{port: "53", protocol: ANY}]
              rules: {dns: [{matchPattern: "*.*.svc.cluster.local"}, {matchPattern: "*.svc.cluster.local"}]}
`,
};

/** A Service's name, wherever it is. */
const SERVICE = "recorded-name.recorded-name.svc.cluster.local";

/** Patterns for the cluster's names that no name of a Service can match. */
function inCluster(world: LintWorld): readonly Found[] {
  return world.rules.flatMap((rule) =>
    rule.deny
      ? []
      : dnsLists(rule).flatMap((list) =>
          writtenNames(rule.policy, list)
            .filter(({ text, isPattern }) => isPattern && /^\*\.(?:svc\.)?cluster\.local\.?$/i.test(text))
            .flatMap((name) => foundIn(world, rule, { list, name })),
        ),
  );
}

type Entry = { readonly list: string; readonly name: WrittenName };

function foundIn(world: LintWorld, rule: LintRule, { list, name }: Entry): readonly Found[] {
  const known = world.subjects(ruleSpec(rule));
  const { isProxied, mayAsk } = world.set.names;
  const subjects = holdsFor(known, (end) => isProxied(end) && !mayAsk(end, SERVICE) && !asksOtherwise(world, end));
  if (subjects.length === 0) return [];
  const takes = name.text.replace("*", "shop");
  return [
    {
      ...{ policy: rule.policy, path: name.path, subjects: known.isReal ? subjects : [] },
      message: `\`*\` is one label: \`${name.text}\` takes \`${takes}\` and no Service's name such as \`cart.shop.svc.cluster.local\``,
      help: "write `*.*.svc.cluster.local`",
      steps: [deeper(rule.ref.policy, list, "*.*.svc.cluster.local")],
    },
  ];
}

/** Some Services' names are let all the same: a rule for one namespace may be all that it needs. */
function asksOtherwise(world: LintWorld, end: PodEnd): boolean {
  return world.set.names.mayAsk(end, `recorded-name.${end.namespace}.svc.cluster.local`);
}

function deeper(policy: string, path: string, matchPattern: string): EditStep {
  return { policy, path, op: "append", value: { matchPattern } };
}

/** Questions that were refused and that a pattern would take if its `*` went over dots. */
function shown(world: LintWorld): readonly Found[] {
  const rules = new Map(world.rules.map((rule) => [`${rule.ref.policy} ${rule.ref.element}`, rule]));
  const found = new Map<string, { readonly found: Found; readonly denials: ExplainedDenial[] }>();
  for (const one of world.denied()) {
    for (const refused of refusedNames(one)) {
      const miss = missedBy(world, one, { refused, rules });
      if (miss === null) continue;
      const key = `${miss.policy === null ? "" : miss.policy.name} ${miss.path} ${miss.message}`;
      const known = found.get(key) ?? { found: miss, denials: [] };
      known.denials.push(one);
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ found: one, denials }) => ({
    ...one,
    subjects: [...new Set(denials.map(({ denial }) => denial.subject))],
    conversations: [...new Set(denials.map(({ denial }) => denial.conversation))],
  }));
}

function refusedNames({ denial }: ExplainedDenial): readonly string[] {
  if (denial.side !== "egress") return [];
  return denial.refused.flatMap(({ request }) => (request.kind === "dns" ? [request.name.replace(/\.$/, "")] : []));
}

type Refusal = { readonly refused: string; readonly rules: ReadonlyMap<string, LintRule> };

function missedBy(world: LintWorld, { denial }: ExplainedDenial, { refused, rules }: Refusal): Found | null {
  for (const candidate of denial.walk.candidates) {
    const rule = candidate.deny ? undefined : rules.get(`${candidate.rule.policy} ${candidate.rule.element}`);
    if (rule === undefined || !candidate.peerMatches) continue;
    for (const list of dnsLists(rule)) {
      const name = writtenNames(rule.policy, list).find((one) => isTooShort(one, refused, world));
      if (name !== undefined) return missFound(rule, { list, name }, refused);
    }
  }
  return null;
}

/** The pattern would take the name if `*` stood for several labels. Every `*` must be a label of its own. */
function isTooShort(name: WrittenName, refused: string, { minor }: LintWorld): boolean {
  const { text, isPattern } = name;
  const labels = text.toLowerCase().replace(/\.$/, "").split(".");
  if (!isPattern || !labels.includes("*") || labels.length < 2 || takesName(name, refused, minor)) return false;
  const escaped = labels.map((label) =>
    label === "*" ? ".+" : label.replace(/[^a-z0-9_-]/g, (one) => (one === "*" ? "[^.]*" : `\\${one}`)),
  );
  return new RegExp(`^${escaped.join("\\.")}$`).test(refused.toLowerCase());
}

function missFound({ policy, ref }: LintRule, { list, name }: Entry, refused: string): Found {
  const depth = refused.split(".").length - name.text.replace(/\.$/, "").split(".").length;
  const pattern = name.text.replace("*", `*${".*".repeat(depth)}`);
  return {
    ...{ policy, path: name.path },
    message: `\`*\` is one label: \`${name.text}\` refuses \`${refused}\`, which has ${depth} more`,
    help: `add \`${pattern}\``,
    steps: [deeper(ref.policy, list, pattern)],
  };
}
