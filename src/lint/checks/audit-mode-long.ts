import { durationText } from "#analysis/evidence.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";

const LONG_SECONDS = 14 * 86_400;

export const auditModeLong: Check = {
  id: "audit-mode-long",
  severity: "info",
  title: "audit mode has been on for more than two weeks",
  why: "Under audit mode nothing is enforced on the node: not the policies that are being tried, and not those that protected it before. A rehearsal of the recording answers what audit mode is on for.",
  limits: "Judged by the span between the first and the last AUDIT verdict of the recording.",
  needs: ["flows"],
  find: (world) => foundIn(world),
  bad: `
name: three weeks
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop, labels: {app: a}}, spec: {containers: [{name: a}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop, labels: {app: b}}, spec: {containers: [{name: b}]}}
connections:
  - {from: shop/a, to: shop/b, port: 80, expect: {}}
`,
  good: `
name: a day
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop, labels: {app: a}}, spec: {containers: [{name: a}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop, labels: {app: b}}, spec: {containers: [{name: b}]}}
connections:
  - {from: shop/a, to: shop/b, port: 80, expect: {}}
`,
  recorded: { bad: { conversation: { verdicts: [audited(21)] } }, good: { conversation: { verdicts: [audited(1)] } } },
};

function foundIn({ conversations }: LintWorld): readonly Found[] {
  const verdicts = conversations.flatMap((one) => one.verdicts.filter(({ verdict }) => verdict === "AUDIT"));
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { firstSeen, lastSeen } of verdicts) {
    first = Math.min(first, firstSeen);
    last = Math.max(last, lastSeen);
  }
  const seconds = (last - first) / 1000;
  if (!(seconds > LONG_SECONDS)) return [];
  const message = `AUDIT verdicts over ${durationText(seconds)}: for so long nothing was enforced there`;
  return [
    {
      policy: null,
      path: "",
      message,
      help: "enforce what the rehearsal calls ready, endpoint by endpoint or node by node",
    },
  ];
}

/** An AUDIT verdict over some days, for the examples. */
function audited(days: number) {
  return {
    ...{
      side: "ingress" as const,
      verdict: "AUDIT" as const,
      dropReason: null,
      matchType: 0,
      epoch: 0,
      node: "node-1",
    },
    ...{ count: 2, remoteLabels: null, policies: [], firstSeen: 0, lastSeen: days * 86_400_000 },
  };
}
