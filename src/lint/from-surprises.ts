import { SURPRISES } from "#analysis/surprises.ts";
import type { SurpriseFound } from "#analysis/surprises/surprise.ts";
import { elementPath } from "#model/policy.ts";
import type { Found } from "./check.ts";
import type { LintWorld } from "./lint-world.ts";

/** What a surprise (analysis/surprises) says of the accepted policies, as findings; those alone that `counts` takes. */
export function fromSurprises(
  world: LintWorld,
  id: string,
  help: string,
  counts: (found: SurpriseFound) => boolean = () => true,
): readonly Found[] {
  const surprise = SURPRISES.find((one) => one.id === id);
  if (surprise === undefined) throw new Error(`no surprise ${id}`);
  const { minor, config, snapshot } = world;
  return world.accepted.flatMap((policy) =>
    surprise
      .find(policy, { minor, config, inventory: snapshot.inventory })
      .filter(counts)
      .map(({ rule, sentence }) => ({ policy, path: elementPath(rule.element), message: sentence, help })),
  );
}
