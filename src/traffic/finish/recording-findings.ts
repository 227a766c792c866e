import type { Conversation, End } from "#model/conversation.ts";
import { count } from "#model/count.ts";
import type { Finding } from "#model/finding.ts";
import type { Inventory } from "#model/objects.ts";
import type { Skew } from "../clock-skew.ts";
import { FIELD_LOSSES } from "../fields-seen.ts";
import type { FoldState } from "../fold-state.ts";
import { MOST_SWITCH_BACKS } from "../node-timeline.ts";
import { otherCluster } from "../other-cluster.ts";

/** Fewer flows prove nothing about how the recording was made. */
const LEAST_FLOWS = 100;
const GRAVE_SKEW_MS = 2000;

/** What there is to say of a recording as a whole, besides what its reader said. */
export function recordingFindings(
  state: FoldState,
  conversations: readonly Conversation[],
  facts: {
    readonly inventory: Inventory | null;
    readonly skews: readonly Skew[];
    readonly nodeName: (node: string) => string;
  },
): readonly Finding[] {
  if (state.counts.flows === 0) return [...state.findings, ...emptiness(state)];
  return [
    ...state.findings,
    ...maskFindings(state),
    ...aggregation(state),
    ...oneSided(state, conversations),
    ...hostFirewall(conversations),
    ...probableReplies(conversations),
    ...unmanaged(conversations),
    ...boundFindings(state),
    ...skewFindings(facts.skews, facts.nodeName),
    ...agentFindings(state),
    ...(facts.inventory === null ? [] : otherCluster(conversations, facts.inventory)),
    ...(facts.inventory === null ? [] : changedLabels(conversations, facts.inventory)),
  ];
}

function emptiness(state: FoldState): readonly Finding[] {
  const lines = state.counts.lines;
  return [
    {
      id: "recording-empty",
      severity: "warn",
      message:
        lines === 0
          ? "the recording is empty: nothing was seen"
          : `none of ${count(lines)} lines is a flow: nothing was seen`,
      help: "record with: hubble observe -f -o jsonpb > flows.jsonl",
    },
  ];
}

function maskFindings(state: FoldState): readonly Finding[] {
  return FIELD_LOSSES.filter((loss) => (state.counts.fields & loss.bit) === 0).map((loss) => ({
    id: "field-missing",
    severity: loss.blocks ? "warn" : "info",
    message: `no flow holds ${loss.field}: ${loss.loss}`,
    help: "leave the field in the exporter's field mask (hubble-export-fieldmask), or record with hubble observe -o jsonpb",
  }));
}

function aggregation(state: FoldState): readonly Finding[] {
  const { aggregatedLines, aggregatedFlows } = state.counts;
  if (aggregatedLines === 0) return [];
  return [
    {
      id: "flows-aggregated",
      severity: "info",
      message: `the exporter aggregated: ${count(aggregatedLines)} lines stand for ${count(aggregatedFlows)} flows, each with the time of its first`,
      help: "conclusions that need other fields than the aggregated ones are not drawn",
      count: aggregatedLines,
    },
  ];
}

function oneSided(state: FoldState, conversations: readonly Conversation[]): readonly Finding[] {
  const { kinds, flows } = state.counts;
  const traces = (kinds["trace"] ?? 0) + (kinds["l7"] ?? 0);
  if (flows < LEAST_FLOWS) return [];
  const findings: Finding[] = [];
  const recorded = new Set(conversations.flatMap((one) => Object.keys(one.recorded)));
  if (recorded.size === 1 && recorded.has("DROPPED")) {
    findings.push(oneSidedFinding("every flow was dropped: what was allowed is not in it", "record without --verdict"));
  } else if (traces === 0) {
    findings.push(
      oneSidedFinding(
        "there are no trace events: connections that no policy judged are not in it, nor those already open",
        "record without --type; bpf-events-trace-enabled must be true",
      ),
    );
  }
  const namespace = commonNamespace(conversations);
  if (namespace !== null) {
    findings.push(
      oneSidedFinding(
        `every conversation has an end in namespace ${namespace}: nothing of the others can be said`,
        "record without --namespace",
      ),
    );
  }
  return findings;
}

