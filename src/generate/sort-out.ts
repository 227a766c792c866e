import { unclearReason, wasDropped, wasPassed } from "#analysis/record-tests/accepted.ts";
import { hasPolicy } from "#engine/side.ts";
import type { Conversation, End } from "#model/conversation.ts";
import type { UnwantedReason } from "#model/generated.ts";
import { isSeenOnce } from "./once.ts";
import { findScans } from "./scans.ts";
import { isMeantInForce, isPortSpoken, isStray } from "./spoken.ts";
import type { Stage } from "./stage.ts";

export type Unwanted = {
  readonly conversation: Conversation;
  readonly kind: UnwantedReason;
  readonly reason: string;
};
export type Left = { readonly conversation: Conversation; readonly reason: string };

/** Every conversation once: to be allowed, to be looked at first, or no evidence of anything. */
export type SortedOut = {
  readonly wanted: readonly Conversation[];
  readonly unwanted: readonly Unwanted[];
  readonly left: readonly Left[];
};

/** Sorts what was recorded by what may become a rule. What looks unwanted never does, unless `include` says so. */
export function sortOut(stage: Stage): SortedOut {
  const left: Left[] = [];
  const clear: Conversation[] = [];
  for (const conversation of stage.conversations) {
    if (![conversation.from, conversation.to].some(hasPolicy)) continue;
    const reason = unclearReason(conversation) ?? (isEvidence(conversation) ? null : "it was not seen forwarded");
    if (reason === null) clear.push(conversation);
    else left.push({ conversation, reason });
  }
  const spoken = new Map(clear.map((one) => [one.id, isPortSpoken(one, stage)]));
  const isSpoken = (one: Conversation) => spoken.get(one.id) === true;
  const scans = findScans(clear, stage, isSpoken);
  const wanted: Conversation[] = [];
  const unwanted: Unwanted[] = [];
  for (const conversation of clear) {
    const suspicion = suspect(conversation, { stage, scans, isSpoken });
    if (suspicion === null || stage.options.include.includes(suspicion.kind)) wanted.push(conversation);
    else unwanted.push({ conversation, ...suspicion });
  }
  return { wanted, unwanted, left };
}

function isEvidence(conversation: Conversation): boolean {
  return wasPassed(conversation) || wasDropped(conversation) || isRefused(conversation);
}

/** All that was recorded of it are requests that a proxy refused. */
function isRefused(conversation: Conversation): boolean {
  return !wasPassed(conversation) && conversation.requests.some(({ verdicts }) => (verdicts["DROPPED"] ?? 0) > 0);
}

type Asked = {
  readonly stage: Stage;
  readonly scans: ReadonlyMap<string, string>;
  readonly isSpoken: (conversation: Conversation) => boolean;
};

type Suspicion = { readonly kind: UnwantedReason; readonly reason: string };

function suspect(conversation: Conversation, { stage, scans, isSpoken }: Asked): Suspicion | null {
  if (wasDropped(conversation)) return { kind: "denied", reason: "it was dropped while recording" };
  if (isRefused(conversation)) return { kind: "denied", reason: "a proxy refused its requests while recording" };
  const scan = scans.get(conversation.id);
  if (scan !== undefined) return { kind: "scan", reason: scan };
  const stray = [conversation.from, conversation.to].find((end) => isStray(end, stage));
  if (stray !== undefined && !isMeantInForce(conversation, stage)) {
    return { kind: "unspoken", reason: `${podName(stray)} has no controller, and no Service or policy speaks of it` };
  }
  const unspoken = unspokenPeer(conversation, stage);
  if (unspoken !== null && !isSpoken(conversation)) return { kind: "unspoken", reason: unspoken };
  if (isSeenOnce(conversation) && !isSpoken(conversation) && stage.hasObjects && !isJob(conversation.from)) {
    return { kind: "once", reason: `seen once, and nothing speaks of ${portWords(conversation)}` };
  }
  return null;
}

/** What runs once does everything once. */
function isJob(end: End): boolean {
  return end.kind === "pod" && (end.workload?.kind === "CronJob" || end.workload?.kind === "Job");
}

function podName(end: End): string {
  return end.kind === "pod" ? `the pod ${end.pods[0] ?? "?"}` : "it";
}

/** A pod that no Service leads to and that declares no port; the world at a pod that no Service shows to it. */
function unspokenPeer({ from, to, port }: Conversation, stage: Stage): string | null {
  if (!stage.hasObjects || to.kind !== "pod" || port === null) return null;
  const isBare = stage.services.of(to).length === 0 && stage.services.declared(to).size === 0;
  if (from.kind === "address") return isBare ? "the world calls a pod that no Service speaks of" : null;
  return isBare ? "no Service, container port or policy speaks of the pod that is called" : null;
}

function portWords({ protocol, port, icmpType }: Conversation): string {
  if (port !== null) return `its port ${port}`;
  return icmpType === null ? protocol : `${protocol} type ${icmpType}`;
}
