import type { NamespaceReadiness, Rehearsal } from "#model/rehearsal.ts";
import { counted, listed } from "../words.ts";
import { cutMiddle } from "../width.ts";
import { hanging, heading, limited, type Page } from "./page.ts";

const NAMESPACES = 16;

/** NAMESPACES: where one can go and where not, a line each; the ready ones together on the last. */
export function readinessLines(rehearsal: Rehearsal, page: Page): readonly string[] {
  const { readiness } = rehearsal;
  if (readiness.length === 0) return [];
  const waiting = readiness.filter((namespace) => namespace.state !== "ready");
  const ready = readiness.filter((namespace) => namespace.state === "ready").map((namespace) => namespace.namespace);
  const gutter = Math.min(Math.max(...readiness.map((some) => some.namespace.length), 5) + 5, 30);
  const lines = limited(page, waiting, NAMESPACES, (namespace) => waitingLines(namespace, rehearsal, { page, gutter }));
  const readyNames = listed(ready, page.all ? Number.POSITIVE_INFINITY : 40);
  return [
    ...heading(page, "NAMESPACES", `${ready.length} of ${readiness.length} ready`),
    ...lines,
    ...(ready.length === 0 ? [] : hanging(page, ` ${page.style.good("✓")} ready`, gutter, readyNames)),
  ];
}

type Layout = { readonly page: Page; readonly gutter: number };

function waitingLines(
  namespace: NamespaceReadiness,
  rehearsal: Rehearsal,
  { page, gutter }: Layout,
): readonly string[] {
  const sign = namespace.state === "holes" ? page.style.bad("✗") : page.style.unsure("?");
  const name = cutMiddle(namespace.namespace, gutter - 5);
  const unwanted = rehearsal.holes.filter(
    (hole) => hole.looksUnwanted && hole.namespace === namespace.namespace,
  ).length;
  return hanging(page, ` ${sign} ${name}`, gutter, stateText(namespace, unwanted));
}

function stateText(namespace: NamespaceReadiness, unwanted: number): string {
  const ready = namespace.workloads.filter((workload) => workload.state === "ready").length;
  const holes = namespace.holes - unwanted;
  const parts = [
    ...(namespace.state === "not-proven" ? ["not proven"] : []),
    ...(holes > 0 ? [counted(holes, "hole")] : []),
    ...(unwanted > 0 ? [`${unwanted} ${unwanted === 1 ? "looks" : "look"} unwanted`] : []),
    ...(namespace.undecided > 0 ? [`${namespace.undecided} undecided`] : []),
    ...(namespace.accepted > 0 ? [`${namespace.accepted} accepted`] : []),
    ...(namespace.workloads.length > 0 ? [`${ready} of ${namespace.workloads.length} workloads ready`] : []),
  ];
  const why =
    namespace.state === "not-proven" && namespace.reasons.length > 0 ? `: ${listed(namespace.reasons, 2)}` : "";
  return parts.join(" · ") + why;
}
