import type { UnwantedReason } from "#model/generated.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { Snapshot } from "#model/snapshot.ts";

export type PolicyFlavour = "cnp" | "ccnp" | "knp";

/** What `generate` is asked for. */
export type GenerateOptions = {
  readonly kind: PolicyFlavour;
  readonly directions: readonly ("egress" | "ingress")[];
  /** Workloads of these namespaces alone; empty: all but the infrastructure's. */
  readonly namespaces: readonly string[];
  /** Which of what looks unwanted is allowed all the same. */
  readonly include: readonly UnwantedReason[];
  /** DNS rules take every name, or only those that were asked. */
  readonly dns: "all" | "asked";
  /** HTTP rules where requests were recorded. */
  readonly l7: boolean;
  /** A clusterwide default deny with the DNS allow, beside the workloads' policies. */
  readonly baseline: boolean;
};

export const DEFAULT_OPTIONS: GenerateOptions = {
  kind: "cnp",
  directions: ["egress", "ingress"],
  namespaces: [],
  include: [],
  dns: "all",
  l7: false,
  baseline: false,
};

/** The snapshot to generate from. Its policies are those in force: they stay, and their denials still count. */
export type GenerateInput = { readonly snapshot: Snapshot; readonly options: GenerateOptions };

/** Policies that were there before, for questions about what they speak of. */
export type InForce = readonly PolicyObject[];
