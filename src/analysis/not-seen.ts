import { Cron } from "croner";
import type { PodEnd } from "#model/conversation.ts";
import type { Workload } from "#model/objects.ts";
import type { NotSeen } from "#model/rehearsal.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { workloadOf } from "#model/workload.ts";

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000 };

/** Workloads of the objects that the recording never heard, with a command that would exercise each. */
export function notSeen(snapshot: Snapshot): readonly NotSeen[] {
  const heard = heardWorkloads(snapshot);
  const top = topWorkloads(snapshot);
  const silent = top.filter((workload) => !isHeard(workload, heard, snapshot));
  const found = silent.map((workload) => ({
    kind: workload.kind,
    namespace: workload.namespace,
    name: workload.name,
    reason: reasonOf(workload, snapshot),
    command: commandFor(workload),
  }));
  return [
    ...found,
    ...silentPods(snapshot, heard, new Set(top.map((one) => `${one.namespace}/${one.kind}/${one.name}`))),
  ];
}

/** Pods never heard whose workload was not among the objects, one entry a workload. */
function silentPods(snapshot: Snapshot, heard: ReadonlySet<string>, listed: ReadonlySet<string>): readonly NotSeen[] {
  const found = new Map<string, NotSeen>();
  for (const pod of snapshot.inventory.pods) {
    if (pod.hostNetwork || pod.fromTemplate || ["Succeeded", "Failed"].includes(pod.phase)) continue;
    const { kind, name } = workloadOf(pod) ?? { kind: "Pod", name: pod.name };
    const key = `${pod.namespace}/${kind}/${name}`;
    if (listed.has(key) || heard.has(key) || heard.has(`${pod.namespace}/pod/${pod.name}`)) continue;
    const reason = "no flow of its pods was recorded";
    found.set(key, { kind, namespace: pod.namespace, name, reason, command: null });
  }
  return [...found.values()];
}

/** `namespace/workload` and `namespace/pod/name` of every pod end met. */
function heardWorkloads(snapshot: Snapshot): ReadonlySet<string> {
  const heard = new Set<string>();
  const note = (end: PodEnd) => {
    if (end.workload !== null) heard.add(`${end.namespace}/${end.workload.kind}/${end.workload.name}`);
    for (const pod of end.pods) heard.add(`${end.namespace}/pod/${pod}`);
  };
  for (const { from, to } of snapshot.traffic.conversations) {
    if (from.kind === "pod") note(from);
    if (to.kind === "pod") note(to);
  }
  return heard;
}

/** Workloads that no other workload owns: Deployment rather than its ReplicaSets. */
function topWorkloads(snapshot: Snapshot): readonly Workload[] {
  return snapshot.inventory.workloads.filter(
    (workload) =>
      !workload.owners.some((owner) => owner.controller) &&
      workload.replicas !== 0 &&
      workload.template?.hostNetwork !== true,
  );
}

function isHeard(workload: Workload, heard: ReadonlySet<string>, snapshot: Snapshot): boolean {
  if (heard.has(`${workload.namespace}/${workload.kind}/${workload.name}`)) return true;
  const prefix = `${workload.name}-`;
  return snapshot.inventory.pods.some(
    (pod) =>
      pod.namespace === workload.namespace &&
      pod.name.startsWith(prefix) &&
      heard.has(`${pod.namespace}/pod/${pod.name}`) &&
      isOwned(pod.owners, workload),
  );
}

function isOwned(owners: readonly { readonly kind: string; readonly name: string }[], workload: Workload): boolean {
  return owners.some((owner) => owner.name === workload.name || owner.name.startsWith(`${workload.name}-`));
}

function reasonOf(workload: Workload, snapshot: Snapshot): string {
  if (workload.kind === "Job") return "the job did not run in the window";
  if (workload.kind !== "CronJob") return "no flow of its pods was recorded";
  if (workload.suspended) return "the CronJob is suspended";
  const schedule = `schedule ${workload.schedule ?? "?"}`;
  return runsInWindow(workload, snapshot)
    ? `${schedule} had a run in the window, but no flow of it was recorded`
    : `${schedule} has no run in the window`;
}

/** Whether the schedule has a run between the recording's first and last event; unreadable schedules have none. */
function runsInWindow(workload: Workload, snapshot: Snapshot): boolean {
  const { from, to } = snapshot.traffic.coverage;
  if (from === null || to === null || workload.schedule === null) return false;
  const next = nextRun(workload, from);
  return next !== null && next <= to;
}

/** The first run after a time, in milliseconds since 1970; null when the schedule has none or cannot be read. */
export function nextRun(workload: Pick<Workload, "schedule" | "timeZone">, after: number): number | null {
  if (workload.schedule === null) return null;
  const prefixed = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(workload.schedule);
  const pattern = prefixed?.[2] ?? workload.schedule;
  if (pattern.startsWith("@every ")) return after + everyMilliseconds(pattern.slice("@every ".length));
  try {
    const zone = prefixed?.[1] ?? workload.timeZone ?? "UTC";
    return new Cron(pattern, { timezone: zone, mode: "5-part" }).nextRun(new Date(after))?.getTime() ?? null;
  } catch {
    return null;
  }
}

/** A Go duration such as `1h30m`, as robfig/cron's `@every` takes it. */
function everyMilliseconds(duration: string): number {
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(h|m|s)/g)];
  return parts.reduce((sum, part) => sum + Number(part[1]) * (UNIT_MILLISECONDS[part[2] ?? ""] ?? 0), 0);
}

function commandFor(workload: Workload): string | null {
  const { namespace, name } = workload;
  if (workload.kind === "CronJob") return `kubectl -n ${namespace} create job --from=cronjob/${name} ${name}-rehearsal`;
  if (workload.kind === "Job") return null;
  return `kubectl -n ${namespace} rollout restart ${workload.kind.toLowerCase()}/${name}`;
}
