import type { Json } from "#model/json.ts";
import type { Manifest, Pod, Workload, WorkloadKind } from "#model/objects.ts";
import { flagAt, numberAt, textAt, valueAt } from "../field.ts";
import { readOwners } from "./owners.ts";
import { podOf } from "./pod.ts";

/** A workload with the pod that its template makes, named like the workload and in its namespace. */
export function readWorkload(kind: WorkloadKind): (manifest: Manifest) => Workload {
  return (manifest) => {
    const namespace = manifest.namespace ?? "default";
    const { name, value } = manifest;
    return {
      kind,
      namespace,
      name,
      owners: readOwners(value),
      template: templateOf(kind, value, { namespace, name }),
      replicas: numberAt(value, "spec", "replicas") ?? null,
      schedule: kind === "CronJob" ? (textAt(value, "spec", "schedule") ?? null) : null,
      timeZone: kind === "CronJob" ? (textAt(value, "spec", "timeZone") ?? null) : null,
      suspended: flagAt(value, "spec", "suspend"),
    };
  };
}

function templateOf(
  kind: WorkloadKind,
  value: Json,
  named: { readonly namespace: string; readonly name: string },
): Pod | null {
  const path = kind === "CronJob" ? ["spec", "jobTemplate", "spec", "template"] : ["spec", "template"];
  const template = valueAt(value, ...path);
  return template === undefined || template === null ? null : podOf(template, { ...named, fromTemplate: true });
}
