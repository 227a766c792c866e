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
  const lines = limited(page, waiting, NAMESPACES, (namespace) => waitingLines(namespace, page, gutter));
  const readyNames = listed(ready, page.all ? Number.POSITIVE_INFINITY : 40);
  return [
    ...heading(page, "NAMESPACES", `${ready.length} of ${readiness.length} ready`),
    ...lines,
    ...(ready.length === 0 ? [] : hanging(page, ` ${page.style.good("✓")} ready`, gutter, readyNames)),
  ];
}

function waitingLines(namespace: NamespaceReadiness, page: Page, gutter: number): readonly string[] {
  const sign = namespace.state === "holes" ? page.style.bad("✗") : page.style.unsure("?");
  return hanging(page, ` ${sign} ${cutMiddle(namespace.namespace, gutter - 5)}`, gutter, stateText(namespace));
}

function stateText(namespace: NamespaceReadiness): string {
  const ready = namespace.workloads.filter((workload) => workload.state === "ready").length;
  const parts = [
    namespace.state === "holes" ? counted(namespace.holes, "hole") : "not proven",
    ...(namespace.undecided > 0 ? [`${namespace.undecided} undecided`] : []),
    ...(namespace.accepted > 0 ? [`${namespace.accepted} accepted`] : []),
    ...(namespace.workloads.length > 0 ? [`${ready} of ${namespace.workloads.length} workloads ready`] : []),
  ];
  const why =
    namespace.state === "not-proven" && namespace.reasons.length > 0 ? `: ${listed(namespace.reasons, 2)}` : "";
  return parts.join(" · ") + why;
}
