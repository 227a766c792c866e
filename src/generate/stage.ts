import { endKey } from "#analysis/end-name.ts";
import { serviceFrontends } from "#analysis/judge.ts";
import { knownEnds, podEnds } from "#analysis/known-ends.ts";
import { type NameFacts, nameFacts } from "#analysis/learned-names.ts";
import { type PolicySet, policySet } from "#analysis/proposal.ts";
import { podEnd } from "#engine/identity/identity.ts";
import { type ResolverPorts, resolverPorts } from "#analysis/resolver-ports.ts";
import type { Conversation, End, PodEnd } from "#model/conversation.ts";
import type { Service } from "#model/objects.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { apiServerPorts } from "./entities.ts";
import { type Groups, groupEnds } from "./group.ts";
import { ServiceIndex } from "./service-index.ts";
import type { GenerateInput, GenerateOptions } from "./options.ts";
import { stableLabels } from "./stable-labels.ts";
import { SERVICE_ACCOUNT_LABEL } from "#model/labels.ts";

/** What every part of generation asks. Conversations' ends are one object each, so that the engine reads each once. */
export type Stage = {
  readonly snapshot: Snapshot;
  readonly options: GenerateOptions;
  readonly conversations: readonly Conversation[];
  readonly facts: NameFacts;
  readonly ends: readonly End[];
  readonly groups: Groups;
  readonly services: ServiceIndex;
  readonly resolverPorts: ResolverPorts;
  readonly apiServerPorts: ReadonlySet<number>;
  readonly frontends: ReadonlyMap<string, Service>;
  /** The policies in force. */
  readonly inForce: PolicySet;
  /** Their rules that mean pods by labels, as `policy element`. */
  readonly meant: ReadonlySet<string>;
  /** True when objects were given: only then can it be said that nothing speaks of a pod. */
  readonly hasObjects: boolean;
  readonly hasPublicServices: boolean;
};

export function prepare({ snapshot: given, options }: GenerateInput): Stage {
  const snapshot = withSharedEnds(given);
  const facts = nameFacts(snapshot);
  const ends = knownEnds(snapshot);
  const groups = groupEnds(groupable(snapshot, ends), options.kind === "knp" ? podLabels : stableLabels);
  const inForce = policySet(snapshot, facts, snapshot.policies);
  const meant = inForce.engine.rules.filter(({ peerField }) => peerField?.endsWith("Endpoints") === true);
  return {
    snapshot,
    options,
    conversations: snapshot.traffic.conversations,
    facts,
    ends,
    groups,
    services: new ServiceIndex(snapshot),
    resolverPorts: resolverPorts(snapshot),
    apiServerPorts: apiServerPorts(snapshot),
    frontends: serviceFrontends(snapshot.inventory.services),
    inForce,
    meant: new Set(meant.map(({ rule }) => `${rule.policy} ${rule.element}`)),
    hasObjects: snapshot.inventory.pods.length > 0,
    hasPublicServices: snapshot.inventory.services.some(
      (one) => one.type === "LoadBalancer" || one.externalIPs.length > 0,
    ),
  };
}

/** The pods that workloads would start: a CronJob between its runs, a Deployment that nothing was heard of. */
function templateEnds({ inventory, cilium, config }: Snapshot): readonly PodEnd[] {
  return inventory.workloads.flatMap(({ kind, name, owners, template }) => {
    if (template === null || template.hostNetwork || owners.some((owner) => owner.controller)) return [];
    return [{ ...podEnd(template, inventory, cilium.value, config.value), workload: { kind, name }, pods: [] }];
  });
}

/** Every pod end there is: of ends that are alike but for their workload, each. */
function groupable(snapshot: Snapshot, ends: readonly End[]): readonly PodEnd[] {
  const recorded = snapshot.traffic.conversations.flatMap(({ from, to }) => [from, to]);
  const found = new Map<string, PodEnd>();
  for (const end of podEnds([...recorded, ...ends, ...templateEnds(snapshot)])) {
    const key = `${endKey(end)} ${end.workload?.kind ?? ""}/${end.workload?.name ?? ""}`;
    if (!found.has(key)) found.set(key, end);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, end]) => end);
}

/** A NetworkPolicy selects by pods' own labels: a service account is none. */
function podLabels(end: PodEnd): ReadonlyMap<string, string> {
  return new Map([...stableLabels(end)].filter(([key]) => key !== SERVICE_ACCOUNT_LABEL));
}

function withSharedEnds(snapshot: Snapshot): Snapshot {
  const ends = new Map<string, End>();
  const shared = (end: End): End => {
    const key = end.kind === "pod" ? `${endKey(end)} ${end.workload?.kind}/${end.workload?.name}` : endKey(end);
    const known = ends.get(key);
    if (known !== undefined) return known;
    ends.set(key, end);
    return end;
  };
  const conversations = snapshot.traffic.conversations.map((one) => ({
    ...one,
    from: shared(one.from),
    to: shared(one.to),
  }));
  return { ...snapshot, traffic: { ...snapshot.traffic, conversations } };
}
