import type { ExplainedDenial } from "#analysis/holes.ts";
import { endKey } from "#analysis/end-name.ts";
import type { PodEnd } from "#model/conversation.ts";
import { answerFor, between, rulePath, ruleSpec } from "../ask.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { dnsLists, fqdnRules, needsNames, packetsOf, type WrittenName, writtenNames } from "../names.ts";
import { OUTSIDE } from "../probe.ts";
import { holdsFor } from "../subjects.ts";
import { joinFound, withDenials } from "../with-denials.ts";

/** Hosts whose own name is what clients connect to, beside names below it. */
const APEXES: ReadonlySet<string> = new Set([
  "github.com",
  "gitlab.com",
  "bitbucket.org",
  "codeberg.org",
  "ghcr.io",
  "quay.io",
  "pypi.org",
  "discord.com",
  "slack.com",
]);

export const fqdnApex: Check = {
  id: "fqdn-apex",
  severity: "error",
  title: "a pattern that leaves out the name that is asked for",
  why: "`*` in a name pattern stands for the characters of one label (pkg/fqdn/matchpattern): `*.github.com` takes `api.github.com`, but neither `github.com`, from which git clones, nor `a.b.github.com`. A leading `**.` takes several labels from Cilium 1.19 on, still not the apex; in 1.18 it is the same as `*.`.",
  limits:
    "With flows the names that were really asked decide. Without them only a list of hosts is judged whose own name is what clients connect to, as a warning; an application that needs nothing but names below it may ignore it.",
  needs: [],
  find: (world) => {
    const written = fqdnRules(world).flatMap((rule) => [...apexes(world, rule), ...shallow(world, rule)]);
    return joinFound(withDenials(world, written, "fqdn-apex"), refusedApexes(world));
  },
  bad: `
name: git clones from the apex
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: sync, namespace: ci}
    spec:
      endpointSelector: {matchLabels: {app: sync}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
        - toFQDNs: [{matchPattern: "*.github.com"}]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`,
  good: `
name: the apex beside the pattern
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: sync, namespace: ci}
    spec:
      endpointSelector: {matchLabels: {app: sync}}
      egress:
        - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
          toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
        - toFQDNs: [{matchPattern: "*.github.com"}, {matchName: github.com}]
          toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`,
};

/** `*.github.com` where nothing lets the subject reach `github.com`; where the recording tells its names, it decides. */
function apexes(world: LintWorld, rule: LintRule): readonly Found[] {
  const list = `${rulePath(rule)}.toFQDNs`;
  const known = world.subjects(ruleSpec(rule));
  return writtenNames(rule.policy, list).flatMap((name): readonly Found[] => {
    const apex = apexOf(name);
    if (apex === null || !APEXES.has(apex)) return [];
    const subjects = holdsFor(known, (end) => lacksName(world, { rule, apex }, end));
    if (subjects.length === 0) return [];
    return [
      {
        ...{ policy: rule.policy, path: name.path, severity: "warn", subjects: known.isReal ? subjects : [] },
        message: `\`${name.text}\` does not match \`${apex}\` itself, which clients of ${apex} connect to`,
        help: `add \`matchName: ${apex}\``,
        steps: [{ policy: rule.ref.policy, path: list, op: "append", value: { matchName: apex } }],
      },
    ];
  });
}

function apexOf({ text, isPattern }: WrittenName): string | null {
  return isPattern ? (/^\*{1,2}\.([^*]+?)\.?$/.exec(text.toLowerCase())?.[1] ?? null) : null;
}

type Apex = { readonly rule: LintRule; readonly apex: string };

function lacksName(world: LintWorld, { rule, apex }: Apex, end: PodEnd): boolean {
  if (!needsNames(world, rule, end) || isHeard(world, end)) return false;
  return packetsOf(rule).some(
    (packet) => answerFor(world, between(end, OUTSIDE, "egress", { ...packet, names: [apex] }), "egress") === "denied",
  );
}

/** Its questions were recorded: then they tell what it needs. */
function isHeard(world: LintWorld, end: PodEnd): boolean {
  return world.conversations.length > 0 && world.facts.askedBy.has(endKey(end));
}

/** `**.` before 1.19 is `*.`: one label. Told only where the version is. */
function shallow(world: LintWorld, rule: LintRule): readonly Found[] {
  const { policy } = rule;
  if (world.minor !== "1.18" || world.snapshot.cilium.assumed) return [];
  return writtenNames(policy, `${rulePath(rule)}.toFQDNs`)
    .filter(({ text, isPattern }) => isPattern && /^\*\*\../.test(text))
    .map(({ text, path }) => ({
      ...{ policy, path, severity: "warn" as const },
      message: `Cilium 1.18 reads \`${text}\` as \`${text.slice(1)}\`: one label, not several`,
      help: "write a pattern for each depth, or upgrade to 1.19",
    }));
}

/** Questions for an apex that the DNS rule refuses, where it has `*.` of it. */
function refusedApexes(world: LintWorld): readonly Found[] {
  const rules = new Map(world.rules.map((rule) => [`${rule.ref.policy} ${rule.ref.element}`, rule]));
  const found = new Map<string, { readonly found: Found; readonly denials: ExplainedDenial[] }>();
  for (const one of world.denied()) {
    const miss = one.denial.side === "egress" ? refusedApex(one, rules) : null;
    if (miss === null) continue;
    const key = `${miss.policy === null ? "" : miss.policy.name} ${miss.path}`;
    const known = found.get(key) ?? { found: miss, denials: [] };
    known.denials.push(one);
    found.set(key, known);
  }
  return [...found.values()].map(({ found: miss, denials }) => ({
    ...miss,
    subjects: [...new Set(denials.map(({ denial }) => denial.subject))],
    conversations: [...new Set(denials.map(({ denial }) => denial.conversation))],
  }));
}

function refusedApex({ denial }: ExplainedDenial, rules: ReadonlyMap<string, LintRule>): Found | null {
  const names = new Set(
    denial.refused.flatMap(({ request }) => (request.kind === "dns" ? [request.name.replace(/\.$/, "")] : [])),
  );
  if (names.size === 0) return null;
  for (const candidate of denial.walk.candidates) {
    const rule = candidate.deny ? undefined : rules.get(`${candidate.rule.policy} ${candidate.rule.element}`);
    if (rule === undefined || !candidate.peerMatches) continue;
    for (const list of dnsLists(rule)) {
      const name = writtenNames(rule.policy, list).find((one) => names.has(apexOf(one) ?? ""));
      if (name !== undefined) return refusedFound(rule, list, name);
    }
  }
  return null;
}

function refusedFound({ policy, ref }: LintRule, list: string, name: WrittenName): Found {
  const apex = apexOf(name) ?? "";
  return {
    ...{ policy, path: name.path },
    message: `\`${name.text}\` refuses the question for \`${apex}\`: \`*\` stands for exactly one label`,
    help: `add \`matchName: ${apex}\``,
    steps: [{ policy: ref.policy, path: list, op: "append", value: { matchName: apex } }],
  };
}
