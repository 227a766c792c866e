import { isObject } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import type { Cause, CauseWorld, Denial } from "../cause.ts";
import { itemsAt } from "../element.ts";
import { fqdnRules } from "../nearest-rule.ts";

/** `*` stands for the characters of one label: `*.x` never matches the apex `x`, nor `a.b.x` (pkg/fqdn/matchpattern). */
export const fqdnApex: Cause = {
  id: "fqdn-apex",
  explain(denial, world) {
    if (denial.side !== "egress" || denial.peer.kind !== "address" || denial.refused.length > 0) return null;
    const names = world.facts.byAddress.get(denial.peer.address) ?? [];
    for (const candidate of fqdnRules(denial)) {
      if (!candidate.portMatches) continue;
      const miss = nearMiss(world, candidate.rule.policy, elementPath(candidate.rule.element), names);
      if (miss === null || alreadyNamed(denial, world, miss.name)) continue;
      const list = `${elementPath(candidate.rule.element)}.toFQDNs`;
      return {
        sentence: `\`${miss.pattern}\` does not match \`${miss.name}\`: \`*\` stands for exactly one label`,
        nearest: candidate.rule,
        steps: [{ policy: candidate.rule.policy, path: list, op: "append", value: { matchName: miss.name } }],
      };
    }
    return null;
  },
};

type Miss = { readonly pattern: string; readonly name: string };

function nearMiss(world: CauseWorld, policy: string, path: string, names: readonly string[]): Miss | null {
  const found = world.policies.get(policy);
  if (found === undefined) return null;
  for (const item of itemsAt(found.value, `${path}.toFQDNs`)) {
    const pattern = isObject(item.value) ? item.value["matchPattern"] : undefined;
    if (typeof pattern !== "string") continue;
    const name = names.find((one) => isApexOrDeeper(pattern.toLowerCase(), one));
    if (name !== undefined) return { pattern, name };
  }
  return null;
}

/** True when the pattern is `*.x` and the name is `x`, or lies more than one label below `x`. */
function isApexOrDeeper(pattern: string, name: string): boolean {
  const domain = /^\*{1,2}\.(.+)$/.exec(pattern)?.[1];
  if (domain === undefined || domain.includes("*")) return false;
  if (name === domain) return true;
  return !pattern.startsWith("**") && name.endsWith(`.${domain}`) && name.slice(0, -domain.length - 1).includes(".");
}

/** Some rule names it in full already: then the name is not what is missing. */
function alreadyNamed(denial: Denial, world: CauseWorld, name: string): boolean {
  return fqdnRules(denial).some((candidate) => {
    const policy = world.policies.get(candidate.rule.policy);
    if (policy === undefined || !candidate.portMatches) return false;
    const items = itemsAt(policy.value, `${elementPath(candidate.rule.element)}.toFQDNs`);
    return items.some((item) => isObject(item.value) && item.value["matchName"] === name);
  });
}
