import type { NotProven, NotSeen, Rehearsal } from "#model/rehearsal.ts";
import { counted, distinct, listed } from "../words.ts";
import { findingLines, bySeverity } from "./findings.ts";
import { commandLines, hanging, heading, limited, type Page } from "./page.ts";

const REASONS = 8;
const NAMES = 6;
const COMMANDS = 6;
const FINDINGS = 6;

/** NOT PROVEN: what the recording cannot show, why, and the commands that would make it show. */
export function notProvenLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  const said = new Set(rehearsal.notProven.map((entry) => entry.reason));
  const findings = rehearsal.coverage.findings.filter((finding) => !said.has(finding.message));
  const lines = [
    ...limited(page, reasonGroups(rehearsal), REASONS, (group) => reasonLines(group, page)),
    ...notSeenLines(rehearsal.coverage.notSeen, page),
    ...proxyLines(rehearsal, page),
    ...exercisedLines(rehearsal, page),
    ...limited(page, bySeverity(findings), FINDINGS, (finding) => findingLines(finding, page)),
  ];
  return lines.length === 0 ? [] : [...heading(page, "NOT PROVEN", "what this recording cannot show"), ...lines];
}

/** Reasons with one remedy; `names` are the namespaces and workloads they hold for, none for the whole. */
type ReasonGroup = { readonly reasons: readonly string[]; readonly remedy: string; readonly names: readonly string[] };

function reasonGroups(rehearsal: Rehearsal): readonly ReasonGroup[] {
  const groups = new Map<string, ReasonGroup>();
  for (const entry of rehearsal.notProven) {
    if (isSaidElsewhere(entry, rehearsal)) continue;
    const { namespace, reason, remedy } = entry;
    const key = JSON.stringify(namespace === null ? [remedy] : [remedy, reason]);
    const { reasons = [], names = [] } = groups.get(key) ?? {};
    groups.set(key, { reasons: [...reasons, reason], remedy, names: [...names, ...subjectOf(entry)] });
  }
  return [...groups.values()];
}

/** What was never seen is listed with its command, and what lacks a fact under UNDECIDED. */
function isSaidElsewhere({ namespace, workload, reason, remedy }: NotProven, rehearsal: Rehearsal): boolean {
  const { notSeen } = rehearsal.coverage;
  const unseen = notSeen.some(
    (some) => some.namespace === namespace && some.name === workload?.name && some.kind === workload.kind,
  );
  return unseen || rehearsal.undecided.some((edge) => edge.missing === reason && edge.remedy === remedy);
}

function subjectOf({ namespace, workload }: NotProven): readonly string[] {
  if (workload !== null) return [namespace === null ? workload.name : `${namespace}/${workload.name}`];
  return namespace === null ? [] : [namespace];
}

function reasonLines(group: ReasonGroup, page: Page): readonly string[] {
  const names = listed(distinct(group.names), page.all ? Number.POSITIVE_INFINITY : NAMES);
  const reasons = distinct(group.reasons);
  const shown = page.all ? reasons : reasons.slice(0, 3);
  const lines = shown.flatMap((reason) => doubt(page, names === "" ? reason : `${names}: ${reason}`));
  const more = reasons.length - shown.length;
  const rest = more === 0 ? [] : [page.style.dim(`   … ${counted(more, "reason")} more like it: --all`)];
  return [...lines, ...rest, ...remedy(page, group.remedy)];
}

function doubt(page: Page, text: string): readonly string[] {
  return hanging(page, ` ${page.style.unsure("?")}`, 3, text);
}

function remedy(page: Page, text: string): readonly string[] {
  return text === "" ? [] : hanging(page, "", 3, text).map(page.style.dim);
}

function notSeenLines(notSeen: readonly NotSeen[], page: Page): readonly string[] {
  if (notSeen.length === 0) return [];
  const lines = limited(page, notSeen, REASONS, (some) =>
    doubt(page, `${some.namespace}/${some.name} (${some.kind}): ${some.reason}`),
  );
  const commands = notSeen.flatMap((some) => (some.command === null ? [] : [some.command]));
  if (commands.length === 0) return lines;
  const run = limited(page, distinct(commands), COMMANDS, (command) => commandLines(page, command, 5));
  return [...lines, "   to see them while recording:", ...run];
}

function proxyLines({ totals }: Rehearsal, page: Page): readonly string[] {
  if (totals.l7Unseen === 0) return [];
  const many = counted(totals.l7Unseen, "conversation passes", "conversations pass");
  return doubt(page, `${many} a proxy whose requests nobody recorded: allowed at L4, the L7 rules are not tried`);
}

function exercisedLines({ calibration }: Rehearsal, page: Page): readonly string[] {
  const features = calibration.notExercised;
  if (features.length === 0) return [];
  const them = features.length === 1 ? "it" : "them";
  return doubt(page, `${listed(features, 12)}: the proposal uses ${them}, no recorded verdict exercised ${them}`);
}
