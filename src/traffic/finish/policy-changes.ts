import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";

/**
 * When policies are known to have been made or changed (milliseconds since 1970, ascending, each once): creationTimestamp
 * and managedFields, cut to the second by the API server. A deleted policy leaves no trace here.
 */
export function policyChanges(policies: readonly PolicyObject[]): readonly number[] {
  const times = policies.flatMap((policy) => {
    const metadata = policy.value["metadata"];
    return isObject(metadata) ? [metadata["creationTimestamp"], ...managedTimes(metadata)] : [];
  });
  const known = times.flatMap((time) => (typeof time === "string" ? [Date.parse(time)] : []));
  return [...new Set(known.filter((time) => !Number.isNaN(time)))].sort((a, b) => a - b);
}

/** Writes of the status change no rule. */
function managedTimes(metadata: JsonObject): readonly (Json | undefined)[] {
  const fields = metadata["managedFields"];
  if (!Array.isArray(fields)) return [];
  return fields.flatMap((entry) => (isObject(entry) && entry["subresource"] !== "status" ? [entry["time"]] : []));
}
