import type { Explained, Explanation } from "#model/explanation.ts";
import type { Severity } from "#model/finding.ts";

const RANK: Readonly<Record<Severity, number>> = { info: 1, warn: 2, error: 3 };

/** Whether an answer is at or above a severity: denied is an error, undecided a warning, what nobody means information. */
export function explainedFailsOn(explained: Explained, threshold: Severity | "never"): boolean {
  if (threshold === "never") return false;
  const severities = [
    ...explained.findings.map((finding) => finding.severity),
    ...explained.explanations.flatMap(severitiesOf),
  ];
  return severities.some((severity) => RANK[severity] >= RANK[threshold]);
}

function severitiesOf({ verdict, egress, ingress }: Explanation): readonly Severity[] {
  const surprises = (egress?.surprises.length ?? 0) + (ingress?.surprises.length ?? 0);
  const told: readonly Severity[] = surprises > 0 ? ["info"] : [];
  switch (verdict) {
    case "denied":
      return ["error", ...told];
    case "undecided":
      return ["warn", ...told];
    case "allowed":
      return told;
  }
}
