import { policyName } from "#model/policy.ts";
import { defaultConfig } from "#model/profile.ts";
import { describe, expect, it } from "vitest";
import { parseLabels } from "../selector/labels.ts";
import type { PolicyEntry, PolicyVerdict } from "../rules/policy-entry.ts";
import { directionRules, flattenPriorities } from "./rules.ts";
import { WILDCARD } from "../selector/selector.ts";
import { SEMANTICS } from "../semantics.ts";

function entry(tier: number, priority: number, verdict: PolicyVerdict, defaultDeny = true): PolicyEntry {
  const policy = policyName({ kind: "CiliumNetworkPolicy", namespace: "a", name: `p${tier}-${priority}` });
  return {
    ...{ ref: { policy, element: "ingress[0]" }, direction: "ingress", verdict, tier, priority, defaultDeny },
    ...{ subject: WILDCARD, node: false, namespace: "a", l3: [WILDCARD], l4: [], auth: null, log: "" },
    ...{ peerField: null, order: `${tier} ${priority}`, endpoints: [], requires: [] },
  };
}

describe("directionRules", () => {
  const pod = parseLabels(["k8s:app=web"]);
  const world = (minor: "1.18" | "1.20", mode: "default" | "always" | "never" = "default") => ({
    config: { ...defaultConfig(minor), policyEnforcementMode: mode },
    semantics: SEMANTICS[minor],
  });
  const implicit = (entries: readonly PolicyEntry[]) =>
    entries.filter(({ ref }) => ref.policy === "").map(({ ref }) => ref.element);
  const allow = entry(200, 0, "allow");
  const harmless = entry(200, 0, "allow", false);
  const pass = entry(10, 0, "pass");

  it.each([
    // what, entries, minor, mode, enforced, isolated, implicit
    ["nothing selects it", [], "1.20", "default", false, false, []],
    ["a rule isolates it", [allow], "1.20", "default", true, true, ["allow-localhost"]],
    ["before 1.20 localhost is no rule", [allow], "1.18", "default", true, true, []],
    ["rules without default deny", [harmless], "1.20", "default", true, false, ["default-allow"]],
    ["a pass must end somewhere", [pass], "1.20", "default", true, true, ["allow-localhost", "default-deny"]],
    ["always", [], "1.20", "always", true, true, []],
    ["never", [allow], "1.20", "never", false, false, []],
  ] as const)("%s", (_, matching, minor, mode, enforced, defaultDeny, added) => {
    const rules = directionRules("ingress", matching, pod, world(minor, mode));
    expect({ enforced: rules.enforced, defaultDeny: rules.defaultDeny, implicit: implicit(rules.entries) }).toEqual({
      enforced,
      defaultDeny,
      implicit: added,
    });
  });

  it("isolates what carries a label named init, and spares one named host before 1.20", () => {
    const named = (label: string, minor: "1.18" | "1.20") => {
      const { enforced } = directionRules(
        "ingress",
        label === "k8s:host" ? [allow] : [],
        parseLabels([label]),
        world(minor),
      );
      return enforced;
    };
    expect([named("k8s:init", "1.18"), named("k8s:init", "1.20")]).toEqual([true, true]);
    expect([named("k8s:host", "1.18"), named("k8s:host", "1.20")]).toEqual([false, true]);
  });
});

describe("flattenPriorities", () => {
  it("numbers the priorities of a tier one by one", () => {
    const entries = [entry(0, 1, "allow"), entry(0, 1, "deny"), entry(0, 5, "allow")];
    expect(flattenPriorities(entries).of).toEqual([0, 0, 1]);
  });

  it("leaves room after a pass for all it passes to", () => {
    const entries = [entry(0, 0, "pass"), entry(0, 1, "deny"), entry(1, 0, "allow"), entry(1, 1, "deny")];
    const { of, tierBase } = flattenPriorities(entries);
    // Two levels in tier 1 are rounded up to ten: the pass keeps ten places free behind it.
    expect(of[0]).toBe(0);
    expect(of[1]).toBe(11);
    expect(of[2]).toBe(tierBase.get(1));
    expect(of[2]).toBeGreaterThan(of[1] ?? Number.POSITIVE_INFINITY);
    expect(of[3]).toBe((of[2] ?? 0) + 1);
  });
});
