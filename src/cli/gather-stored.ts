import type { SourceManifest } from "#decode/objects/manifest.ts";
import { type SchemaJudge, schemaJudge } from "#decode/schema/schema.ts";
import type { Finding } from "#model/finding.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { CiliumMinor } from "#model/profile.ts";

export type PolicySets = { readonly inForce: readonly PolicyObject[]; readonly proposed: readonly PolicyObject[] };
export type StoredPolicies = PolicySets & { readonly findings: readonly Finding[] };

const judges = new Map<CiliumMinor, Promise<SchemaJudge>>();

/** Loaded once in a process. */
function judgeOf(minor: CiliumMinor): Promise<SchemaJudge> {
  const known = judges.get(minor) ?? schemaJudge(minor);
  judges.set(minor, known);
  return known;
}

/**
 * Policies as the API server stores them: fields that the CRD does not know are gone. What is wrong with the proposal is
 * said; the policies in force went through the API server long ago. A policy that it would refuse is decided as written,
 * so that its other mistakes show in the same run; the finding is an error all the same. `beside`: what else the
 * proposal brings; its CIDR groups are judged too.
 */
export async function storedPolicies(
  sets: PolicySets,
  minor: CiliumMinor,
  beside: readonly SourceManifest[] = [],
): Promise<StoredPolicies> {
  const judge = await judgeOf(minor);
  const proposed = sets.proposed.map((policy) => judge.policy(policy));
  return {
    inForce: sets.inForce.map((policy) => judge.policy(policy).policy),
    proposed: proposed.map((judged) => judged.policy),
    findings: [
      ...proposed.flatMap((judged) => judged.findings),
      ...beside.filter(({ kind }) => kind === "CiliumCIDRGroup").flatMap((manifest) => judge.manifest(manifest)),
    ],
  };
}
