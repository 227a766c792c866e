import type { ClauseExplanation, RuleExplanation, SideExplanation } from "#model/explanation.ts";
import { ruleName } from "../ends.ts";
import { hanging, type Page } from "../text/page.ts";
import { cutMiddle, displayWidth, padTo } from "../width.ts";
import { counted } from "../words.ts";

const RULES = 4;

/** The rules one by one: those that decided, then those that come closest, each with its first clause that fails. */
export function rulesLines({ rules }: SideExplanation, page: Page): readonly string[] {
  const deciding = rules.filter((rule) => rule.decides).length;
  const limit = Math.max(RULES, deciding);
  const shown = page.all || rules.length <= limit + 1 ? rules : rules.slice(0, limit);
  const width = Math.min(34, Math.max(0, ...shown.map((rule) => displayWidth(placeText(rule)))));
  const more = rules.length - shown.length;
  return [
    ...(shown.length === 0 ? [] : [`  ${page.style.dim("rules")}`]),
    ...shown.flatMap((rule) => ruleLines(rule, width, page)),
    ...(more === 0 ? [] : [page.style.dim(`    … ${counted(more, "more rule")}: --all`)]),
  ];
}

function placeText(rule: RuleExplanation): string {
  return rule.file === null ? `${rule.policy.split("/").at(-1) ?? ""} ${rule.element}` : ruleName(rule);
}

function ruleLines(rule: RuleExplanation, width: number, page: Page): readonly string[] {
  const label = `  ${signOf(rule, page)} ${padTo(cutMiddle(placeText(rule), width), width)}`;
  const lines = hanging(page, label, width + 6, ruleText(rule));
  return rule.decides ? lines : lines.map((line, index) => (index === 0 ? line : page.style.dim(line)));
}

function signOf({ decides, verdict, fails }: RuleExplanation, { style }: Page): string {
  if (decides && fails === "l7") return style.bad("✗");
  // Of an undecided side: the rule that would decide it.
  if (decides && fails !== "none") return style.unsure("?");
  if (decides) return verdict === "deny" ? style.bad("✗") : style.good("✓");
  return style.dim(fails === "none" || fails === "l7" ? "○" : "·");
}

function ruleText(rule: RuleExplanation): string {
  const word = rule.verdict === "allow" ? "" : rule.verdict === "deny" ? "denies: " : "passes on: ";
  const failing = rule.clauses.filter((clause) => !clause.holds);
  const shown = failing.length === 0 ? rule.clauses.filter((clause) => clause.asks !== "") : failing;
  const outdone = rule.outdone === null ? "" : `; matches too, but ${rule.outdone}`;
  return `${word}${shown.map(clauseText).join("; ")}${outdone}`;
}

/** `app=web ≠ app=api (why)`: what there is, and what the rule asks; where it holds, what it asks. */
function clauseText({ clause, field, holds, asks, found, note }: ClauseExplanation): string {
  const reason = note === null ? "" : ` (${note})`;
  const name = clause === "l7" ? `${field} ${asks}` : asks;
  if (holds) return `${clause === "port" && asks !== "every port" ? `port ${asks}` : name}${reason}`;
  if (clause === "l7") return `${field} ${asks}: ${found}${reason}`;
  return found === "" ? `${asks}${reason}` : `${found} ≠ ${asks}${reason}`;
}
