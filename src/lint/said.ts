import type { Finding } from "#model/finding.ts";
import { type PolicyObject } from "#model/policy.ts";
import type { Found } from "./check.ts";
import type { LintWorld } from "./lint-world.ts";
import { lintedByName } from "./per-world.ts";

/** Something that decoding said, with the linted policy that it is about; null where it is about none. */
export type Said = { readonly finding: Finding; readonly policy: PolicyObject | null; readonly path: string };

/** What decoding and the API server's schema said under one id. */
export function saidOf(world: LintWorld, id: string): readonly Said[] {
  const linted = lintedByName(world);
  return world.said
    .filter((finding) => finding.id === id)
    .map((finding) => ({
      finding,
      policy: linted.get(finding.place?.object ?? "") ?? null,
      path: finding.place?.path ?? "",
    }));
}

/** The same as a finding of a check. */
export function foundOfSaid({ finding, policy, path }: Said): Found {
  return {
    ...{ policy, path, message: finding.message, help: finding.help ?? "", severity: finding.severity },
    ...(finding.place === undefined ? {} : { place: finding.place }),
  };
}
