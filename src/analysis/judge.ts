import type { Engine } from "#engine/engine.ts";
import type { Connection, NameKnowledge } from "#model/connection.ts";
import type { Conversation, L7Request, SeenRequest } from "#model/conversation.ts";
import type { Answer, ConversationDecision, Direction, Missing, Ruling } from "#model/decision.ts";
import type { Service } from "#model/objects.ts";
import type { LearnedNames } from "./learned-names.ts";

/** A request that a proxy would refuse, and on which side. */
export type RefusedRequest = { readonly seen: SeenRequest; readonly side: Direction };

/**
 * One conversation decided under one set of policies: both sides at L3/L4, then every request that was seen.
 * `verdict` counts a refused request as denied and an unseen one as allowed (it is said apart, as `l7`).
 */
export type Judgement = {
  readonly verdict: Answer;
  readonly decision: ConversationDecision;
  readonly refused: readonly RefusedRequest[];
  readonly l7: "denied" | "unseen" | null;
};

export type Judge = (conversation: Conversation) => Judgement;

/** What decides besides the policies: the names learned under them, and addresses that are the cluster's own Services. */
export type JudgeFacts = {
  readonly engine: Engine;
  readonly names: LearnedNames;
  readonly frontends: ReadonlyMap<string, Service>;
  /** See CiliumConfig.socketLoadBalancing. */
  readonly socketLoadBalancing: boolean | null;
};

/** Makes a judge for one set of policies; answers are remembered for as long as it lives. */
export function createJudge(facts: JudgeFacts): Judge {
  const memo = new Map<string, Judgement>();
  return (conversation) => {
    const known = memo.get(conversation.id);
    if (known !== undefined) return known;
    const judgement = judge(facts, conversation);
    memo.set(conversation.id, judgement);
    return judgement;
  };
}

function judge(facts: JudgeFacts, conversation: Conversation): Judgement {
  const names = facts.names.of(conversation.from, conversation.to, conversation);
  const plain = withDoubts(facts, conversation, facts.engine.decide(connectionOf(conversation, names, null)));
  const refused = conversation.requests.flatMap((seen) => refusedSides(facts.engine, conversation, names, seen));
  const l7 = refused.length > 0 ? "denied" : redirects(plain) && !answersAll(conversation, plain) ? "unseen" : null;
  return { verdict: verdictOf(plain, l7 === "denied"), decision: plain, refused, l7 };
}

/** What the engine is asked for a conversation. */
export function connectionOf(conversation: Conversation, names: NameKnowledge, request: L7Request | null): Connection {
  const { from, to, protocol, port, icmpType, icmpCode } = conversation;
  return { from, to, protocol, port, icmpType, icmpCode, request, names };
}

function refusedSides(
  engine: Engine,
  conversation: Conversation,
  names: NameKnowledge,
  seen: SeenRequest,
): readonly RefusedRequest[] {
  const decision = engine.decide(connectionOf(conversation, names, seen.request));
  const sides: Direction[] = ["egress", "ingress"];
  return sides.filter((side) => refuses(decision[side])).map((side) => ({ seen, side }));
}

function refuses(ruling: Ruling | null): boolean {
  return ruling?.decision === "allowed" && ruling.l7 === "denied";
}

function redirects(decision: ConversationDecision): boolean {
  return [decision.egress, decision.ingress].some(
    (ruling) => ruling?.decision === "allowed" && ruling.redirect !== null,
  );
}

/** True when a request of the redirecting proxy's kind was recorded, so that its answer was worked out. */
function answersAll(conversation: Conversation, decision: ConversationDecision): boolean {
  return [decision.egress, decision.ingress].every((ruling) => {
    if (ruling?.decision !== "allowed" || ruling.redirect === null) return true;
    return conversation.requests.some((seen) => seen.request.kind === ruling.redirect);
  });
}

/** L3/L4 alone decides, but for a refused request. */
function verdictOf(decision: ConversationDecision, refused: boolean): Answer {
  const sides = [decision.egress, decision.ingress];
  if (refused || sides.some((ruling) => ruling?.decision === "denied")) return "denied";
  return sides.some((ruling) => ruling?.decision === "undecided") ? "undecided" : "allowed";
}

/**
 * Where the recording leaves open what the packet was, a refusal is not believed: a probable reply (traps 2, 14, 33), or
 * a Service's own address whose translation depends on a setting nobody gave (trap 49).
 */
function withDoubts(
  facts: JudgeFacts,
  conversation: Conversation,
  decision: ConversationDecision,
): ConversationDecision {
  const doubt = doubtOf(facts, conversation);
  if (doubt === null || verdictOf(decision, false) === "allowed") return decision;
  return {
    verdict: "undecided",
    egress: doubted(decision.egress, doubt),
    ingress: doubted(decision.ingress, doubt),
  };
}

function doubtOf(facts: JudgeFacts, conversation: Conversation): Missing | null {
  if (conversation.reply === "probable") {
    return {
      what: "it may be a reply taken for a request",
      remedy: "record for longer, so that the request it answers is seen",
    };
  }
  if (conversation.to.kind !== "address" || facts.socketLoadBalancing === false) return null;
  const service = facts.frontends.get(conversation.to.address);
  if (service === undefined) return null;
  return {
    what: `the address is Service ${service.namespace}/${service.name}: who translates it is not known`,
    remedy: "give the ConfigMap cilium-config (kube-proxy-replacement decides)",
  };
}

function doubted(ruling: Ruling | null, missing: Missing): Ruling | null {
  if (ruling === null || ruling.decision === "allowed") return ruling;
  return { decision: "undecided", by: ruling.by, defaultDeny: ruling.defaultDeny, missing };
}

/** Every address that stands for a Service: cluster IPs, load balancer addresses, external IPs. */
export function serviceFrontends(services: readonly Service[]): ReadonlyMap<string, Service> {
  const found = new Map<string, Service>();
  for (const service of services) {
    for (const address of [...service.clusterIPs, ...service.loadBalancerAddresses, ...service.externalIPs]) {
      if (address !== "None" && address !== "") found.set(address, service);
    }
  }
  return found;
}
