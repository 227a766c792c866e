import { durationText } from "#analysis/evidence.ts";
import { podEnds } from "#analysis/known-ends.ts";
import { notSeen } from "#analysis/not-seen.ts";
import type { NotSeen } from "#model/rehearsal.ts";
import type { Check, Found } from "../check.ts";
import { isIsolated } from "../isolation-memo.ts";
import type { LintWorld } from "../lint-world.ts";

const WEEK_SECONDS = 7 * 86_400;
const LOSS_BUDGET = 0.001;

export const coverageGap: Check = {
  id: "coverage-gap",
  severity: "warn",
  title: "the recording is too thin to call silence safe",
  why: "What is not recorded is not known to work: jobs that did not run, nodes that were not heard, events that were lost (a lower bound: rate limits and filters lose silently), weekly backups in a window of an hour. Policies that look complete then break what comes once a week.",
  limits: "One finding for each kind of gap. Workloads count where the set isolates them.",
  needs: ["flows"],
  find: (world) =>
    world.snapshot.traffic.coverage.flows === 0 ? [] : [...window(world), ...losses(world), ...silent(world)],
  bad: `
name: four minutes
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop, labels: {app: a}}, spec: {containers: [{name: a}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop, labels: {app: b}}, spec: {containers: [{name: b}]}}
connections:
  - {from: shop/a, to: shop/b, port: 80, expect: {}}
`,
  good: `
name: ten days
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop, labels: {app: a}}, spec: {containers: [{name: a}]}}
  - {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: shop, labels: {app: b}}, spec: {containers: [{name: b}]}}
connections:
  - {from: shop/a, to: shop/b, port: 80, expect: {}}
`,
  recorded: {
    bad: { coverage: { from: 0, to: 240_000, windowSeconds: 240, flows: 500 } },
    good: { coverage: { from: 0, to: 864_000_000, windowSeconds: 864_000, flows: 500 } },
  },
};

function whole(message: string, help: string): Found {
  return { policy: null, path: "", message, help };
}

function window({ snapshot }: LintWorld): readonly Found[] {
  const { windowSeconds } = snapshot.traffic.coverage;
  if (windowSeconds >= WEEK_SECONDS) return [];
  const message = `the recording is ${durationText(windowSeconds)} long: what comes once a week, such as backups and renewals, is not in it`;
  return [whole(message, "record for a week or more (ringfence record), over every scheduled job")];
}

function losses({ snapshot }: LintWorld): readonly Found[] {
  const { coverage } = snapshot.traffic;
  const { flows, lostEvents, gaps } = coverage;
  const found: Found[] = [];
  if (lostEvents / (lostEvents + flows) > LOSS_BUDGET) {
    const help = "raise hubble-event-queue-size and hubble-event-buffer-capacity, or record on each node";
    found.push(whole(`at least ${lostEvents} events were lost beside ${flows} recorded ones`, help));
  }
  const heard = new Set(coverage.nodes.map((node) => node.name.split("/").at(-1)));
  const used = new Set(snapshot.inventory.pods.filter((pod) => !pod.hostNetwork).flatMap((pod) => pod.nodeName ?? []));
  const unheard = [...used].filter((node) => !heard.has(node)).sort();
  if (unheard.length > 0 && heard.size > 0) {
    const help =
      "record through Relay, or add these nodes' exporter files: each node tells its own half of a connection";
    found.push(whole(`${namesText(unheard)} ran pods and ${unheard.length === 1 ? "was" : "were"} not heard`, help));
  }
  if (gaps.length > 0) {
    found.push(
      whole(
        `nothing was recorded during ${gaps.length === 1 ? "a gap" : `${gaps.length} gaps`} on ${namesText([...new Set(gaps.map((gap) => gap.node))])}`,
        "record again over that time",
      ),
    );
  }
  return found;
}

/** Workloads that the set isolates and that the recording never heard. */
function silent(world: LintWorld): readonly Found[] {
  const unheard = notSeen(world.snapshot);
  if (unheard.length === 0) return [];
  const byWorkload = new Map<string, NotSeen>(unheard.map((one) => [`${one.namespace}/${one.name}`, one]));
  const subjects = podEnds(world.causes.ends).filter((end) => {
    const name = end.workload?.name ?? end.pods[0] ?? "";
    const isUnheard =
      byWorkload.has(`${end.namespace}/${name}`) || end.pods.some((pod) => byWorkload.has(`${end.namespace}/${pod}`));
    return isUnheard && (isIsolated(world, end, "ingress") || isIsolated(world, end, "egress"));
  });
  if (subjects.length === 0) return [];
  const names = [
    ...new Set(subjects.map((end) => `${end.namespace}/${end.workload?.name ?? end.pods[0] ?? "?"}`)),
  ].sort();
  const first = byWorkload.get(names[0] ?? "");
  const command = first === undefined || first.command === null ? "" : `, such as: ${first.command}`;
  const why = first === undefined ? "" : ` (${first.reason})`;
  return [
    {
      ...whole(
        `${namesText(names)} ${names.length === 1 ? "is" : "are"} isolated and ${names.length === 1 ? "was" : "were"} not heard${why}`,
        `exercise them while recording${command}`,
      ),
      subjects,
    },
  ];
}

const NAMED = 3;

function namesText(names: readonly string[]): string {
  const rest = names.length - NAMED;
  return rest > 0 ? `${names.slice(0, NAMED).join(", ")} and ${rest} more` : names.join(", ");
}
