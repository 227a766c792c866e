import type { Edit, NamespaceReadiness, Rehearsal } from "#model/rehearsal.ts";
import { changeText } from "../change-text.ts";
import { type FileChanges, fileChanges } from "../diff-text.ts";
import { groupEdges } from "../edge-list.ts";
import { allowedName, endName, ruleName } from "../ends.ts";
import { type HoleGroup, holesByNamespace, idsText, type NamespaceHoles } from "../hole-groups.ts";
import { cutEnd, cutMiddle, displayWidth, padTo, wrap } from "../width.ts";
import { count, counted, distinct, listed } from "../words.ts";
import { heading, joinParts, limited, type Page } from "./page.ts";

const GROUPS_A_NAMESPACE = 6;
const NAMESPACES = 12;
const ENDS_A_LINE = 6;
const CHANGED_LINES = 6;

/** HOLES: seen traffic that the proposal denies, by the namespace that has to change, one entry a cure. */
export function holeLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  const holes = rehearsal.holes.filter((hole) => !hole.looksUnwanted);
  if (holes.length === 0) return [];
  const gutter = Math.max(...holes.map((hole) => hole.id.length)) + 3;
  const namespaces = limited(page, holesByNamespace(holes), NAMESPACES, (namespace) => [
    "",
    ...namespaceLines(namespace, { rehearsal, page, gutter }),
  ]);
  return [...heading(page, "HOLES", "seen traffic that the proposal denies"), ...namespaces];
}

type Context = { readonly rehearsal: Rehearsal; readonly page: Page; readonly gutter: number };

function namespaceLines(namespace: NamespaceHoles, context: Context): readonly string[] {
  const { page, rehearsal } = context;
  const { style } = page;
  const holes = namespace.groups.reduce((sum, group) => sum + group.holes.length, 0);
  const name = cutMiddle(namespace.namespace ?? "cluster-wide", page.width - 18);
  const state = rehearsal.readiness.find((some) => some.namespace === namespace.namespace);
  const head = ` ${style.bold(name)}  ${style.bad(`✗ ${counted(holes, "hole")}`)}${style.dim(readyText(state, page, name))}`;
  const groups = limited(page, namespace.groups, GROUPS_A_NAMESPACE, (group) => groupLines(group, context));
  return [head, ...groups];
}

function readyText(state: NamespaceReadiness | undefined, page: Page, name: string): string {
  const ready = (state?.workloads ?? []).filter((workload) => workload.state === "ready");
  if (ready.length === 0) return "";
  const names = listed(
    ready.map((workload) => workload.name),
    4,
  );
  const room = page.width - displayWidth(name) - 18;
  return room < 24 ? "" : cutEnd(` · ready in it: ${names}`, room);
}

function groupLines(group: HoleGroup, context: Context): readonly string[] {
  const { page, gutter } = context;
  const pad = " ".repeat(gutter);
  const body = [
    ...sentencesOf(group).flatMap((sentence) => wrap(sentence, page.width - gutter)),
    ...cureLines(group, context, page.width - gutter),
    ...joinParts(tagsOf(group, context), page.width - gutter).map(page.style.dim),
  ];
  return [...headLines(group, context), ...body.map((line) => pad + line)];
}

function headLines(group: HoleGroup, { page, gutter }: Context): readonly string[] {
  const { first } = group;
  const edges = groupEdges(group, first.namespace, page.all ? Number.POSITIVE_INFINITY : ENDS_A_LINE);
  const width = page.width - gutter - first.side.length - 2;
  const lines = edges.flatMap((edge, index) => wrap(index === 0 ? edge + asText(group) : edge, width));
  const label = padTo(`  ${page.style.name(first.id)}`, gutter);
  const head = `${label}${padTo(page.style.bold(lines[0] ?? ""), width)}  ${first.side}`;
  return [head, ...lines.slice(1).map((line) => " ".repeat(gutter) + page.style.bold(line))];
}

function asText(group: HoleGroup): string {
  const shown = group.holes.flatMap((hole) => [endName(hole.to), endName(hole.to, hole.namespace)]);
  const names = distinct(group.holes.flatMap((hole) => hole.asNames)).filter((name) => !shown.includes(name));
  return names.length === 0 ? "" : ` (as\u00A0${listed(names, 2)})`;
}

function sentencesOf(group: HoleGroup): readonly string[] {
  const sentences = distinct(group.holes.map((hole) => hole.sentence));
  if (sentences.length <= 2) return sentences;
  return [...sentences.slice(0, 1), `and ${count(sentences.length - 1)} like it, by the same change`];
}

function cureLines(group: HoleGroup, context: Context, width: number): readonly string[] {
  const { edit, nearestRule } = group.first;
  const files = edit === null ? [] : fileChanges(edit.diff);
  if (edit === null || files.length === 0) {
    return nearestRule === null ? [] : wrap(`nearest rule: ${ruleName(nearestRule)} ${nearestRule.element}`, width);
  }
  return [
    ...files.flatMap((changes) => changeLines(namedAsGiven(changes, edit), context.page, width)),
    ...sideEffects(group, edit, context).flatMap(({ text, paint }) => wrap(text, width).map(paint)),
  ];
}

