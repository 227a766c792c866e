import type { DecisionReport, RulePlace, SideReport } from "#model/rehearsal.ts";
import { hanging, type Page } from "../text/page.ts";
import { counted, distinct } from "../words.ts";

const GUTTER = 18;

/** Both sides of a decision: what each says, by which rules, and who switched default deny on. */
export function decisionLines(decision: DecisionReport, page: Page): readonly string[] {
  return [...sideLines("egress", decision.egress, page), ...sideLines("ingress", decision.ingress, page)];
}

function sideLines(name: string, side: SideReport | null, page: Page): readonly string[] {
  const label = `  ${name}`;
  if (side === null) return hanging(page, label, GUTTER, "nothing enforced here");
  return [
    ...hanging(page, label, GUTTER, sideText(side)),
    ...rules(page, "by", side.by),
    ...rules(page, "default deny", switchedOnBy(side)),
  ];
}

/** Who isolated the endpoint in this direction; beside the point where a deny rule decided. */
function switchedOnBy(side: SideReport): readonly RulePlace[] {
  return side.decision === "denied" && side.by.length > 0 ? [] : side.defaultDeny;
}

function sideText(side: SideReport): string {
  const redirect = side.redirect === null ? "" : `, redirected to the ${side.redirect} proxy`;
  switch (side.decision) {
    case "allowed":
      return `allowed${side.by.length === 0 ? ": no rule stands against it" : ""}${redirect}`;
    case "denied":
      return side.by.length === 0 ? "denied: no rule allows it" : "denied by a deny rule";
    case "undecided":
      return `undecided: ${side.missing ?? "a fact is missing"}${side.remedy === null ? "" : `; to decide it: ${side.remedy}`}`;
  }
}

/** One line a policy: its first rule concerned, and how many more there are. */
function rules(page: Page, title: string, places: readonly RulePlace[]): readonly string[] {
  const policies = distinct(places.map((place) => place.policy));
  return policies.flatMap((policy, index) => {
    const own = places.filter((place) => place.policy === policy);
    const label = index === 0 ? `    ${page.style.dim(title)}` : "";
    const more = own.length === 1 ? "" : ` and ${counted(own.length - 1, "more rule")}`;
    return own.slice(0, 1).flatMap((place) => hanging(page, label, GUTTER, ruleText(place) + more));
  });
}

function ruleText({ policy, element, file, line }: RulePlace): string {
  const place = file === null ? "" : line === null ? `${file} ` : `${file}:${line} `;
  return `${place}${policy} ${element}`;
}
