import { bareKey } from "#analysis/selector-text.ts";
import { itemsOf } from "#analysis/surprises/written-rules.ts";
import { isObject, type Json } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";
import { elementPath } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";

export const jobIdentity: Check = {
  id: "job-identity",
  severity: "warn",
  title: "a selector for one run of a CronJob",
  why: "`job-name` and `batch.kubernetes.io/job-name` are part of a pod's identity, and a CronJob gives every run a Job of its own, named after the minute it was due. A policy that names one run is right once: the next run is another identity, and is denied or unprotected.",
  limits:
    "A Job with a fixed name, and `Exists`, are no finding. Without objects a value counts as a run where its last number is a minute of these years (since 1970, as CronJobs write it).",
  needs: [],
  find: (world) => values(world).flatMap((one) => foundOf(one, world)),
  bad: `
name: last night's run
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: backup, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {job-name: backup-29712345}}
      egress: [{toEndpoints: [{matchLabels: {app: db}}]}]
`,
  good: `
name: every run
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: backup, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: backup}}
      egress: [{toEndpoints: [{matchLabels: {app: db}}]}]
`,
};

type Value = { readonly policy: PolicyObject; readonly path: string; readonly key: string; readonly value: string };

const KEYS = ["job-name", "batch.kubernetes.io/job-name"];

function values(world: LintWorld): readonly Value[] {
  const specs = world.specs.flatMap(({ policy, path, value }) =>
    ["endpointSelector", "podSelector"].flatMap((field) => jobNames(policy, `${path}.${field}`, value[field])),
  );
  const peers = world.rules.flatMap(({ policy, ref, value }) =>
    ["fromEndpoints", "toEndpoints", "from", "to"].flatMap((field) =>
      itemsOf(value[field]).flatMap((one, index) => {
        const path = `${elementPath(ref.element)}.${field}[${index}]`;
        return field.endsWith("Endpoints")
          ? jobNames(policy, path, one)
          : isObject(one)
            ? jobNames(policy, `${path}.podSelector`, one["podSelector"])
            : [];
      }),
    ),
  );
  return [...specs, ...peers];
}

function jobNames(policy: PolicyObject, path: string, selector: Json | undefined): readonly Value[] {
  if (!isObject(selector)) return [];
  const labels = isObject(selector["matchLabels"]) ? Object.entries(selector["matchLabels"]) : [];
  const asked = labels.map(([key, value]) => ({
    policy,
    path: `${path}.matchLabels.${key}`,
    key: bareKey(key),
    value: String(value),
  }));
  const expressions = itemsOf(selector["matchExpressions"]).flatMap((one, index) =>
    isObject(one) && one["operator"] === "In"
      ? itemsOf(one["values"]).map((value) => ({
          policy,
          path: `${path}.matchExpressions[${index}]`,
          key: bareKey(String(one["key"])),
          value: String(value),
        }))
      : [],
  );
  return [...asked, ...expressions].filter(({ key }) => KEYS.includes(key));
}

/** Minutes since 1970 from 2021 to 2033. */
const FIRST_MINUTE = 26_800_000;
const LAST_MINUTE = 33_150_000;

function foundOf({ policy, path, value }: Value, { snapshot }: LintWorld): readonly Found[] {
  const [, name, minute] = /^(.+)-(\d{8,10})$/.exec(value) ?? [];
  if (name === undefined || minute === undefined) return [];
  const { workloads } = snapshot.inventory;
  const isKnown = workloads.some((one) => one.kind === "CronJob" && one.name === name);
  const isFixed = workloads.some(
    (one) => one.kind === "Job" && one.name === value && !one.owners.some((owner) => owner.kind === "CronJob"),
  );
  const isMinute = Number(minute) >= FIRST_MINUTE && Number(minute) <= LAST_MINUTE && !isDate(minute);
  if (isFixed || !(isKnown || isMinute)) return [];
  const message = `${value} is one run of the CronJob ${name}: the next run has another identity, which this does not take`;
  return [{ policy, path, message, help: "select by a label that the CronJob's template gives to every run" }];
}

/** Day, month and year in one number: somebody's version, no minute. */
function isDate(digits: string): boolean {
  const [, day, month, year] = /^(\d\d)(\d\d)(\d{4})$/.exec(digits) ?? [];
  return Number(day) <= 31 && Number(month) >= 1 && Number(month) <= 12 && Number(year) >= 1990 && Number(year) <= 2099;
}
