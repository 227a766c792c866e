import { isObject } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import type { Cause, CauseWorld, Denial } from "../cause.ts";
import type { EditStep } from "../edits/edit-step.ts";
import { itemsAt } from "../element.ts";
import { fqdnRules } from "../nearest-rule.ts";
import { podsOf } from "../pod-facts.ts";

/**
 * The resolver asks with search suffixes first (`api.github.com.ns.svc.cluster.local.`): the DNS proxy sees that name,
 * not the bare one, and refuses it; and what is learned is learned under the name really asked.
 */
export const fqdnSearchDomain: Cause = {
  id: "fqdn-search-domain",
  explain(denial, world) {
    return denial.refused.length > 0 ? refusedSuffix(denial, world) : learnedUnderSuffix(denial, world);
  },
};

function refusedSuffix(denial: Denial, world: CauseWorld) {
  const names = denial.refused.flatMap(({ request }) => (request.kind === "dns" ? [request.name] : []));
  const lists = dnsRuleLists(denial, world);
  const allowed = lists.flatMap((list) => list.names);
  const expanded = names.filter((name) => bareName(name, allowed, denial, world) !== null);
  const first = expanded[0];
  const target = lists[0];
  if (first === undefined || target === undefined) return null;
  const bare = bareName(first, allowed, denial, world) ?? "";
  return {
    sentence: `the resolver asks for \`${first}\` (search suffix) before \`${bare}\`; the DNS rule lists only the bare name and refuses it`,
    nearest: target.rule,
    steps: expanded.map(
      (name): EditStep => ({ policy: target.rule.policy, path: target.path, op: "append", value: { matchName: name } }),
    ),
  };
}

/** Every `rules.dns` list of the subject's egress rules that take this resolver, with the literal names in it. */
function dnsRuleLists(denial: Denial, world: CauseWorld) {
  return denial.walk.candidates.flatMap((candidate) => {
    const policy = world.policies.get(candidate.rule.policy);
    if (policy === undefined || !candidate.peerMatches || candidate.deny) return [];
    return itemsAt(policy.value, `${elementPath(candidate.rule.element)}.toPorts`).flatMap((entry) => {
      const path = `${entry.path}.rules.dns`;
      const items = itemsAt(policy.value, path);
      const names = items.flatMap(({ value }) =>
        isObject(value) ? [value["matchName"], value["matchPattern"]].filter((name) => typeof name === "string") : [],
      );
      return items.length === 0 ? [] : [{ rule: candidate.rule, path, names }];
    });
  });
}

/** The allowed name that a question is an expansion of; null when it is none. */
function bareName(name: string, allowed: readonly string[], denial: Denial, world: CauseWorld): string | null {
  const suffixes = searchSuffixes(denial, world);
  for (const suffix of suffixes) {
    if (!name.endsWith(`.${suffix}`)) continue;
    const bare = name.slice(0, -suffix.length - 1);
    if (bare.includes(".") && allowed.some((entry) => covers(entry.toLowerCase().replace(/\.$/, ""), bare)))
      return bare;
  }
  return (
    allowed.find((entry) => !entry.includes("*") && name.startsWith(`${entry.toLowerCase().replace(/\.$/, "")}.`)) ??
    null
  );
}

/** Whether a rule's entry means the bare name; a pattern's `*` is one label, as Cilium has it. */
function covers(entry: string, name: string): boolean {
  if (!entry.includes("*")) return entry === name;
  if (entry === "*") return true;
  const parts = entry.split(".");
  const labels = name.split(".");
  return parts.length === labels.length && parts.every((part, index) => part.includes("*") || part === labels[index]);
}

function searchSuffixes(denial: Denial, world: CauseWorld): readonly string[] {
  const namespace = denial.subject.kind === "pod" ? denial.subject.namespace : "default";
  const own = podsOf(denial.subject, world.snapshot).flatMap((pod) => pod.dnsSearches);
  return [`${namespace}.svc.cluster.local`, "svc.cluster.local", "cluster.local", ...own];
}

/** The address is known only by an expanded name, while the rule has the bare one. */
function learnedUnderSuffix(denial: Denial, world: CauseWorld) {
  if (denial.side !== "egress" || denial.peer.kind !== "address") return null;
  const names = world.facts.byAddress.get(denial.peer.address) ?? [];
  for (const candidate of fqdnRules(denial)) {
    const policy = world.policies.get(candidate.rule.policy);
    if (policy === undefined || !candidate.portMatches) continue;
    const list = `${elementPath(candidate.rule.element)}.toFQDNs`;
    const wanted = itemsAt(policy.value, list).flatMap(({ value }) =>
      isObject(value) ? [value["matchName"], value["matchPattern"]].filter((name) => typeof name === "string") : [],
    );
    const expanded = names.find((name) => bareName(name, wanted, denial, world) !== null);
    if (expanded === undefined) continue;
    const bare = bareName(expanded, wanted, denial, world) ?? "";
    return {
      sentence: `the address was learned as \`${expanded}\` (search suffix), never as \`${bare}\`, the name in the rule`,
      nearest: candidate.rule,
      steps: [
        { policy: candidate.rule.policy, path: list, op: "append", value: { matchName: expanded } } satisfies EditStep,
      ],
    };
  }
  return null;
}
