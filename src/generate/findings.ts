import { durationText } from "#analysis/evidence.ts";
import { nextRun } from "#analysis/not-seen.ts";
import { count } from "#model/count.ts";
import type { Finding } from "#model/finding.ts";
import type { GeneratedPolicy } from "#model/generated.ts";
import type { GroupRules } from "./assemble.ts";
import { isLeftAlone } from "./infrastructure-namespaces.ts";
import { replacedNames } from "./prove.ts";
import type { Stage } from "./stage.ts";

const DAY_SECONDS = 86_400;

export type Made = {
  readonly stage: Stage;
  readonly policies: readonly GeneratedPolicy[];
  readonly rules: readonly GroupRules[];
};

/** What is worth saying of the recording and of the result as a whole. */
export function findingsOf({ stage, policies, rules }: Made): readonly Finding[] {
  return [
    ...stage.snapshot.findings,
    ...shortWindow(stage),
    ...notSeen(stage, rules),
    ...leftAlone(stage),
    ...nameless(policies),
    ...looser(policies),
    ...replaced(stage, policies),
  ];
}

/** A recording of minutes holds no job, no renewal, no backup. */
function shortWindow({ snapshot }: Stage): readonly Finding[] {
  const { windowSeconds, flows } = snapshot.traffic.coverage;
  if (flows === 0) {
    const help = "record with: hubble observe -f -o jsonpb > flows.jsonl";
    return [
      {
        id: "nothing-seen",
        severity: "error",
        message: "the recording holds no flow: there is nothing to generate from",
        help,
      },
    ];
  }
  const wanted = Math.max(DAY_SECONDS, longestSchedule(snapshot));
  if (windowSeconds >= wanted) return [];
  const why = wanted > DAY_SECONDS ? "so that every CronJob of the objects runs in it" : "over every scheduled job";
  return [
    {
      id: "short-recording",
      severity: "warn",
      message: `the recording is ${durationText(windowSeconds)} long, too short to generate from: what is rarer is in no rule`,
      help: `record for ${durationText(wanted)} or more, ${why}, then generate again: what is there stays`,
    },
  ];
}

/** The longest time between two runs of a CronJob, in seconds, at most five weeks. */
function longestSchedule({ inventory, traffic }: Stage["snapshot"]): number {
  const from = traffic.coverage.from ?? 0;
  const spans = inventory.workloads
    .filter((workload) => workload.kind === "CronJob" && !workload.suspended)
    .map((workload) => {
      const first = nextRun(workload, from);
      const second = first === null ? null : nextRun(workload, first);
      return first === null || second === null ? 0 : (second - first) / 1000;
    });
  return Math.min(35 * DAY_SECONDS, Math.max(0, ...spans));
}

function notSeen(stage: Stage, rules: readonly GroupRules[]): readonly Finding[] {
  const heard = new Set(rules.map(({ group }) => group));
  const silent = stage.groups.all.filter((group) => !heard.has(group) && !isLeftAlone(group, stage));
  if (silent.length === 0) return [];
  const names = silent.flatMap((group) => group.workloads);
  return [
    {
      id: "workloads-without-policy",
      severity: "info",
      message: `${listed(names)}: nothing of it was seen that is to be allowed, so it has no policy and stays open`,
      help: "record until it is heard, or close it with --baseline",
    },
  ];
}

function leftAlone(stage: Stage): readonly Finding[] {
  if (stage.options.namespaces.length > 0) return [];
  const left = [
    ...new Set(stage.groups.all.filter((group) => isLeftAlone(group, stage)).map((group) => group.namespace)),
  ];
  if (left.length === 0) return [];
  return [
    {
      id: "infrastructure-left-alone",
      severity: "info",
      message: `no policies for the workloads of ${listed(left.sort())}: a recording is too little to close what keeps the cluster running`,
      help: `ask for them by name: --namespace ${left[0]}`,
    },
  ];
}

function nameless(policies: readonly GeneratedPolicy[]): readonly Finding[] {
  const notes = policies.flatMap(({ rules }) =>
    rules.flatMap((rule) => rule.notes.filter((note) => note.startsWith("no name is known"))),
  );
  const addresses = new Set(notes);
  if (addresses.size === 0) return [];
  return [
    {
      id: "addresses-without-names",
      severity: "warn",
      message: `${count(addresses.size)} outside ${addresses.size === 1 ? "address has" : "addresses have"} no name: rules name the address, and break when it changes`,
      help: "apply what `ringfence generate --visibility` prints, record again, and generate again; or give the names with --names FILE",
    },
  ];
}

/** Where a sound result allows more than was seen. */
function looser(policies: readonly GeneratedPolicy[]): readonly Finding[] {
  return policies.flatMap(({ policy, rules }) => {
    const loose = rules.filter((rule) =>
      rule.notes.some((note) => note.includes("collapsed to") || note.includes("taken for dynamic")),
    );
    return loose.map(
      (rule): Finding => ({
        id: "looser-than-seen",
        severity: "info",
        message: `${policy.namespace === null ? "" : `${policy.namespace}/`}${policy.name} ${rule.path}: ${rule.notes.join("; ")}`,
      }),
    );
  });
}

function replaced({ snapshot }: Stage, policies: readonly GeneratedPolicy[]): readonly Finding[] {
  const names = replacedNames(
    policies.map((one) => one.policy),
    snapshot.policies,
  );
  if (names.length === 0) return [];
  return [
    {
      id: "replaces-policy",
      severity: "warn",
      message: `${listed(names)}: a policy in force has the same name and would be replaced`,
      help: "rename one of them, or merge what is generated into it",
    },
  ];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${count(names.length - 5)} more` : shown;
}