function oneSidedFinding(message: string, help: string): Finding {
  return { id: "recording-one-sided", severity: "warn", message: `the recording is one-sided: ${message}`, help };
}

/** The one namespace that every conversation touches; null when there is none, or all live in it alone. */
function commonNamespace(conversations: readonly Conversation[]): string | null {
  const [first, ...rest] = conversations.map((one) => new Set([namespaceOf(one.from), namespaceOf(one.to)]));
  const common = [...(first ?? [])].filter((name) => name !== "" && rest.every((names) => names.has(name)));
  return conversations.length > 1 && common.length === 1 ? (common[0] ?? null) : null;
}

function namespaceOf(end: End): string {
  return end.kind === "pod" ? end.namespace : "";
}

function hostFirewall(conversations: readonly Conversation[]): readonly Finding[] {
  const verdicts = conversations.flatMap((one) =>
    one.verdicts.filter((verdict) => isNode(verdict.side === "egress" ? one.from : one.to)),
  );
  if (verdicts.length === 0) return [];
  return [
    {
      id: "host-firewall-seen",
      severity: "info",
      message:
        "policy verdicts of a host were recorded: the host firewall is not rehearsed, no plan that changes it is ready",
      count: verdicts.reduce((sum, verdict) => sum + verdict.count, 0),
    },
  ];
}

const NODES: ReadonlySet<string> = new Set(["host", "remote-node", "kube-apiserver"]);

function isNode(end: End): boolean {
  return end.kind === "reserved" && NODES.has(end.entity);
}

function probableReplies(conversations: readonly Conversation[]): readonly Finding[] {
  const count = conversations.filter((one) => one.reply === "probable").length;
  if (count === 0) return [];
  return [
    {
      id: "probable-replies",
      severity: "info",
      message: "conversations may be replies taken for requests: they stay undecided",
      help: "record for longer, so that the requests they answer are seen",
      count,
    },
  ];
}

function unmanaged(conversations: readonly Conversation[]): readonly Finding[] {
  const ends = conversations.flatMap((one) => [one.from, one.to]);
  const found = ends.filter((end) => end.kind === "reserved" && end.entity === "unmanaged");
  if (found.length === 0) return [];
  return [
    {
      id: "unmanaged-pods-seen",
      severity: "info",
      message: "pods that Cilium does not manage were seen: no policy protects them",
      help: "restart pods that were started before Cilium",
      count: found.length,
    },
  ];
}

const BOUNDS: Readonly<Record<string, string>> = {
  conversations: "more conversations than are kept: the rest is not in the result",
  ends: "more ends than are kept: further pods are told apart by their labels alone",
  "outside-addresses": "more outside addresses than are kept: further ones count as their /24 or /48",
  "probable-replies": "more probable replies between the same ends than are kept",
  services: "more Services of connections than are kept: some conversations lack theirs",
  gaps: "more gaps than are kept",
  "verdict-side": "policy verdicts of which no field tells the side: they cannot be decided again",
};

function boundFindings(state: FoldState): readonly Finding[] {
  const hits = [...new Set(state.hit)].map(
    (hit): Finding => ({
      id: "bound-hit",
      severity: hit === "conversations" || hit === "ends" || hit === "verdict-side" ? "warn" : "info",
      message: BOUNDS[hit] ?? `the bound on ${hit} was hit`,
      help: "rehearse shorter windows, or one namespace at a time",
    }),
  );
  const verdicts = state.conversations.reduce((sum, one) => sum + one.verdictsDropped, 0);
  const more: Finding[] = [];
  if (verdicts > 0) more.push(bound("kinds of verdicts in one conversation", verdicts));
  if (state.namesDropped > 0) more.push(bound("names", state.namesDropped));
  const cuts = state.nodes.reduce((sum, node) => sum + node.cutsDropped, 0);
  if (cuts > 0) more.push(bound("changes of policies on one node", cuts));
  return [...hits, ...more];
}

