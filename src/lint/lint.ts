import type { EditStep } from "#analysis/edits/edit-step.ts";
import { type EditSources, editWriter } from "#analysis/edits/edit-text.ts";
import { endKey, endName } from "#analysis/end-name.ts";
import type { End } from "#model/conversation.ts";
import type { Finding, Severity } from "#model/finding.ts";
import type { LintFinding, LintFix, LintReport } from "#model/lint.ts";
import { placeOf } from "#model/policy.ts";
import type { Check, Found } from "./check.ts";
import { CHECKS } from "./checks.ts";
import { foundKey, sameElement } from "./element-rule.ts";
import { createLintWorld, type LintInput, type LintWorld } from "./lint-world.ts";
import { conversationText, proveFix } from "./prove-fix.ts";

export type LintOptions = {
  /** Texts of the linted files, for fixes. */
  readonly sources: EditSources;
  /** Which checks look; default all. */
  readonly checks?: readonly Check[];
};

/** A finding with the check that made it. */
type Held = { readonly check: Check; readonly found: Found };

/** So many named; the rest is counted. */
const NAMED = 3;
/** Fixes proven in one run; beyond it none is offered. */
const MOST_PROOFS = 200;

/** A fix that is proven, for who applies it. */
export type ProvenFix = { readonly finding: LintFinding; readonly steps: readonly EditStep[] };
export type Linted = { readonly report: LintReport; readonly fixes: readonly ProvenFix[] };

/** Looks with every check at a set of policies. Pure. What comments and settings ignore is for `ignore.ts`. */
export function lint(input: LintInput, options: LintOptions): LintReport {
  return lintWithFixes(input, options).report;
}

/** The same, with the edits of the proven fixes. */
export function lintWithFixes(input: LintInput, options: LintOptions): Linted {
  return lintWorld(createLintWorld(input), options);
}

/** The same in a world that is there already. */
export function lintWorld(world: LintWorld, { sources, checks = CHECKS }: LintOptions): Linted {
  const missing = (check: Check) => check.needs.filter((need) => !world.has.has(need));
  const awake = checks.filter((check) => missing(check).length === 0);
  const held = mostSpecific(awake.flatMap((check) => [...check.find(world)].map((found) => ({ check, found }))));
  const fixer = createFixer(world, sources);
  const fixes: ProvenFix[] = [];
  const findings = held.map((one) => {
    const finding = report(one, fixer);
    if (finding.fix !== null && !finding.fix.isProposal) fixes.push({ finding, steps: one.found.steps ?? [] });
    return finding;
  });
  const slept = checks.filter((check) => missing(check).length > 0);
  return {
    report: {
      version: 1,
      findings: [...findings, ...unclaimed(world.said, checks)].sort(byPlace),
      slept: slept.map((check) => ({ check: check.id, needs: missing(check) })),
      ignored: [],
      totals: { policies: world.linted.length, checks: awake.length, conversations: world.conversations.length },
    },
    fixes,
  };
}

/** What reading the files said, in the form of findings. */
function unclaimed(said: readonly Finding[], checks: readonly Check[]): readonly LintFinding[] {
  const claimed = new Set(checks.flatMap(({ claims = [] }) => claims));
  return said
    .filter(({ id }) => !claimed.has(id))
    .map(({ id, severity, message, help = "", place = {} }) => ({
      ...{ check: id, severity, message, help, place },
      ...{ subjects: 0, subjectNames: [], peers: 0, peerNames: [], flows: 0, examples: [], fix: null },
    }));
}

/** Leaves out what another check says more exactly of the same rule. */
function mostSpecific(all: readonly Held[]): readonly Held[] {
  const byPolicy = new Map<string, Held[]>();
  for (const held of all) {
    const key = foundKey(held.found);
    const list = byPolicy.get(key);
    if (list === undefined) byPolicy.set(key, [held]);
    else list.push(held);
  }
  return all.filter(({ check, found }) => {
    const winners = check.yieldsTo ?? [];
    const rivals = winners.length === 0 ? [] : (byPolicy.get(foundKey(found)) ?? []);
    return !rivals.some((other) => winners.includes(other.check.id) && isAboutSame(other.found, found));
  });
}

function isAboutSame(one: Found, other: Found): boolean {
  if (!mayShareConversations(one, other)) return false;
  if (foundKey(one) !== foundKey(other)) return false;
  return one.policy === null || sameElement(one.path, other.path);
}

/**
 * Two findings that name different conversations of one rule are two things. `other` may come from the text alone: then
 * the endpoints that it names, if any, have to be among those that `one` is about.
 */
function mayShareConversations(one: Found, other: Found): boolean {
  const [own, others] = [one.conversations ?? [], other.conversations ?? []];
  if (own.length === 0) return true;
  if (others.length > 0) {
    const known = new Set(own);
    return others.some((conversation) => known.has(conversation));
  }
  const ends = new Set(own.flatMap(({ from, to }) => [endKey(from), endKey(to)]));
  return [other.subjects ?? [], other.peers ?? []].every(
    (list) => list.length === 0 || list.some((end) => ends.has(endKey(end))),
  );
}

type Fixer = (held: Held) => LintFix | null;

function createFixer(world: LintWorld, sources: EditSources): Fixer {
  const write = editWriter(world.set.policies, sources);
  let proofs = 0;
  return ({ check, found }) => {
    const { steps = [] } = found;
    if (steps.length === 0) return null;
    const { isProven, newlyAllows } =
      ++proofs > MOST_PROOFS ? { isProven: false, newlyAllows: [] } : proveFix(check, found, world);
    const isProposal = check.isProposal === true;
    return isProven ? { diff: write(steps).diff, proven: true, isProposal, newlyAllows } : null;
  };
}

function report({ check, found }: Held, fixer: Fixer): LintFinding {
  const { subjects = [], peers = [], conversations = [] } = found;
  return {
    check: check.id,
    severity: found.severity ?? check.severity,
    message: found.message,
    help: found.help,
    place: found.policy === null ? (found.place ?? {}) : placeOf(found.policy, found.path),
    subjects: subjects.length,
    subjectNames: named(subjects),
    peers: peers.length,
    peerNames: named(peers),
    flows: conversations.reduce((sum, one) => sum + one.flows, 0),
    examples: conversations.slice(0, NAMED).map(conversationText),
    fix: fixer({ check, found }),
  };
}

function named(ends: readonly End[]): readonly string[] {
  const distinct = new Map(ends.map((end) => [endKey(end), end]));
  return [...new Set([...distinct.values()].map(endName))].sort().slice(0, NAMED);
}

const WEIGHT: Readonly<Record<Severity, number>> = { error: 0, warn: 1, info: 2 };

function byPlace(one: LintFinding, other: LintFinding): number {
  const [a, b] = [one.place, other.place];
  return (
    compare(a.file ?? a.object ?? "", b.file ?? b.object ?? "") ||
    (a.line ?? 0) - (b.line ?? 0) ||
    WEIGHT[one.severity] - WEIGHT[other.severity] ||
    compare(one.check, other.check)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
