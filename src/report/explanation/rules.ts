import type { ClauseExplanation, RuleExplanation, SideExplanation } from "#model/explanation.ts";
import { shortPlace } from "./place-name.ts";
import { hanging, type Page } from "../text/page.ts";
import { displayWidth, padTo } from "../width.ts";
import { counted } from "../words.ts";

const RULES = 4;
const PLACE = 30;

/** The rules one by one: those that decided, then those that come closest, each with what differs. */
export function rulesLines(side: SideExplanation, page: Page): readonly string[] {
  const { rules } = side;
  const shown = shownRules(side, page);
  const width = Math.max(0, ...shown.map((rule) => displayWidth(shortPlace(rule, PLACE))));
  const more = rules.length - shown.length;
  const rest = shown.length === 0 ? counted(more, "rule") : counted(more, "other rule");
  const what = isAllowed(side) ? ` ${more === 1 ? "does" : "do"} not match` : "";
  return [
    ...(rules.length === 0 ? [] : [`  ${page.style.dim("rules")}`]),
    ...shown.flatMap((rule) => ruleLines(rule, width, page)),
    ...(more === 0 ? [] : [page.style.dim(`  … ${rest}${what}: --all`)]),
  ];
}

/** Of an allowed side the rules that match; else the closest as well, as far as there is room. */
function shownRules(side: SideExplanation, page: Page): readonly RuleExplanation[] {
  const { rules } = side;
  if (page.all) return rules;
  const matching = rules.filter((rule) => rule.decides || rule.fails === "none");
  if (isAllowed(side)) return matching;
  const limit = Math.max(RULES, matching.length);
  return rules.length <= limit + 1 ? rules : rules.slice(0, limit);
}

function isAllowed({ decision, l7 }: SideExplanation): boolean {
  return decision === "allowed" && l7 !== "denied";
}

function ruleLines(rule: RuleExplanation, width: number, page: Page): readonly string[] {
  const label = `  ${signOf(rule, page)} ${padTo(shortPlace(rule, PLACE), width)}`;
  const lines = hanging(page, label, width + 6, ruleText(rule));
  return page.all ? [...lines, ...labelLines(rule, width, page)] : lines;
}

/** Every label of the peer, one a line. */
function labelLines({ clauses }: RuleExplanation, width: number, page: Page): readonly string[] {
  const labels = clauses.flatMap((clause) => clause.labels);
  if (labels.length < 2) return [];
  return labels.flatMap(({ asks, found, holds, added }) => {
    const text = `${holds ? asks : `${asks}: it has ${found}`}${added ? " (added by Cilium)" : ""}`;
    return hanging(page, `${" ".repeat(width + 6)}${page.style.dim(holds ? "=" : "≠")}`, width + 8, text);
  });
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
function clauseText({ clause, field, holds, asks, found, note, labels }: ClauseExplanation): string {
  const others = labels.filter((label) => !label.holds).length - 1;
  const more = others > 0 ? ` and ${counted(others, "more label")}` : "";
  const reason = note === null ? "" : ` (${note})`;
  const name = clause === "l7" ? `${field} ${asks}` : asks;
  if (holds) return `${clause === "port" && asks !== "every port" ? `port ${asks}` : name}${reason}`;
  if (clause === "l7") return `${field} ${asks}: ${found}${reason}`;
  return found === "" ? `${asks}${reason}` : `${found} ≠ ${asks}${more}${reason}`;
}
