import { hasPolicy } from "#engine/side.ts";
import type { Conversation, End, SeenRequest } from "#model/conversation.ts";
import { endName } from "../end-name.ts";
import { portText } from "../cause.ts";
import { denials } from "../holes.ts";
import type { Judgement } from "../judge.ts";
import type { PolicySet } from "../proposal.ts";

/** A conversation that was forwarded and that the proposal allows, with the requests of which that is true. */
export type Accepted = {
  readonly conversation: Conversation;
  readonly requests: readonly SeenRequest[];
  /** The proposal hands it to a proxy whose requests nobody recorded: known at L4 alone. */
  readonly isL4Only: boolean;
};

/** What becomes of one conversation: accepted, or not and why; lines about parts that are left out. */
export type Sorted = { readonly accepted: Accepted | null; readonly leftOut: readonly string[] };

/** Sorts one conversation by what was recorded of it and what the proposal says of it. */
export function sortConversation(conversation: Conversation, set: PolicySet): Sorted {
  const reason = unfitReason(conversation);
  if (reason !== null) return refused(conversation, reason);
  const judgement = set.judge(conversation);
  const denied = deniedReason(conversation, judgement, set);
  if (denied !== null) return refused(conversation, denied);
  const seen = new Set(judgement.refused.map((one) => one.seen));
  const requests = conversation.requests.filter((one) => !seen.has(one) && wasForwarded(one));
  const isL4Only = judgement.l7 === "unseen" && requests.length === 0;
  const leftOut = [...seen].map((one) => line(conversation, `the proposal refuses ${requestName(one)}`));
  const unseen = isL4Only ? [line(conversation, "recorded at L4 alone: no request of it was seen")] : [];
  return { accepted: { conversation, requests, isL4Only }, leftOut: [...leftOut, ...unseen] };
}

function refused(conversation: Conversation, reason: string): Sorted {
  return { accepted: null, leftOut: [line(conversation, reason)] };
}

function line(conversation: Conversation, reason: string): string {
  return `${endName(conversation.from)} → ${endName(conversation.to)} ${portText(conversation)}: ${reason}`;
}

/** Why a conversation cannot become a test, whatever the proposal says; null when it can. */
function unfitReason(conversation: Conversation): string | null {
  const { from, to } = conversation;
  const unclear = unclearReason(conversation);
  if (unclear !== null) return unclear;
  // A test names ends, and this one has a node's address.
  if ([from, to].some((end) => end.kind === "address" && end.masqueraded === true)) return "its address is masqueraded";
  if (![from, to].some(hasPolicy)) return "Cilium enforces nothing on either end";
  return forwardedReason(conversation);
}

/** Why a conversation is no evidence of who talked to whom; null when it is. */
export function unclearReason({ from, to, notDecided, reply }: Conversation): string | null {
  if (notDecided !== null) return `not decided: ${notDecided}`;
  if (reply === "probable") return "it may be a reply taken for a request";
  return [from, to].map(endReason).find((reason) => reason !== null) ?? null;
}

function endReason(end: End): string | null {
  if (end.kind === "unknown") return `an end is not known: ${end.reason}`;
  return end.kind === "pod" && end.otherCluster !== null ? `an end is in cluster ${end.otherCluster}` : null;
}

const PASSED = ["FORWARDED", "REDIRECTED", "TRACED", "TRANSLATED", "AUDIT"];

function forwardedReason(conversation: Conversation): string | null {
  if (wasDropped(conversation)) return "it was dropped while recording";
  return wasPassed(conversation) ? null : "it was not seen forwarded";
}

/** True when some event of it says that it got through. */
export function wasPassed({ recorded }: Conversation): boolean {
  return PASSED.some((verdict) => (recorded[verdict] ?? 0) > 0);
}

/** A trace at the source says FORWARDED of what the destination drops: any drop but that of a request counts. */
export function wasDropped(conversation: Conversation): boolean {
  const { recorded, requests } = conversation;
  const refusals = requests.reduce((sum, one) => sum + (one.verdicts["DROPPED"] ?? 0), 0);
  const drops = (recorded["DROPPED"] ?? 0) - refusals;
  return drops > 0 && !isMended(conversation);
}

/** Policies changed while recording: on every side that dropped it, policy let it pass later. */
function isMended({ verdicts }: Conversation): boolean {
  const sides = (["egress", "ingress"] as const).map((side) => verdicts.filter((one) => one.side === side));
  const last = (of: typeof verdicts) => Math.max(0, ...of.map((one) => one.lastSeen));
  const isDrop = (one: (typeof verdicts)[number]) => one.verdict === "DROPPED";
  const dropped = sides.filter((side) => side.some(isDrop));
  return (
    dropped.length > 0 && dropped.every((side) => last(side.filter((one) => !isDrop(one))) > last(side.filter(isDrop)))
  );
}

/** True when a proxy let a request of this kind through. */
export function wasForwarded({ verdicts }: SeenRequest): boolean {
  return PASSED.some((verdict) => (verdicts[verdict] ?? 0) > 0);
}

/** What the proposal has against it; null when it allows it, or all but some of its requests. */
function deniedReason(conversation: Conversation, judgement: Judgement, set: PolicySet): string | null {
  const { egress, ingress } = judgement.decision;
  const closed = (["egress", "ingress"] as const).filter((side) => judgement.decision[side]?.decision === "denied");
  if (closed.length > 0) return `the proposal denies it on ${closed.join(" and ")}`;
  const open = [egress, ingress].find((ruling) => ruling?.decision === "undecided");
  if (open?.decision === "undecided") return `undecided: ${open.missing.what}`;
  const isWhole = denials(conversation, judgement, set).length === 0;
  const isAll = judgement.refused.length >= conversation.requests.length;
  return judgement.l7 === "denied" && !isWhole && isAll ? "the proposal refuses its requests" : null;
}

function requestName({ request }: SeenRequest): string {
  switch (request.kind) {
    case "dns":
      return `the DNS name ${request.name}`;
    case "http":
      return `${request.method} ${request.path}`;
    case "tls":
      return `the server name ${request.serverName}`;
  }
}
