import type { Rehearsal } from "#model/rehearsal.ts";
import { placeText } from "#model/place.ts";
import { groupEdges } from "../edge-list.ts";
import { edgeName, endName, ruleName } from "../ends.ts";
import { type HoleGroup, holesByNamespace, type NamespaceHoles } from "../hole-groups.ts";
import { count, counted, distinct, listed } from "../words.ts";
import { code, fenced, indented, prose } from "./markup.ts";

/** A heading and its entries; entries that find no room are counted. `folded` entries start closed. */
export type Block = { readonly title: string; readonly folded: boolean; readonly entries: readonly string[] };

/** The parts of the comment in the order of the text report. */
export function blocksOf(rehearsal: Rehearsal): readonly Block[] {
  const wanted = rehearsal.holes.filter((hole) => !hole.looksUnwanted);
  const unwanted = rehearsal.holes.filter((hole) => hole.looksUnwanted);
  const early = rehearsal.holes.filter((hole) => hole.openBefore);
  const blocks: readonly Block[] = [
    { title: "Input", folded: false, entries: rehearsal.findings.map(findingEntry) },
    ...holesByNamespace(wanted).map(namespaceBlock),
    {
      title: "Looks unwanted",
      folded: true,
      entries: unwanted.map((hole) => `- ${code(edgeName(hole))} ${hole.side}`),
    },
    {
      title: "Cut at the flip, never shown by audit mode",
      folded: false,
      entries: early.map((hole) => `- ${code(edgeName(hole))} ${hole.side}, open since before the recording`),
    },
    {
      title: "Newly allowed",
      folded: false,
      entries: rehearsal.newlyAllowed.map((edge) => `- ${code(edgeName(edge))}`),
    },
    { title: "Undecided", folded: true, entries: rehearsal.undecided.map(undecidedEntry) },
    { title: "Not proven", folded: true, entries: notProvenEntries(rehearsal) },
    { title: "Dead rules", folded: true, entries: rehearsal.deadRules.map(deadRuleEntry) },
    { title: "Hairpins", folded: true, entries: rehearsal.hairpins.map(hairpinEntry) },
    { title: "Namespaces", folded: true, entries: rehearsal.readiness.map(namespaceEntry) },
  ];
  return blocks.filter((block) => block.entries.length > 0);
}

function findingEntry(finding: Rehearsal["findings"][number]): string {
  const sign = { error: "✗", warn: "!", info: "·" }[finding.severity];
  const place = finding.place === undefined ? "" : ` ${code(placeText(finding.place))}`;
  const help = finding.help === undefined ? "" : `<br>${prose(finding.help)}`;
  return `- ${sign}${place} ${prose(finding.message)}${help}`;
}

function namespaceBlock(namespace: NamespaceHoles): Block {
  const holes = namespace.groups.reduce((sum, group) => sum + group.holes.length, 0);
  const name = namespace.namespace ?? "cluster-wide";
  return { title: `✗ ${name}: ${counted(holes, "hole")}`, folded: false, entries: namespace.groups.map(groupEntry) };
}

function groupEntry(group: HoleGroup): string {
  const { first, holes } = group;
  const edges = groupEdges(group, first.namespace, 6).map((edge) => code(edge.replaceAll("\u00A0", " ")));
  const sentences = distinct(holes.map((hole) => hole.sentence))
    .slice(0, 2)
    .map(prose);
  const many = holes.length === 1 ? "" : ` · ${counted(holes.length, "conversation")}`;
  const tags = `${code(first.cause)}${many} · ${counted(
    holes.reduce((sum, hole) => sum + hole.flows, 0),
    "flow",
  )}`;
  return [`- ${edges.join("<br>")} ${first.side}`, ...[...sentences, tags, ...cure(group)].map(indented)].join("\n\n");
}

function cure({ first }: HoleGroup): readonly string[] {
  const { edit, nearestRule } = first;
  if (edit === null || edit.diff === "")
    return nearestRule === null ? [] : [`nearest rule: ${code(`${ruleName(nearestRule)} ${nearestRule.element}`)}`];
  const more = edit.newlyAllows.length === 0 ? "" : ` It also newly allows ${prose(listed(edit.newlyAllows, 3))}.`;
  return [`${edit.proven ? "Proven on the recording" : "Suggested, not proven"}:${more}`, fenced("diff", edit.diff)];
}

function undecidedEntry(edge: Rehearsal["undecided"][number]): string {
  return `- ${code(edgeName(edge))} ${edge.side}: ${prose(edge.missing)}<br>to decide it: ${prose(edge.remedy)}`;
}

function notProvenEntries(rehearsal: Rehearsal): readonly string[] {
  const { coverage, totals, calibration } = rehearsal;
  const names = (entry: Rehearsal["notProven"][number]) =>
    [entry.namespace, entry.workload?.name].filter((part) => part !== null && part !== undefined).join("/");
  const commands = coverage.notSeen.flatMap((some) => (some.command === null ? [] : [some.command]));
  return [
    ...rehearsal.notProven.map((entry) => {
      const name = names(entry);
      return `- ${name === "" ? "" : `${code(name)} `}${prose(entry.reason)}<br>${prose(entry.remedy)}`;
    }),
    ...(totals.l7Unseen === 0
      ? []
      : [`- ${count(totals.l7Unseen)} conversations pass a proxy whose requests nobody recorded`]),
    ...(calibration.notExercised.length === 0
      ? []
      : [`- no recorded verdict exercised ${prose(listed(calibration.notExercised, 12))}`]),
    ...(commands.length === 0
      ? []
      : [`\nTo see what was not seen, while recording:\n\n${fenced("sh", distinct(commands).join("\n"))}`]),
  ];
}

function deadRuleEntry(rule: Rehearsal["deadRules"][number]): string {
  return `- ${code(`${ruleName(rule)} ${rule.element}`)} ${prose(rule.sentence)} (${rule.reason})`;
}

function hairpinEntry(hairpin: Rehearsal["hairpins"][number]): string {
  const ends = [hairpin.from, hairpin.via, ...(hairpin.to === null ? [] : [hairpin.to])].map((end) => endName(end));
  const names = hairpin.names.length === 0 ? "" : ` as ${code(listed(hairpin.names, 3))}`;
  return `- ${code(ends.join(" → "))}${names}`;
}

function namespaceEntry(namespace: Rehearsal["readiness"][number]): string {
  const word = { ready: "✓ ready", holes: `✗ ${counted(namespace.holes, "hole")}`, "not-proven": "? not proven" }[
    namespace.state
  ];
  const ready = namespace.workloads.filter((workload) => workload.state === "ready").length;
  const workloads =
    namespace.workloads.length === 0 ? "" : `, ${ready} of ${namespace.workloads.length} workloads ready`;
  return `- ${code(namespace.namespace)} ${word}${workloads}`;
}
