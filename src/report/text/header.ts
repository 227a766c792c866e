import type { CalibrationDifference, CalibrationReport, Rehearsal } from "#model/rehearsal.ts";
import { count, counted, duration, minuteText } from "../words.ts";
import { hanging, joinParts, limited, type Page } from "./page.ts";

/** What was judged, what it rests on, and how far the engine's word was checked against the recording. */
export function headerLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  return [
    ...joinParts(judgedParts(rehearsal), page.width),
    ...joinParts(evidenceParts(rehearsal), page.width).map(page.style.dim),
    ...calibrationLines(rehearsal.calibration, page),
    ...assumptionLines(rehearsal, page),
  ];
}

/** What was judged. */
export function judgedParts(rehearsal: Rehearsal): readonly string[] {
  const { cluster, cilium, policiesProposed } = rehearsal.snapshot;
  const policies = counted(policiesProposed, "policy", "policies");
  return ["ringfence rehearse", cluster, `Cilium ${cilium}`, `proposal: ${policies}${changesText(rehearsal)}`];
}

function changesText(rehearsal: Rehearsal): string {
  const { policiesNew, policiesChanged, policiesRemoved, policiesInForce } = rehearsal.snapshot;
  const parts = [
    ...(policiesNew > 0 ? [`${count(policiesNew)} new`] : []),
    ...(policiesChanged > 0 ? [`${count(policiesChanged)} changed`] : []),
    ...(policiesRemoved > 0 ? [`${count(policiesRemoved)} removed`] : []),
  ];
  if (parts.length > 0) return ` (${parts.join(", ")})`;
  return policiesInForce > 0 ? " (as in force)" : "";
}

/** What it rests on. */
export function evidenceParts(rehearsal: Rehearsal): readonly string[] {
  const { flows, nodes, to } = rehearsal.snapshot;
  const { windowSeconds, lostEvents } = rehearsal.coverage;
  if (flows === 0) return ["nothing was seen: the recording holds no flows", "nothing applied"];
  const nodeText = nodes.length === 1 ? `node ${nodes[0]}` : counted(nodes.length, "node");
  return [
    `seen ${duration(windowSeconds)}${to === null ? "" : ` to ${minuteText(to)}`}`,
    nodeText,
    `${counted(flows, "flow")} in ${counted(rehearsal.totals.conversations, "conversation")}`,
    `${counted(lostEvents, "event")} lost`,
    "nothing applied",
  ];
}

function calibrationLines(calibration: CalibrationReport, page: Page): readonly string[] {
  const { style } = page;
  const agreed = calibration.verdicts > 0 && calibration.reproduced === calibration.verdicts;
  const paint = agreed ? style.good : calibration.differences.length > 0 ? style.bad : style.unsure;
  const lines = hanging(page, "", 13, calibration.sentence);
  const [first = "", ...rest] = lines;
  return [
    `calibration: ${paint(first.trimStart())}`,
    ...rest.map(paint),
    ...limited(page, calibration.differences, 3, (difference) => differenceLines(difference, page)),
  ];
}

function differenceLines(difference: CalibrationDifference, page: Page): readonly string[] {
  const { conversation, side, recorded, decided, count: times, reason } = difference;
  const events = times === 1 ? "" : ` in ${counted(times, "event")}`;
  const text = `${reason}; ${side} was recorded ${recorded}${events} and is decided ${decided} [${conversation}]`;
  return hanging(page, `  ${page.style.bad("✗")}`, 4, text);
}

function assumptionLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  const assumptions = rehearsal.snapshot.assumptions;
  if (assumptions.length === 0) return [];
  return hanging(page, page.style.unsure("assumed:"), 13, assumptions.join("; "));
}
