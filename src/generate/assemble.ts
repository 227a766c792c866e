import type { Direction } from "#model/decision.ts";
import type { JsonObject } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";
import { ciliumRule, scoped } from "./cilium-rule.ts";
import { collapseSubjects } from "./collapse.ts";
import { peerKey, type RuleDraft } from "./draft.ts";
import { type Group, objectName } from "./group.ts";
import { kubernetesRule } from "./kubernetes-rule.ts";
import { EVERY_POD, type LabelSelector } from "./label-selector.ts";
import type { Stage } from "./stage.ts";

/** A policy object with the drafts that its rules were made from. `path`: below the object. */
export type DraftPolicy = {
  readonly policy: PolicyObject;
  readonly groups: readonly Group[];
  readonly notes: readonly string[];
  readonly rules: readonly PlacedRule[];
};

/** A draft, where it will stand, and whom its spec selects. */
export type PlacedRule = { readonly path: string; readonly draft: RuleDraft; readonly groups: readonly Group[] };

/** All rules of one group, by side. */
export type GroupRules = {
  readonly group: Group;
  /** The sides that are to be closed but for the rules. */
  readonly sides: readonly Direction[];
  readonly rules: readonly RuleDraft[];
};

/** One spec: whom it selects, its rules, and which sides it isolates although it has no rule there. */
type Spec = {
  readonly subject: Subject;
  readonly groups: readonly Group[];
  readonly rules: readonly RuleDraft[];
  readonly isolates: readonly Direction[];
  readonly description: string | null;
};
type Subject = { readonly namespace: string; readonly selector: LabelSelector };

/** One policy a workload, and one a namespace for what its workloads need of the infrastructure. */
export function assemble(all: readonly GroupRules[], stage: Stage): readonly DraftPolicy[] {
  const byNamespace = new Map<string, GroupRules[]>();
  for (const one of all) {
    const list = byNamespace.get(one.group.namespace) ?? [];
    list.push(one);
    byNamespace.set(one.group.namespace, list);
  }
  return [...byNamespace]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([namespace, own]) => [
      ...own.map((one) => workloadPolicy(one, stage)),
      ...infrastructure(namespace, own, stage),
    ]);
}

function workloadPolicy({ group, sides, rules }: GroupRules, stage: Stage): DraftPolicy {
  const own = rules.filter((rule) => rule.purpose === "application");
  const isolates = sides.filter((side) => !own.some((rule) => rule.side === side));
  const spec: Spec = {
    subject: group,
    groups: [group],
    rules: own,
    isolates,
    description: null,
  };
  const silent = isolates.filter((side) => !rules.some((rule) => rule.side === side));
  const notes = silent.map(
    (side) => `nothing was seen ${side === "egress" ? "going out" : "coming in"}: ${side} is closed`,
  );
  return policyOf([spec], { namespace: group.namespace, name: group.name, notes }, stage);
}

const TITLES: Readonly<Record<string, string>> = {
  apiserver: "API server",
  dns: "DNS",
  scrape: "metrics",
  webhook: "webhooks",
  probe: "probes",
};

/** What a namespace's workloads need of the infrastructure: workloads that need the same share a spec. */
function infrastructure(namespace: string, all: readonly GroupRules[], stage: Stage): readonly DraftPolicy[] {
  const home = stage.options.kind === "ccnp" ? null : namespace;
  const byRule = new Map<string, Map<Group, RuleDraft>>();
  for (const { group, rules } of all) {
    for (const rule of rules.filter((one) => one.purpose !== "application")) {
      const key = `${rule.purpose} ${rule.side} ${JSON.stringify(ciliumRule(rule, home))}`;
      byRule.set(key, (byRule.get(key) ?? new Map<Group, RuleDraft>()).set(group, rule));
    }
  }
  const bySubject = new Map<string, Spec>();
  for (const rules of byRule.values()) {
    for (const subject of subjectsOf([...rules.keys()])) {
      const rule = joinedRule(subject.groups.flatMap((group) => rules.get(group) ?? []));
      const known = bySubject.get(subject.key);
      bySubject.set(subject.key, {
        ...subject,
        rules: [...(known?.rules ?? []), rule],
        isolates: [],
        description: null,
      });
    }
  }
  const specs = [...bySubject.values()].map((spec) => ({ ...spec, description: titleOf(spec.rules) }));
  if (specs.length === 0) return [];
  const name = freeName("infrastructure", new Set(all.map(({ group }) => group.name)));
  if (stage.options.kind !== "knp") return [policyOf(specs, { namespace, name, notes: [] }, stage)];
  return specs.map((spec, index) =>
    policyOf([spec], { namespace, name: index === 0 ? name : `${name}-${index + 1}`, notes: [] }, stage),
  );
}

function titleOf(rules: readonly RuleDraft[]): string {
  return [...new Set(rules.map((rule) => TITLES[rule.purpose] ?? rule.purpose))].join(", ");
}

