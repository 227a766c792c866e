import type { Candidate } from "#model/connection.ts";
import type { RuleExplanation } from "#model/explanation.ts";
import type { RuleRef } from "#model/policy.ts";
import { rulePlace } from "../report-edge.ts";
import { peerClause } from "./peer-clause.ts";
import { l7Clause, portClause } from "./port-clause.ts";
import { clausesOf, type ExplainedSide, type ExplainStage } from "./stage.ts";

/** Every rule of the subject's policies in this direction; those that decided first, then the closest. */
export function ruleExplanations(side: ExplainedSide, stage: ExplainStage): readonly RuleExplanation[] {
  const { candidates } = side.walk;
  const deciding = candidates.filter((candidate) => decides(candidate, side));
  const all = candidates.map((candidate) => explanationOf(candidate, deciding, side, stage));
  return all
    .map((rule, index) => ({ rule, index }))
    .sort((a, b) => rank(a.rule) - rank(b.rule) || a.index - b.index)
    .map(({ rule }) => rule);
}

function explanationOf(
  candidate: Candidate,
  deciding: readonly Candidate[],
  side: ExplainedSide,
  stage: ExplainStage,
): RuleExplanation {
  const l7 = l7Clause(candidate);
  const clauses = [
    peerClause(candidate, side, stage),
    portClause(candidate, side.conversation),
    ...(l7 === null ? [] : [l7]),
  ];
  const isDeciding = deciding.includes(candidate);
  const matches = candidate.fails === "none";
  return {
    ...rulePlace(candidate.rule, stage.set.policies),
    verdict: candidate.verdict,
    fails: matches && l7 !== null && !l7.holds ? "l7" : candidate.fails,
    decides: isDeciding,
    outdone: matches && !isDeciding ? outdoneBy(candidate, deciding) : null,
    clauses,
  };
}

function decides({ rule }: Candidate, { ruling }: ExplainedSide): boolean {
  return ruling.by.some((one) => isSame(one, rule));
}

function isSame(a: RuleRef, b: RuleRef): boolean {
  return a.policy === b.policy && a.element === b.element;
}

/** What of a matching rule's entry loses against the entry that decided. Upstream: the precedence of mapStateEntry. */
function outdoneBy(candidate: Candidate, deciding: readonly Candidate[]): string | null {
  const [winner] = deciding;
  if (winner === undefined) return null;
  if (candidate.verdict === "pass" && winner.tier > candidate.tier) return "it leaves the decision to later tiers";
  if (winner.tier !== candidate.tier) return "a rule of an earlier tier decides first";
  if (winner.priority !== candidate.priority) return "a rule of a lower priority number decides first";
  if (winner.deny && !candidate.deny) return "a deny wins over every allow, however narrow";
  if (isDnsRule(winner) && !isDnsRule(candidate)) return "at the DNS proxy only rules of exactly this port count";
  const redirects = (one: Candidate) => clausesOf(one).l7.length > 0;
  if (redirects(winner) && !redirects(candidate)) return "a rule with L7 rules goes before one without";
  const ports = (one: Candidate) => clausesOf(one).ports.length;
  if (ports(winner) > 0 && ports(candidate) === 0) return "a rule for the port goes before one for every port";
  return "it says the same";
}

function isDnsRule(candidate: Candidate): boolean {
  return clausesOf(candidate).l7.some((rule) => rule.kind === "dns");
}

/** Decided, matches, one clause from matching, the others. */
function rank(rule: RuleExplanation): number {
  if (rule.decides) return 0;
  if (rule.fails === "none" || rule.fails === "l7") return 1;
  const [peer, port] = rule.clauses;
  if (rule.verdict !== "allow") return 6;
  if (peer?.holds === true) return 2;
  return port?.holds === true && port.field !== "" ? 3 : port?.holds === true ? 4 : 5;
}
