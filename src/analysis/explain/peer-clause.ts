import type { Candidate, LabelCheck, PeerCheck } from "#model/connection.ts";
import type { ClauseExplanation } from "#model/explanation.ts";
import { isObject, type Json } from "#model/json.ts";
import { CLUSTER_LABEL, NAMESPACE_LABEL } from "#model/labels.ts";
import type { PolicyObject } from "#model/policy.ts";
import { elementOf } from "../element.ts";
import { bareKey, namesNamespace } from "../selector-text.ts";
import { addressClause, endWords } from "./address-clause.ts";
import { askedWords, foundWords } from "./selector-words.ts";
import { clausesOf, type ExplainedSide, type ExplainStage } from "./stage.ts";

const BY_LABELS = ["fromEndpoints", "toEndpoints", "fromNodes", "toNodes", "from", "to"];

/** The peers of a rule: what they ask, and the first label in which the nearest of them differs from the peer. */
export function peerClause(candidate: Candidate, side: ExplainedSide, stage: ExplainStage): ClauseExplanation {
  const policy = stage.set.policies.get(candidate.rule.policy);
  const element = policy === undefined ? undefined : elementOf(policy, candidate.rule.element);
  const field = candidate.peerField ?? "";
  const written = isObject(element) ? element[field] : undefined;
  const base = { clause: "peer" as const, holds: candidate.peerMatches, field, found: "", note: null, labels: [] };
  if (field === "") return { ...base, asks: noPeerWords(candidate) };
  const { peers } = clausesOf(candidate);
  if (peers.length === 0) return { ...base, asks: candidate.peerMatches ? "everybody" : "nobody" };
  const isByLabels = BY_LABELS.includes(field) && peers.some((peer) => peer.labels !== null);
  if (!isByLabels || policy === undefined) return { ...base, ...addressClause({ candidate, written }, side, stage) };
  if (!candidate.peerMatches && side.peer.kind !== "pod" && !asksReserved(peers)) {
    const asks = askedOf(nearest(peers), Array.isArray(written) ? written[0] : undefined) || everyWords(policy);
    return { ...base, asks, found: endWords(side.peer), note: "endpoint selectors take pods alone" };
  }
  return { ...base, ...labelsClause(candidate, peers, { policy, written }) };
}

/** `reserved:…` keys are the one way in which a label selector takes what is no pod. */
function asksReserved(peers: readonly PeerCheck[]): boolean {
  return peers.some((peer) => peer.labels?.some((label) => label.key.startsWith("reserved:")));
}

function askedOf(peer: PeerCheck | undefined, item: Json | undefined): string {
  return (peer?.labels ?? [])
    .filter((label) => isWritten(label, item))
    .map(askedWords)
    .join(", ");
}

function noPeerWords({ peerMatches }: Candidate): string {
  return peerMatches ? "everybody" : "nobody: no peer, no port";
}

type Written = { readonly policy: PolicyObject; readonly written: Json | undefined };

function labelsClause(candidate: Candidate, peers: readonly PeerCheck[], { policy, written }: Written) {
  const found = candidate.peerMatches ? peers.find((peer) => peer.matches) : nearest(peers);
  const index = found === undefined ? -1 : peers.indexOf(found);
  const item = Array.isArray(written) ? written[index] : undefined;
  const labels = found?.labels ?? [];
  const asked = labels.filter((label) => isWritten(label, item) || !label.holds);
  const words = asked.map(askedWords).join(", ");
  const failing = labels.filter((label) => !label.holds);
  const first = failing.find((label) => isWritten(label, item)) ?? failing[0];
  return {
    asks: candidate.peerMatches || first === undefined ? words || everyWords(policy) : askedWords(first),
    found: candidate.peerMatches || first === undefined ? "" : foundWords(first),
    labels: labels.map((label) => ({
      asks: askedWords(label),
      found: foundWords(label),
      holds: label.holds,
      added: !isWritten(label, item),
    })),
    note: noteOf(candidate, failing, { item, policy }) ?? severalWords(candidate, peers),
  };
}

function severalWords({ peerMatches }: Candidate, peers: readonly PeerCheck[]): string | null {
  return peerMatches || peers.length < 2 ? null : `nearest of ${peers.length} peers`;
}

/** The peer with the fewest labels that differ. */
function nearest(peers: readonly PeerCheck[]): PeerCheck | undefined {
  const misses = (peer: PeerCheck) => (peer.labels ?? []).filter((label) => !label.holds).length;
  const shares = (peer: PeerCheck) => (peer.labels ?? []).filter((label) => label.holds).length;
  return peers.filter((peer) => peer.labels !== null).sort((a, b) => misses(a) - misses(b) || shares(b) - shares(a))[0];
}

const ADDED = [NAMESPACE_LABEL, CLUSTER_LABEL];

/** False for what Cilium adds to a selector that does not name it. */
function isWritten(label: LabelCheck, item: Json | undefined): boolean {
  const key = bareKey(label.key);
  if (!ADDED.includes(key)) return true;
  return key === NAMESPACE_LABEL && namesNamespace(selectorOf(item));
}

/** A NetworkPolicy peer holds its selectors under names of their own. */
function selectorOf(item: Json | undefined): Json | undefined {
  if (isObject(item) && item["namespaceSelector"] !== undefined) return { matchLabels: { [NAMESPACE_LABEL]: "" } };
  return isObject(item) && item["podSelector"] !== undefined ? item["podSelector"] : item;
}

function everyWords(policy: PolicyObject): string {
  return policy.namespace === null ? "every pod" : `every pod of ${policy.namespace}`;
}

function noteOf(
  candidate: Candidate,
  failing: readonly LabelCheck[],
  { item, policy }: { readonly item: Json | undefined; readonly policy: PolicyObject },
): string | null {
  if (candidate.peerMatches) return null;
  const isNamespace = (label: LabelCheck) => bareKey(label.key) === NAMESPACE_LABEL;
  const unwritten = failing.filter((label) => !isWritten(label, item));
  const added = unwritten.find(isNamespace) ?? unwritten[0];
  if (added === undefined) return null;
  if (bareKey(added.key) === CLUSTER_LABEL) return "peers are of the own cluster unless the rule names another";
  if (policy.namespace === null) return "cluster-wide policies take peers that have a namespace";
  return "a peer that names no namespace is of the policy's own";
}
