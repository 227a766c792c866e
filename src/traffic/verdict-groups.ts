import type { Verdict } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { Flow, FlowEndpoint, FlowPolicy } from "#model/flow.ts";
import { eachSlot, mergeSlots, newSlots, noteTime, type Slots } from "./slots.ts";

/** Policy verdicts (type 5) of one conversation that are alike, with the times of them. Plain data. */
export type VerdictGroup = {
  readonly key: string;
  readonly side: Direction;
  readonly verdict: Verdict;
  readonly dropReason: string | null;
  readonly matchType: number;
  readonly node: string;
  readonly revision: number | null;
  readonly remoteLabels: readonly string[] | null;
  readonly policies: readonly string[];
  readonly slots: Slots;
};

const MAX_GROUPS = 200;
const MAX_LOOKS = 12;

/** The recorded verdicts of one conversation. */
export class VerdictGroups {
  readonly groups: VerdictGroup[] = [];
  /** Verdicts beyond the bound. */
  dropped = 0;
  /** What verdicts of each group looked like: the next one mostly looks like one of them, and needs no key. */
  private readonly looks: Look[] = [];

  add(flow: Flow, side: Direction, remote: FlowEndpoint | null, at: { node: string; phase: number; time: number }): void {
    const group = this.groupOf(flow, side, remote, at.node);
    if (group === null) this.dropped += flow.count;
    else noteTime(group.slots, at.phase, at.time, flow.count);
  }

  private groupOf(flow: Flow, side: Direction, remote: FlowEndpoint | null, node: string): VerdictGroup | null {
    const allowedBy = side === "egress" ? flow.egressAllowedBy : flow.ingressAllowedBy;
    const deniedBy = side === "egress" ? flow.egressDeniedBy : flow.ingressDeniedBy;
    const { verdict, policyMatchType, dropReason } = flow;
    for (const look of this.looks) {
      if (
        look.side === side &&
        look.verdict === verdict &&
        look.allowedBy === allowedBy &&
        look.remote === remote &&
        look.node === node &&
        look.matchType === policyMatchType &&
        look.deniedBy === deniedBy &&
        look.dropReason === dropReason
      ) {
        return look.group;
      }
    }
    const now = { allowedBy, deniedBy, remote, node, side, verdict, matchType: policyMatchType, dropReason };
    const group = this.find(newGroup(now));
    if (group !== null) {
      if (this.looks.length >= MAX_LOOKS) this.looks.shift();
      this.looks.push({ ...now, group });
    }
    return group;
  }

  private find(group: VerdictGroup): VerdictGroup | null {
    const known = this.groups.find((one) => one.key === group.key);
    if (known !== undefined) return known;
    if (this.groups.length >= MAX_GROUPS) return null;
    this.groups.push(group);
    return group;
  }

  merge(groups: readonly VerdictGroup[], dropped: number, phaseOffset: number): void {
    this.dropped += dropped;
    for (const group of groups) {
      const own = this.find({ ...group, slots: newSlots() });
      if (own !== null) mergeSlots(own.slots, group.slots, phaseOffset);
      else for (const slot of eachSlot(group.slots.values)) this.dropped += slot.count;
    }
  }
}

/** What of a verdict tells its group. */
type Look = {
  readonly allowedBy: readonly FlowPolicy[];
  readonly deniedBy: readonly FlowPolicy[];
  readonly remote: FlowEndpoint | null;
  readonly node: string;
  readonly side: Direction;
  readonly verdict: Verdict;
  readonly matchType: number;
  readonly dropReason: string | null;
  readonly group: VerdictGroup;
};

function newGroup(now: Omit<Look, "group">): VerdictGroup {
  const named = [...now.allowedBy, ...now.deniedBy];
  const policies = [...new Set(named.map((policy) => policy.policy).filter((name) => name !== ""))].sort();
  const revisions = named.flatMap((policy) => (policy.revision === null ? [] : [policy.revision]));
  const revision = revisions.length === 0 ? null : Math.max(...revisions);
  const remoteLabels = now.remote !== null && isOutside(now.remote) ? now.remote.labels : null;
  const { side, verdict, matchType, node, dropReason } = now;
  const key = [side, verdict, dropReason, matchType, node, revision, policies, remoteLabels].join("|");
  return { key, side, verdict, dropReason, matchType, node, revision, remoteLabels, policies, slots: newSlots() };
}

function isOutside(end: FlowEndpoint): boolean {
  return end.labels.some((label) => label.startsWith("reserved:world") || label.startsWith("cidr:"));
}

/** Revision that a verdict event names, null when none. */
export function revisionOf(flow: Flow): number | null {
  const lists = [flow.egressAllowedBy, flow.ingressAllowedBy, flow.egressDeniedBy, flow.ingressDeniedBy];
  let found: number | null = null;
  for (const list of lists) {
    for (const policy of list) {
      if (policy.revision !== null && (found === null || policy.revision > found)) found = policy.revision;
    }
  }
  return found;
}