/** A diff names files below `a/` and `b/`, without the leading `/` or `./` that the user gave. */
function namedAsGiven(changes: FileChanges, edit: Edit): FileChanges {
  const isSame = edit.file !== null && edit.file.replace(/^\.?\//, "") === changes.file;
  return isSame && edit.file !== null ? { ...changes, file: edit.file } : changes;
}

/** `argocd.yaml:31   + - matchName: github.com` where that fits, else the lines below the place. */
function changeLines({ file, line, changes }: FileChanges, page: Page, width: number): readonly string[] {
  const place = `${file}:${line}`;
  const texts = changes.flatMap(changeText);
  const first = texts[0] ?? "";
  if (texts.length === 1 && displayWidth(place) + 3 + displayWidth(first) <= width) {
    return [`${place}   ${paintChange(first, page)}`];
  }
  const lines = texts.flatMap((text) => wrapChange(text, width - 2).map((part) => `  ${paintChange(part, page)}`));
  const shown = page.all || lines.length <= CHANGED_LINES + 1 ? lines : lines.slice(0, CHANGED_LINES);
  const more = lines.length - shown.length;
  return [
    ...wrap(place, width),
    ...shown,
    ...(more === 0 ? [] : [page.style.dim(`  … ${counted(more, "more line")}`)]),
  ];
}

/** Wrapped behind its sign, with its indentation kept. */
export function wrapChange(text: string, width: number): readonly string[] {
  const lead = /^[+-] *(?:- )?/.exec(text)?.[0] ?? "";
  const sign = lead.slice(0, 1);
  const lines = wrap(text.slice(lead.length), width - lead.length - 2);
  return lines.map((line, index) => (index === 0 ? lead : `${sign}${" ".repeat(lead.length + 1)}`) + line);
}

type SideEffect = { readonly text: string; readonly paint: (text: string) => string };

/** What else an edit lets through: other holes by their ids, those that look unwanted called so. */
function sideEffects(group: HoleGroup, edit: Edit, { rehearsal, page }: Context): readonly SideEffect[] {
  const own = new Set(group.holes.map((hole) => hole.id));
  const named = new Map(rehearsal.holes.map((hole) => [allowedName(hole), hole]));
  const met = distinct(edit.newlyAllows).map((text) => ({ text, hole: named.get(text) }));
  const holes = met.flatMap(({ hole }) => (hole === undefined || own.has(hole.id) ? [] : [hole]));
  const wanted = holes.filter((hole) => !hole.looksUnwanted).map((hole) => hole.id);
  const unwanted = holes.filter((hole) => hole.looksUnwanted).map((hole) => hole.id);
  const others = met.flatMap(({ text, hole }) => (hole === undefined ? [text] : []));
  const { good, bad, unsure } = page.style;
  const effects = [
    { text: wanted.length === 0 ? "" : `it cures ${idsText(wanted)} as well`, paint: good },
    { text: unwanted.length === 0 ? "" : `it also lets through what looks unwanted: ${idsText(unwanted)}`, paint: bad },
    { text: others.length === 0 ? "" : `it also newly allows ${listed(others, 3)}`, paint: unsure },
  ];
  return effects.filter(({ text }) => text !== "");
}

/** Added lines are good news, removed ones bad. */
export function paintChange(line: string, page: Page): string {
  if (line.startsWith("+")) return page.style.good(line);
  return line.startsWith("-") ? page.style.bad(line) : line;
}

/** Programs by name; their folders are told by --explain. */
function openedBy(holes: HoleGroup["holes"]): string {
  const names = distinct(holes.flatMap((hole) => hole.processes ?? []).map((path) => path.replace(/^.*\//, "")));
  return names.length === 0 ? "" : `opened by ${listed(names, 3)}`;
}

function tagsOf(group: HoleGroup, { rehearsal }: Context): readonly string[] {
  const { first, holes } = group;
  const also = distinct(holes.flatMap((hole) => hole.also)).filter((cause) => cause !== first.cause);
  const flows = holes.reduce((sum, hole) => sum + hole.flows, 0);
  const ids = holes.map((hole) => hole.id);
  return [
    first.cause,
    also.length === 0 ? "" : `also ${also.join(", ")}`,
    holes.length === 1 ? "" : `${counted(holes.length, "conversation")} (${idsText(ids)})`,
    counted(flows, "flow"),
    first.edit === null || first.edit.diff === "" ? "" : first.edit.proven ? "edit proven" : "edit not proven",
    holes.every((hole) => hole.deniedBefore) ? "denied today as well" : "",
    holes.every((hole) => hole.l7 === "denied") ? "refused by the proxy (L7)" : "",
    holes.some((hole) => hole.openBefore || hole.openAtEnd) ? "cut while open" : "",
    openedBy(holes),
    otherSide(group, rehearsal),
  ];
}

function otherSide(group: HoleGroup, rehearsal: Rehearsal): string {
  const conversations = new Set(group.holes.map((hole) => hole.conversation));
  const others = rehearsal.holes.filter(
    (hole) => hole.side !== group.first.side && conversations.has(hole.conversation),
  );
  const side = others[0]?.side;
  return side === undefined ? "" : `${side} denies it too: ${idsText(others.map((hole) => hole.id))}`;
}
