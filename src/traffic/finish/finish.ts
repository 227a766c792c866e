import type { Coverage, Gap, GivenName, NameQuestion, NameRecord } from "#model/coverage.ts";
import { EMPTY_INVENTORY, type Inventory, type Pod } from "#model/objects.ts";
import type { Finding } from "#model/finding.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { CiliumConfig } from "#model/profile.ts";
import type { Traffic } from "#model/snapshot.ts";
import { type Clusters, clustersOf } from "./clusters.ts";
import { ClockSkew } from "../clock-skew.ts";
import { gatherEndFacts } from "./end-facts.ts";
import { planEpochs } from "./epoch-plan.ts";
import { finishConversations } from "./finish-conversations.ts";
import type { FoldState } from "../fold-state.ts";
import { attributeNames } from "../given-names.ts";
import { NameTable } from "../name-table.ts";
import { policyChanges } from "./policy-changes.ts";
import { joinQuestions } from "../questions.ts";
import { recordingFindings } from "./recording-findings.ts";

/** What the flows are joined with. */
export type FinishContext = {
  /** null when no objects were given. */
  readonly inventory: Inventory | null;
  /** null when not known: an assumed cluster name is none. */
  readonly config: CiliumConfig | null;
  /** Those in force: their times cut epochs. */
  readonly policies: readonly PolicyObject[];
  /** Names given by the user. */
  readonly names?: readonly GivenName[];
  /** Questions of resolvers' logs, given by the user. */
  readonly questions?: readonly NameQuestion[];
  /** The identity labels that Cilium gives a pod object, for ends whose labels the recording lacks. */
  readonly labelsOf?: (pod: Pod) => readonly string[];
};

/** A connection that was heard so shortly before the end, and not closed, is open. */
const HEARD_MS = 60_000;
/** A shorter one may just have been on its way. */
const OPEN_MS = 10_000;

/** Joins a fold with the objects: the last step from flows to conversations. */
export function finishTraffic(state: FoldState, context: FinishContext): Traffic {
  const clusters = clustersOf(state, context.config);
  const own = nameRecords(state, clusters);
  const names = [...own, ...attributeNames(context.names ?? [], context.inventory ?? EMPTY_INVENTORY)];
  const objects = { inventory: context.inventory, labelsOf: context.labelsOf ?? null };
  const facts = gatherEndFacts(state, objects, names, clusters);
  const plan = planEpochs(state.nodes, policyChanges(context.policies), clusters.nodeName);
  const openAtEnd = settleConnections(state);
  const { conversations: heard, echoes } = finishConversations({ state, facts, plan, openAtEnd });
  const questions = context.questions ?? [];
  const { conversations, unknown } = joinQuestions(heard, questions, context.inventory);
  const skew = new ClockSkew();
  skew.merge(state.skew);
  const findings = recordingFindings(state, conversations, {
    inventory: context.inventory,
    skews: skew.skews(),
    nodeName: clusters.nodeName,
  });
  const coverage = coverageOf(state, clusters, findings);
  const leftOut = echoes === 0 ? coverage.leftOut : { ...coverage.leftOut, "masqueraded-reply": echoes };
  return {
    conversations,
    names,
    ...(questions.length === 0 ? {} : { questions }),
    epochs: plan.epochs,
    coverage: {
      ...coverage,
      ...(leftOut === undefined ? {} : { leftOut }),
      findings: [...coverage.findings, ...unknownAskers(unknown)],
    },
  };
}

function unknownAskers(unknown: number): readonly Finding[] {
  if (unknown === 0) return [];
  return [
    {
      id: "questions-unknown-asker",
      severity: "info",
      message: `${unknown} names were asked from addresses that no conversation with a resolver has`,
      help: "take the query log of the recording's time, with the objects of that time",
    },
  ];
}

function nameRecords(state: FoldState, clusters: Clusters): readonly NameRecord[] {
  const table = new NameTable();
  table.merge(state.names, state.namesDropped);
  return table
    .records()
    .map((record) => ({ ...record, node: record.node === null ? null : clusters.nodeName(record.node) }));
}

/** Reckons with the connections still held; returns the conversations of which one was open at the end. */
function settleConnections(state: FoldState): ReadonlySet<number> {
  const end = Math.max(0, ...state.nodes.map((node) => node.last).filter((time) => Number.isFinite(time)));
  const open = new Set<number>();
  for (const connection of state.connections) {
    const isOpen = connection.isEstablished && !connection.isClosed;
    const isLong = connection.last - connection.first >= OPEN_MS;
    if (isOpen && isLong && end - connection.last <= HEARD_MS) open.add(connection.conversation);
  }
  return open;
}

function coverageOf(state: FoldState, clusters: Clusters, findings: Coverage["findings"]): Coverage {
  const { counts } = state;
  const heard = state.nodes.filter((node) => node.flows > 0 && Number.isFinite(node.first));
  const from = heard.length === 0 ? null : Math.min(...heard.map((node) => node.first));
  const to = heard.length === 0 ? null : Math.max(...heard.map((node) => node.last));
  return {
    from,
    to,
    windowSeconds: from === null || to === null ? 0 : (to - from) / 1000,
    lines: counts.lines,
    flows: counts.flows,
    skipped: counts.skipped,
    kinds: counts.kinds,
    leftOut: counts.leftOut,
    nodes: heard
      .filter((node) => node.name !== "")
      .map((node) => ({
        name: clusters.nodeName(node.name),
        flows: node.flows,
        from: node.first,
        to: node.last,
        agentVersions: node.versions,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    lostEvents: counts.lostEvents,
    lostBySource: counts.lostBySource,
    gaps: gapsOf(state, clusters),
    otherDrops: counts.otherDrops,
    findings,
  };
}

function gapsOf(state: FoldState, clusters: Clusters): readonly Gap[] {
  const told = state.gaps.map((gap) => ({ ...gap, node: clusters.nodeName(gap.node) }));
  const silent = state.nodes.flatMap((node) =>
    node.gaps.map((gap) => ({ ...gap, node: clusters.nodeName(node.name) })),
  );
  return [...told, ...silent].sort((a, b) => a.from - b.from);
}
