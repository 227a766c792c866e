import { nameFacts } from "#analysis/learned-names.ts";
import { policySet, proposedSet } from "#analysis/proposal.ts";
import { readFlowEvent } from "#decode/flow/flow.ts";
import { type Message, numberOf, partOf, textOf } from "#hubble/message.ts";
import type { FlagValues } from "#hubble/observe-request.ts";
import { writeProtojson } from "#hubble/protojson/write.ts";
import type { Conversation } from "#model/conversation.ts";
import type { ConversationDecision, Ruling } from "#model/decision.ts";
import { UserError } from "#model/finding.ts";
import type { Json } from "#model/json.ts";
import type { FlowEvent } from "#model/flow.ts";
import { clustersOf } from "#traffic/finish/clusters.ts";
import { createFold, type Fold } from "#traffic/fold.ts";
import { gather } from "../gather.ts";
import type { Recorded } from "../gather-traffic.ts";
import type { Io } from "../io.ts";

/** What the policies say of flows. */
export type Decisions = {
  /** `allowed`, `denied on ingress`, `undecided: …`; `-` for a flow that is no evidence of a connection. */
  readonly ofFlow: (response: Message) => string;
  /** The conversations in a fold, with what is said of each. */
  readonly ofFold: (fold: Fold) => readonly Decided[];
};
export type Decided = { readonly conversation: Conversation; readonly decision: string };

const PROXY_TEXTS = {
  denied: "denied by the proxy",
  unseen: "undecided: a proxy would ask for the request, which was not seen",
};

/** Answers of one flow are kept for those like it; beyond so many they are forgotten. */
const KEPT_ANSWERS = 1 << 16;

/** Reads the recordings for what they teach (names, versions), objects and policies; the proposal is what decides. */
export async function readDecisions(values: FlagValues, flows: readonly string[], io: Io): Promise<Decisions> {
  const list = (name: string) => values.lists.get(name) ?? [];
  if (list("policies").length + list("objects").length === 0) {
    throw new UserError("missing-policies", "--decide has no policies to decide by", {
      help: "give --policies PATH…, a proposal, or --objects PATH…, the cluster's objects with the policies in force",
    });
  }
  const gathered = await gatherFor(values, flows, io);
  const facts = nameFacts(gathered.snapshot);
  const only = /^(1|t|true)$/i.test(values.text.get("only") ?? "");
  const policies = proposedSet(gathered.snapshot.policies, gathered.proposed, only);
  const { judge } = policySet(gathered.snapshot, facts, policies);
  const ofFold = (fold: Fold) =>
    gathered.join(recordedIn(fold)).conversations.map((conversation) => {
      const { decision, l7 } = judge(conversation);
      return { conversation, decision: l7 === null ? decisionText(decision) : PROXY_TEXTS[l7] };
    });
  const known = new Map<string, string>();
  return {
    ofFold,
    ofFlow: (response) => {
      const key = flowKey(partOf(response, "flow"));
      const answer = known.get(key) ?? ofFold(foldOf([eventOf(response)]))[0]?.decision ?? "-";
      if (known.size >= KEPT_ANSWERS) known.clear();
      known.set(key, answer);
      return answer;
    },
  };
}

/** The inputs that the flags name; none of them is needed to fold flows. */
export async function gatherFor(values: FlagValues, flows: readonly string[], io: Io) {
  const list = (name: string) => values.lists.get(name) ?? [];
  const request = {
    flows,
    objects: list("objects"),
    policies: list("policies"),
    names: list("names"),
    cilium: values.text.get("cilium") ?? null,
    ciliumConfig: values.text.get("cilium-config") ?? null,
  };
  const gathered = await gather(request, io.progress, { flows: false, policies: false });
  io.progress.clear();
  return gathered;
}

/** The event in a response. */
export function eventOf(response: Message): FlowEvent {
  const value: Json = JSON.parse(writeProtojson(response));
  return readFlowEvent(value);
}

function foldOf(events: readonly FlowEvent[]): Fold {
  const fold = createFold();
  for (const event of events) fold.add(event);
  return fold;
}

/** A fold as what was recorded. */
export function recordedIn(fold: Fold): Recorded {
  return { fold, clusterName: clustersOf(fold.state(), null).own, agentVersion: null };
}

/** Flows of one key are decided alike: the client's port and the time do not matter. */
function flowKey(flow: Message | undefined): string {
  const l4 = partOf(flow, "l4") ?? {};
  const [protocol = ""] = Object.keys(l4);
  const ports = partOf(l4, protocol);
  const isReply = flow?.["is_reply"] === true;
  const port = ports?.[isReply ? "source_port" : "destination_port"] ?? [
    numberOf(ports, "type"),
    numberOf(ports, "code"),
  ];
  const ip = partOf(flow, "IP");
  const ends = ["source", "destination"].map((end) => {
    const endpoint = partOf(flow, end);
    return [
      textOf(ip, end),
      endpoint?.["namespace"] ?? null,
      endpoint?.["pod_name"] ?? null,
      endpoint?.["labels"] ?? null,
    ];
  });
  const rest = [flow?.["event_type"] ?? null, flow?.["l7"] ?? null, flow?.["verdict"] ?? null];
  return JSON.stringify([protocol, port, isReply, ends, rest]);
}

function decisionText({ verdict, egress, ingress }: ConversationDecision): string {
  if (verdict === "allowed") return "allowed";
  const sides = [
    { name: "egress", ruling: egress },
    { name: "ingress", ruling: ingress },
  ].filter(({ ruling }) => ruling?.decision === verdict);
  const on = sides.length === 0 ? "" : ` on ${sides.map(({ name }) => name).join(" and ")}`;
  return verdict === "denied" ? `denied${on}` : `undecided${on}${missingText(sides.map(({ ruling }) => ruling))}`;
}

function missingText(rulings: readonly (Ruling | null)[]): string {
  const missing = rulings.flatMap((ruling) => (ruling?.decision === "undecided" ? [ruling.missing.what] : []));
  return missing.length === 0 ? "" : `: ${[...new Set(missing)].join("; ")}`;
}
