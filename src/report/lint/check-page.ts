import type { ShownCheck } from "./check-text.ts";

const NEEDS: Readonly<Record<string, string>> = {
  objects: "objects (`--objects`: pods, Services, namespaces)",
  flows: "a recording (`--flows`)",
  config: "the agent's version and settings (`--cilium-config`)",
  status: "policies as the cluster has them, with their status",
};

/** What becomes of the example to avoid: mended, an edit is proposed, or neither. */
export type ExampleFix = "fix" | "proposal" | "none";
const FIX: Readonly<Record<ExampleFix, string>> = {
  fix: "`ringfence lint --fix` mends it in place where the fix is proven.",
  proposal: "An edit is proposed where it is proven; whether it is wanted is yours to say, so `--fix` leaves it alone.",
  none: "By hand: the message says what to write.",
};

/** docs/checks/<id>.md. */
export function checkPage(check: ShownCheck, fixes: ExampleFix): string {
  const { id, severity, title, why, limits, needs, yieldsTo = [], bad, good } = check;
  const asks = needs.length === 0 ? "manifests alone" : needs.map((need) => NEEDS[need] ?? need).join(", ");
  const silent = yieldsTo.map((other) => `[${other}](${other}.md)`).join(", ");
  const parts = [
    "<!-- Made from src/lint/checks; UPDATE_GOLDEN=1 npx vitest run test/lint writes it. -->",
    `# ${id}`,
    `**${severity}**: ${title}`,
    "## Avoid",
    fenced(bad),
    "## Prefer",
    fenced(good),
    "## Why",
    why,
    "## Needs",
    asks,
    "## Fix",
    FIX[fixes],
    "## Limits",
    limits,
    ...(silent === "" ? [] : [`Silent where these find the same: ${silent}.`]),
    `Take one away with \`# ringfence: ignore ${id} -- reason\`.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function fenced(manifests: string): string {
  return `\`\`\`yaml\n${manifests.trimEnd()}\n\`\`\``;
}

/** docs/checks/README.md: every check with its severity and needs. */
export function checkIndex(checks: readonly ShownCheck[]): string {
  const rows = checks.map(
    ({ id, severity, title, needs }) =>
      `| [${id}](${id}.md) | ${severity} | ${title.replaceAll("|", "\\|")} | ${needs.length === 0 ? "manifests" : needs.join(", ")} |`,
  );
  return [
    "<!-- Made from src/lint/checks; UPDATE_GOLDEN=1 npx vitest run test/lint writes it. -->",
    "# What lint looks for",
    "Missing a case is acceptable, a false positive is not: what every check finds in public policy sets, and how each finding was judged, stands in [real-sets.md](real-sets.md).",
    "error: traffic or protection differs from what the text plainly says · warn: it will hurt under named circumstances · info: noise, redundancy, style.",
    `| check | severity | what it finds | needs |\n|---|---|---|---|\n${rows.join("\n")}`,
    "Settings and comments that take findings away: [lint.md](../lint.md).",
  ]
    .join("\n\n")
    .concat("\n");
}
