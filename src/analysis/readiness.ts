import type { PodEnd } from "#model/conversation.ts";
import type { Hole, NamespaceReadiness, NotSeen, State, UndecidedEdge, WorkloadReadiness } from "#model/rehearsal.ts";

/** What readiness is worked out from. */
export type ReadinessFacts = {
  /** Endpoints that the proposal isolates in a direction. */
  readonly isolated: readonly PodEnd[];
  readonly holes: readonly Hole[];
  readonly undecided: readonly UndecidedEdge[];
  readonly notSeen: readonly NotSeen[];
  /** Reasons that hold for every namespace: nothing recorded, too much lost. */
  readonly everywhere: readonly string[];
};

type Subject = { readonly namespace: string; readonly kind: string; readonly name: string };

/** Per namespace and workload that the proposal isolates: ready, holes, or not proven and why. */
export function readiness(facts: ReadinessFacts): readonly NamespaceReadiness[] {
  const subjects = subjectsOf(facts);
  const namespaces = [...new Set(subjects.map((subject) => subject.namespace))].sort();
  return namespaces.map((namespace) => {
    const own = subjects.filter((subject) => subject.namespace === namespace);
    const workloads = own.map((subject) => workloadReadiness(subject, facts));
    const holes = facts.holes.filter((hole) => hole.namespace === namespace);
    const undecided = facts.undecided.filter((edge) => subjectOf(edge)?.namespace === namespace);
    const state = worst(workloads.map((workload) => workload.state));
    const reasons = [...new Set(workloads.flatMap((workload) => workload.reasons))];
    return { namespace, state, holes: holes.length, accepted: 0, undecided: undecided.length, reasons, workloads };
  });
}

function worst(states: readonly State[]): State {
  if (states.includes("holes")) return "holes";
  return states.includes("not-proven") ? "not-proven" : "ready";
}

function workloadReadiness(subject: Subject, facts: ReadinessFacts): WorkloadReadiness {
  const { kind, name } = subject;
  if (facts.holes.some((hole) => isOf(subjectOf(hole), subject))) return { kind, name, state: "holes", reasons: [] };
  const reasons = [
    ...facts.everywhere,
    ...facts.undecided.filter((edge) => isOf(subjectOf(edge), subject)).map((edge) => `${name}: ${edge.missing}`),
    ...facts.notSeen
      .filter((one) => one.namespace === subject.namespace && one.name === name)
      .map((one) => `${one.name}: ${one.reason}`),
  ];
  const distinct = [...new Set(reasons)];
  return { kind, name, state: distinct.length > 0 ? "not-proven" : "ready", reasons: distinct };
}

function isOf(one: Subject | null, other: Subject): boolean {
  return one !== null && one.namespace === other.namespace && one.kind === other.kind && one.name === other.name;
}

/** Whose policies a hole or an open question is about. */
function subjectOf(edge: Hole | UndecidedEdge): Subject | null {
  const end = edge.side === "egress" ? edge.from : edge.to;
  if (end.kind !== "pod") return null;
  return {
    namespace: end.namespace,
    kind: end.workload?.kind ?? "Pod",
    name: end.workload?.name ?? end.pods[0] ?? "?",
  };
}

function subjectsOf(facts: ReadinessFacts): readonly Subject[] {
  const found = new Map<string, Subject>();
  const note = (subject: Subject) => found.set(`${subject.namespace}/${subject.name}/${subject.kind}`, subject);
  for (const end of facts.isolated) note(subjectOfEnd(end));
  const isolated = new Set(facts.isolated.map((end) => end.namespace));
  for (const one of facts.notSeen) {
    if (isolated.has(one.namespace)) note({ namespace: one.namespace, kind: one.kind, name: one.name });
  }
  for (const edge of [...facts.holes, ...facts.undecided]) {
    const subject = subjectOf(edge);
    if (subject !== null) note(subject);
  }
  return [...found.keys()].sort().flatMap((key) => found.get(key) ?? []);
}

function subjectOfEnd(end: PodEnd): Subject {
  return {
    namespace: end.namespace,
    kind: end.workload?.kind ?? "Pod",
    name: end.workload?.name ?? end.pods[0] ?? "?",
  };
}