/** The same rule of several workloads: all their evidence stands behind it. */
function joinedRule(rules: readonly RuleDraft[]): RuleDraft {
  const [first] = rules;
  if (first === undefined) throw new Error("a rule without a draft");
  return {
    ...first,
    conversations: [...new Set(rules.flatMap((rule) => rule.conversations))],
    notes: [...new Set(rules.flatMap((rule) => rule.notes))].sort(),
  };
}

function subjectsOf(groups: readonly Group[]) {
  return collapseSubjects(groups).map((peer) => {
    if (peer.kind === "group") {
      return { key: peerKey(peer), subject: peer.group, groups: [peer.group] };
    }
    if (peer.kind !== "groups") throw new Error("a subject that is no pod");
    const namespace = peer.groups[0]?.namespace ?? "";
    return { key: peerKey(peer), subject: { namespace, selector: peer.selector }, groups: peer.groups };
  });
}

type Head = { readonly namespace: string; readonly name: string; readonly notes: readonly string[] };

function policyOf(specs: readonly Spec[], head: Head, stage: Stage): DraftPolicy {
  const { kind } = stage.options;
  const single = specs.length === 1;
  const rules = specs.flatMap((spec, index) => placed(spec, single ? "spec" : `specs[${index}]`));
  const groups = [...new Set(specs.flatMap((spec) => spec.groups))];
  const name = kind === "ccnp" ? objectName(`${head.namespace}-${head.name}`) : head.name;
  const [first] = specs;
  if (first === undefined) throw new Error("a policy without a spec");
  const written = specs.map((spec) =>
    kind === "knp" ? kubernetesSpec(spec, stage) : ciliumSpec(spec, kind === "ccnp"),
  );
  const body: JsonObject = single ? { spec: written[0] ?? {} } : { specs: written };
  return {
    policy: policyObject({ kind, namespace: head.namespace, name, body }),
    groups,
    notes: head.notes,
    rules,
  };
}

const KINDS = {
  cnp: ["cilium.io/v2", "CiliumNetworkPolicy"],
  ccnp: ["cilium.io/v2", "CiliumClusterwideNetworkPolicy"],
  knp: ["networking.k8s.io/v1", "NetworkPolicy"],
} as const;

type Naming = {
  readonly kind: keyof typeof KINDS;
  readonly namespace: string;
  readonly name: string;
  readonly body: JsonObject;
};

/** A policy object as if it had been read from a file. */
export function policyObject({ kind, namespace, name, body }: Naming): PolicyObject {
  const [apiVersion, kindName] = KINDS[kind];
  const metadata = kind === "ccnp" ? { name } : { name, namespace };
  return {
    kind: kindName,
    namespace: kind === "ccnp" ? null : namespace,
    name,
    value: { apiVersion, kind: kindName, metadata, ...body },
    file: null,
    places: {},
  };
}

/** Where each rule will stand. */
function placed(spec: Spec, path: string): readonly PlacedRule[] {
  return (["ingress", "egress"] as const).flatMap((side) =>
    spec.rules
      .filter((rule) => rule.side === side)
      .map((draft, index) => ({ path: `${path}.${side}[${index}]`, draft, groups: spec.groups })),
  );
}

function ciliumSpec(spec: Spec, clusterwide: boolean): JsonObject {
  const home = clusterwide ? null : spec.subject.namespace;
  const side = (direction: Direction): JsonObject => {
    const own = spec.rules.filter((rule) => rule.side === direction).map((rule) => ciliumRule(rule, home));
    if (own.length > 0) return { [direction]: own };
    return spec.isolates.includes(direction) ? { [direction]: [{}] } : {};
  };
  return {
    ...(spec.description === null ? {} : { description: spec.description }),
    endpointSelector: scoped([spec.subject.namespace], spec.subject.selector, home),
    ...side("ingress"),
    ...side("egress"),
  };
}

/** The trap: an empty rule of a NetworkPolicy allows everything; the type without a rule is what closes a side. */
function kubernetesSpec(spec: Spec, stage: Stage): JsonObject {
  const { namespace } = spec.subject;
  const { ipv6 } = stage.snapshot.config.value;
  const side = (direction: Direction) => spec.rules.filter((rule) => rule.side === direction);
  const written = (direction: Direction): JsonObject =>
    side(direction).length === 0
      ? {}
      : { [direction]: side(direction).map((rule) => kubernetesRule(rule, namespace, ipv6)) };
  const types = (["ingress", "egress"] as const).filter(
    (direction) => side(direction).length > 0 || spec.isolates.includes(direction),
  );
  return {
    podSelector: scoped([namespace], spec.subject.selector ?? EVERY_POD, namespace),
    policyTypes: types.map((direction) => (direction === "ingress" ? "Ingress" : "Egress")),
    ...written("ingress"),
    ...written("egress"),
  };
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? name : `${name}-${number}`;
    if (!taken.has(free)) return free;
  }
}
