import type { Verdict } from "#model/conversation.ts";
import type { Direction } from "#model/decision.ts";
import type { Flow, FlowPolicy } from "#model/flow.ts";
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

/** Where and when a verdict was given. */
export type VerdictTime = { readonly node: string; readonly phase: number; readonly time: number };

const MAX_GROUPS = 200;
const MAX_LOOKS = 12;

/** The recorded verdicts of one conversation. */
export class VerdictGroups {
  readonly groups: VerdictGroup[] = [];
  /** Verdicts beyond the bound. */
  dropped = 0;
  /** What verdicts of each group looked like: the next one mostly looks like one of them, and needs no key. */
  private readonly looks: Look[] = [];

  /** `remoteLabels`: the recorded labels of an outside end, null for another. Returns the group, null when there is no room. */
  add(flow: Flow, side: Direction, remoteLabels: readonly string[] | null, at: VerdictTime): VerdictGroup | null {
    const group = this.groupOf(flow, side, remoteLabels, at.node);
    if (group === null) this.dropped += flow.count;
    else noteTime(group.slots, at.phase, at.time, flow.count);
    return group;
  }

  private groupOf(
    flow: Flow,
    side: Direction,
    remoteLabels: readonly string[] | null,
    node: string,
  ): VerdictGroup | null {
    const allowedBy = side === "egress" ? flow.egressAllowedBy : flow.ingressAllowedBy;
    const deniedBy = side === "egress" ? flow.egressDeniedBy : flow.ingressDeniedBy;
    const { verdict, policyMatchType } = flow;
    const dropReason = verdict === "DROPPED" ? flow.dropReason : null;
    const { looks } = this;
    for (let index = 0; index < looks.length; index++) {
      const look = looks[index];
      if (
        look !== undefined &&
        look.allowedBy === allowedBy &&
        look.remoteLabels === remoteLabels &&
        look.verdict === verdict &&
        look.side === side &&
        look.node === node &&
        look.matchType === policyMatchType &&
        look.deniedBy === deniedBy &&
        look.dropReason === dropReason
      ) {
        // The next verdict mostly looks like this one: it moves to the front, place by place.
        const before = looks[index - 1];
        if (before !== undefined) {
          looks[index] = before;
          looks[index - 1] = look;
        }
        return look.group;
      }
    }
    const now = { allowedBy, deniedBy, remoteLabels, node, side, verdict, matchType: policyMatchType, dropReason };
    const group = this.find(newGroup(now));
    if (group !== null) {
      if (looks.length >= MAX_LOOKS) looks.pop();
      looks.push({ ...now, group });
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
  readonly remoteLabels: readonly string[] | null;
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
  const { side, verdict, matchType, node, dropReason, remoteLabels } = now;
  const key = [side, verdict, dropReason, matchType, node, revision, policies, remoteLabels].join("|");
  return { key, side, verdict, dropReason, matchType, node, revision, remoteLabels, policies, slots: newSlots() };
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
