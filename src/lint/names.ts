import { itemsAt } from "#analysis/element.ts";
import { isIsolated } from "./isolation-memo.ts";
import { nameMatching } from "#analysis/learned-names.ts";
import { writtenRules } from "#analysis/surprises/written-rules.ts";
import { fqdnMatcher } from "#engine/selector/match-pattern.ts";
import { SEMANTICS } from "#engine/semantics.ts";
import type { End, PodEnd } from "#model/conversation.ts";
import { isObject, type Json } from "#model/json.ts";
import { elementPath, policyName, type PolicyObject } from "#model/policy.ts";
import type { CiliumMinor } from "#model/profile.ts";
import { answerFor, between } from "./ask.ts";
import { perWorld } from "./per-world.ts";
import type { LintRule, LintWorld } from "./lint-world.ts";
import { OUTSIDE } from "./probe.ts";
import { plainNumber, writtenPorts } from "./written-ports.ts";

/** A name or pattern as it is written. */
export type WrittenName = { readonly path: string; readonly text: string; readonly isPattern: boolean };

/** The entries of a `toFQDNs` or `rules.dns` list. */
export function writtenNames(policy: PolicyObject, list: string): readonly WrittenName[] {
  return itemsAt(policy.value, list).flatMap(({ path, value }) => nameOf(path, value));
}

function nameOf(path: string, value: Json): readonly WrittenName[] {
  if (!isObject(value)) return [];
  const { matchName, matchPattern } = value;
  if (typeof matchName === "string" && matchName !== "") return [{ path, text: matchName, isPattern: false }];
  return typeof matchPattern === "string" ? [{ path, text: matchPattern, isPattern: true }] : [];
}

/** Egress allow rules with names. */
export function fqdnRules(world: LintWorld): readonly LintRule[] {
  return world.rules.filter(
    ({ deny, direction, value }) =>
      !deny && direction === "egress" && Array.isArray(value["toFQDNs"]) && value["toFQDNs"].length > 0,
  );
}

/** The `rules.dns` lists of a rule, by path. */
export function dnsLists({ policy, ref }: Pick<LintRule, "policy" | "ref">): readonly string[] {
  return itemsAt(policy.value, `${elementPath(ref.element)}.toPorts`)
    .filter(({ value }) => isObject(value) && isObject(value["rules"]) && Array.isArray(value["rules"]["dns"]))
    .map(({ path }) => `${path}.rules.dns`);
}

const DNS_PORTS: ReadonlySet<string> = new Set(["53", "5353", "8053", "9153"]);

/** True for an egress rule that was written for a resolver: it names a port of DNS, or filters names. */
export function isAboutDns(rule: Pick<LintRule, "policy" | "ref">): boolean {
  if (dnsLists(rule).length > 0) return true;
  return writtenPorts(rule).some(({ port }) => DNS_PORTS.has(port) || /dns/i.test(port));
}

/** Every egress allow rule of the set that was written for a resolver, by policy; those of policies in force as well. */
export const dnsRules = perWorld((world): ReadonlyMap<string, readonly LintRule[]> => {
  const rules = new Map<string, readonly LintRule[]>();
  for (const status of world.set.engine.policies) {
    const policy = status.valid ? world.set.policies.get(status.policy) : undefined;
    if (policy === undefined) continue;
    const own = writtenRules(policy).map((rule) => ({ ...rule, policy }));
    const about = own.filter((rule) => !rule.deny && rule.direction === "egress" && isAboutDns(rule));
    if (about.length > 0) rules.set(policyName(policy), about);
  }
  return rules;
});

/** The rules for a resolver that an endpoint's policies hold, whatever peer they name. */
export function dnsRulesOf(world: LintWorld, end: End): readonly LintRule[] {
  const { selecting } = world.set.engine.walk(between(end, OUTSIDE, "egress", { protocol: "UDP", port: 53 }), "egress");
  return selecting.flatMap((policy) => dnsRules(world).get(policy) ?? []);
}

/** True when some egress of the subject is refused that this rule is about: names are needed for it. */
export function needsNames(world: LintWorld, rule: LintRule, end: PodEnd): boolean {
  if (!isIsolated(world, end, "egress")) return false;
  return packetsOf(rule).some(
    (packet) => answerFor(world, between(end, OUTSIDE, "egress", packet), "egress") === "denied",
  );
}

/** A packet for each plain port of a rule; of a rule without any, HTTPS stands for all. */
export function packetsOf(rule: LintRule): readonly { readonly protocol: string; readonly port: number }[] {
  const ports = writtenPorts(rule).flatMap((written) => {
    const port = plainNumber(written);
    return port === null ? [] : [{ protocol: written.protocol === "ANY" ? "TCP" : written.protocol, port }];
  });
  return ports.length > 0 ? ports : [{ protocol: "TCP", port: 443 }];
}

/** Whether an entry takes a name, as this minor reads it. */
export function takesName({ text, isPattern }: WrittenName, name: string, minor: CiliumMinor): boolean {
  const rule = isPattern ? { matchName: "", matchPattern: text } : { matchName: text, matchPattern: "" };
  return fqdnMatcher(rule, SEMANTICS[minor].deepPatterns)(name);
}

/** A name that an entry takes: itself, or what stands for any name of a pattern. */
export function sampleName({ text, isPattern }: WrittenName): string {
  return (isPattern ? nameMatching(text) : text).replace(/\.$/, "").toLowerCase();
}
