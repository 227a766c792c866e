import { isObject, type JsonObject } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { CiliumMinor } from "#model/profile.ts";
import { CILIUM_NETWORK_POLICY } from "./go-json/cilium-types.ts";
import { CLUSTER_NETWORK_POLICY, NETWORK_POLICY } from "./go-json/kubernetes-types.ts";
import type { Failure, StructShape } from "./go-json/shape.ts";
import { failureText, unmarshal } from "./go-json/unmarshal.ts";
import { nilPointer, type Rejection, reject } from "./rejection.ts";

export type DecodedPolicy = { readonly value: JsonObject } | { readonly rejection: Rejection };

/**
 * A policy object as the agent's Go structs hold it: fields by their own names however the keys were cased, unknown
 * fields gone, every value of its type; or why it cannot be read at all. Absent and empty stay apart.
 */
export function decodePolicy(policy: PolicyObject, minor: CiliumMinor): DecodedPolicy {
  const result = unmarshal(shapeOf(policy.kind, minor), policy.value, "");
  if ("failure" in result) return { rejection: failureRejection(result.failure) };
  return { value: isObject(result.value) ? result.value : {} };
}

function shapeOf(kind: PolicyObject["kind"], minor: CiliumMinor): StructShape {
  switch (kind) {
    case "CiliumNetworkPolicy":
    case "CiliumClusterwideNetworkPolicy":
      return CILIUM_NETWORK_POLICY[minor];
    case "NetworkPolicy":
      return NETWORK_POLICY;
    case "ClusterNetworkPolicy":
      return CLUSTER_NETWORK_POLICY;
  }
}

function failureRejection(failure: Failure): Rejection {
  if (failure.kind === "type") return reject(failure.path, failureText(failure), typeHelp(failure.path, failure));
  if (failure.crash) return nilPointer(failure.path);
  return reject(
    failure.path,
    failure.text,
    failure.help ?? "the agent cannot read the object at all: correct this value",
  );
}

type TypeFailure = Extract<Failure, { kind: "type" }>;

function typeHelp(path: string, failure: TypeFailure): string {
  if (/\.(from|to)Requires\b/.test(path)) {
    return "fromRequires and toRequires are gone since Cilium 1.19: put their labels into each peer selector instead";
  }
  return `the agent cannot read the object at all: it wants ${wanted(failure)} here, not ${found(failure.value)}`;
}

const WANTED: Readonly<Record<TypeFailure["wants"], string>> = {
  string: "a string",
  bool: "true or false",
  integer: "a whole number",
  list: "a list",
  map: "a mapping",
  struct: "a mapping",
};

function wanted(failure: TypeFailure): string {
  const quotable = failure.wants === "string" && /^(number|bool)/.test(failure.value);
  return quotable ? "a string (in quotes)" : WANTED[failure.wants];
}

const FOUND: Readonly<Record<string, string>> = {
  array: "a list",
  object: "a mapping",
  bool: "true or false",
  string: "a string",
  number: "a number",
};

/** A number that does not fit is named. */
function found(value: string): string {
  return FOUND[value] ?? value.replace("number ", "");
}
