import type { DeadRule, Hairpin, Rehearsal } from "#model/rehearsal.ts";
import { endName, ruleName } from "../ends.ts";
import { listed } from "../words.ts";
import { hanging, heading, limited, type Page } from "./page.ts";

const RULES = 6;
const HAIRPINS = 6;

/** DEAD RULES: rules of the proposal that decided nothing, with why. */
export function deadRuleLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  if (rehearsal.deadRules.length === 0) return [];
  return [
    ...heading(page, "DEAD RULES", "they decided nothing in this recording"),
    ...limited(page, rehearsal.deadRules, RULES, (rule) => deadRule(rule, page)),
  ];
}

function deadRule(rule: DeadRule, page: Page): readonly string[] {
  const text = `${rule.file === null ? ruleName(rule) : `${ruleName(rule)} ${rule.element}`}: ${rule.sentence} (${rule.reason})`;
  return hanging(page, ` ${page.style.dim("·")}`, 3, text);
}

/** HAIRPINS: the cluster's own traffic through its public ingress; policy sees two conversations. */
export function hairpinLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  if (rehearsal.hairpins.length === 0) return [];
  return [
    ...heading(page, "HAIRPINS", "own traffic through the public ingress: it arrives as the ingress"),
    ...limited(page, rehearsal.hairpins, HAIRPINS, (hairpin) => hairpinLine(hairpin, page)),
  ];
}

function hairpinLine(hairpin: Hairpin, page: Page): readonly string[] {
  const ends = [hairpin.from, hairpin.via, ...(hairpin.to === null ? [] : [hairpin.to])];
  const names = hairpin.names.length === 0 ? "" : `  (as ${listed(hairpin.names, 3)})`;
  return hanging(page, ` ${page.style.dim("·")}`, 3, ends.map((end) => endName(end)).join(" → ") + names);
}
