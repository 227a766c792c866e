import type { RuleRef } from "#model/policy.ts";
import type { SideExplanation } from "#model/explanation.ts";
import { rulePlace } from "../report-edge.ts";
import { surprisesOf } from "../surprises.ts";
import type { SurpriseFound } from "../surprises/surprise.ts";
import type { ExplainedSide, ExplainStage } from "./stage.ts";

/** What takes part in this side's decision and nobody means, each once. */
export function sideSurprises(side: ExplainedSide, { set, world }: ExplainStage): SideExplanation["surprises"] {
  const { cilium, config, inventory } = world.snapshot;
  const surpriseWorld = { minor: cilium.value, config: config.value, inventory };
  const found = side.walk.selecting.flatMap((name) => {
    const policy = set.policies.get(name);
    return policy === undefined ? [] : surprisesOf(policy, surpriseWorld);
  });
  const here = found.filter((one) => takesPart(one, side) && one.unless?.(side.peer) !== true);
  const distinct = new Map(here.map((one) => [`${one.id} ${one.rule.policy} ${one.rule.element}`, one]));
  return [...distinct.values()].map(({ id, rule, sentence }) => ({ ...rulePlace(rule, set.policies), id, sentence }));
}

function takesPart({ rule, when }: SurpriseFound, { ruling, walk, side }: ExplainedSide): boolean {
  const decides = ruling.by.some((one) => isSame(one, rule));
  const candidate = walk.candidates.find((one) => isSame(one.rule, rule));
  const isOpen = walk.defaultDeny.length === 0;
  switch (when) {
    case "decides":
      return decides;
    case "decides-open":
      return decides && isOpen;
    case "fails":
      return candidate?.fails === "peer" && !decides;
    case "unresolved":
      return candidate?.fails === "not-resolved";
    case "isolates":
      return (
        ruling.decision === "denied" && ruling.by.length === 0 && walk.defaultDeny.some((one) => isSame(one, rule))
      );
    case "leaves-open":
      return ruling.decision === "allowed" && isOpen && rule.element.endsWith(`.${side}`);
  }
}

function isSame(a: RuleRef, b: RuleRef): boolean {
  return a.policy === b.policy && a.element === b.element;
}
