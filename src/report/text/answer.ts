import type { Rehearsal } from "#model/rehearsal.ts";
import { answerWord } from "../answer.ts";
import { count, counted } from "../words.ts";
import { joinParts, type Page } from "./page.ts";

/** The answer in one word, with the figures that made it. */
export function answerLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  const { bold, good, bad, unsure } = page.style;
  const paint = { ready: good, "not-ready": bad, "not-proven": unsure }[rehearsal.answer];
  const word = answerWord(rehearsal);
  const indent = word.length + 3;
  const lines = joinParts(answerParts(rehearsal), page.width - indent);
  const head = `${bold(paint(word))}   ${lines[0] ?? ""}`;
  return [head, ...lines.slice(1).map((line) => " ".repeat(indent) + line)];
}

/** The figures behind the answer; empty parts are left out when joined. */
export function answerParts(rehearsal: Rehearsal): readonly string[] {
  const { totals, readiness, findings } = rehearsal;
  const unwanted = rehearsal.holes.filter((hole) => hole.looksUnwanted).length;
  const holes = rehearsal.holes.length - unwanted;
  const errors = findings.filter((finding) => finding.severity === "error").length;
  const ready = readiness.filter((namespace) => namespace.state === "ready").length;
  const accepted = readiness.reduce((sum, namespace) => sum + namespace.accepted, 0);
  return [
    ...(holes === 0 && unwanted > 0 ? [unwantedText(unwanted), "no other hole"] : []),
    ...(holes > 0 || unwanted === 0 ? [holesText(holes, totals.conversations), unwantedText(unwanted)] : []),
    totals.undecided === 0 ? "" : `${count(totals.undecided)} undecided`,
    totals.newlyAllowed === 0 ? "" : `${count(totals.newlyAllowed)} newly allowed`,
    errors === 0 ? "" : counted(errors, "error in the input", "errors in the input"),
    readiness.length === 0 ? "" : `${count(ready)} of ${count(readiness.length)} namespaces ready`,
    accepted === 0 ? "" : `with ${count(accepted)} accepted`,
  ];
}

function unwantedText(unwanted: number): string {
  return unwanted === 0 ? "" : `${count(unwanted)} ${unwanted === 1 ? "looks" : "look"} unwanted`;
}

function holesText(holes: number, conversations: number): string {
  if (holes > 0) return counted(holes, "hole");
  return conversations === 0 ? "nothing was seen" : `no hole in ${counted(conversations, "conversation")}`;
}