function bound(what: string, count: number): Finding {
  return { id: "bound-hit", severity: "info", message: `more ${what} than are kept`, count };
}

function skewFindings(skews: readonly Skew[], nodeName: (node: string) => string): readonly Finding[] {
  const [worst] = skews;
  if (worst === undefined) return [];
  const seconds = (Math.abs(worst.ms) / 1000).toFixed(Math.abs(worst.ms) < 10_000 ? 2 : 0);
  const [ahead, behind] = worst.ms > 0 ? [worst.to, worst.from] : [worst.from, worst.to];
  return [
    {
      id: "clock-skew",
      severity: Math.abs(worst.ms) >= GRAVE_SKEW_MS ? "warn" : "info",
      message: `the clock of node ${nodeName(ahead)} is ${seconds} s ahead of ${nodeName(behind)}'s: times of different nodes do not compare`,
      help: "synchronise the nodes' clocks (NTP)",
      count: skews.length,
    },
  ];
}

/** Agents of several versions, audit mode that ended while recording, agents that began anew. */
function agentFindings(state: FoldState): readonly Finding[] {
  const findings: Finding[] = [];
  const versions = [...new Set(state.nodes.flatMap((node) => node.versions))].sort();
  if (versions.length > 1) {
    findings.push({
      id: "agent-versions-differ",
      severity: "info",
      message: `agents of several versions were recorded: ${versions.join(", ")}`,
      help: "each is decided as the version given by --cilium would",
    });
  }
  const mixed = state.nodes.filter((node) => node.switchBacks > MOST_SWITCH_BACKS).length;
  if (mixed > 0) {
    findings.push({
      id: "revisions-mixed",
      severity: "info",
      message: "verdicts name different policy revisions at the same time: they tell no changes of policies",
      help: "record agents' events too (hubble observe agent-events), or give the objects with their times",
      count: mixed,
    });
  }
  const ended = state.nodes.filter((node) => node.lastAudit > 0 && node.firstRefusal > 0);
  if (ended.length > 0) {
    findings.push({
      id: "audit-mode-changed",
      severity: "info",
      message: "policy audit mode was on for a part of the recording, or for some endpoints",
      count: ended.length,
    });
  }
  return findings;
}

/** A live pod's labels are no longer those it was recorded with: it is decided by the recorded ones (traps 17, 40). */
function changedLabels(conversations: readonly Conversation[], inventory: Inventory): readonly Finding[] {
  const pods = new Map(inventory.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
  const changed = new Set<string>();
  for (const end of conversations.flatMap((one) => [one.from, one.to])) {
    if (end.kind !== "pod") continue;
    const values = new Map(end.labels.flatMap((label) => keyAndValue(label)));
    for (const name of end.pods) {
      const labels = pods.get(`${end.namespace}/${name}`)?.labels ?? {};
      const differs = Object.entries(labels).some(([key, value]) => (values.get(key) ?? value) !== value);
      if (differs) changed.add(`${end.namespace}/${name}`);
    }
  }
  if (changed.size === 0) return [];
  return [
    {
      id: "labels-changed",
      severity: "warn",
      message: `labels of ${[...changed].sort().slice(0, 3).join(", ")} differ between recording and objects: decided by the recorded ones`,
      help: "record again, or give the objects of that time",
      count: changed.size,
    },
  ];
}

function keyAndValue(label: string): readonly (readonly [string, string])[] {
  const equals = label.indexOf("=");
  if (!label.startsWith("k8s:") || equals < 0) return [];
  return [[label.slice("k8s:".length, equals), label.slice(equals + 1)]];
}
