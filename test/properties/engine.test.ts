import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectionOf } from "../../src/analysis/judge.ts";
import { createEngine } from "../../src/engine/engine.ts";
import type { ConversationDecision } from "../../src/model/decision.ts";
import type { PolicyObject } from "../../src/model/policy.ts";
import type { CiliumConfig } from "../../src/model/profile.ts";
import { worldOf } from "../stories/story.ts";
import { OBJECTS, type PolicyText, policies, SEEN, textOf } from "./worlds.ts";

const RUNS = { numRuns: 25 };
const NO_NAMES = { learned: [], complete: true };

function read(all: readonly PolicyText[]) {
  return worldOf({ objects: OBJECTS, seen: SEEN, policies: all.length === 0 ? "# none" : textOf(all) });
}

/** Every decision over the small world, in order. */
function decisions(
  world: ReturnType<typeof worldOf>,
  set: readonly PolicyObject[],
  config: Partial<CiliumConfig> = {},
) {
  const { snapshot } = world;
  const engine = createEngine({
    minor: "1.20",
    config: { ...snapshot.config.value, ...config },
    inventory: snapshot.inventory,
    policies: set,
  });
  return snapshot.traffic.conversations.map((one) => engine.decide(connectionOf(one, NO_NAMES, null)));
}

const answers = (all: readonly ConversationDecision[]) =>
  all.map(({ verdict, egress, ingress }) => [verdict, egress?.decision, ingress?.decision].join(" "));

describe("the engine", () => {
  it("the order of policies never matters, nor does a policy given twice", () => {
    fc.assert(
      fc.property(policies, (all) => {
        const world = read(all);
        const expected = answers(decisions(world, world.policies));
        expect(answers(decisions(world, [...world.policies].reverse()))).toEqual(expected);
        expect(answers(decisions(world, [...world.policies, ...world.policies]))).toEqual(expected);
      }),
      RUNS,
    );
  });

  it("a deny that matches beats every allow", () => {
    fc.assert(
      fc.property(policies, (all) => {
        const world = read(all);
        const { snapshot } = world;
        const engine = createEngine({
          minor: "1.20",
          config: snapshot.config.value,
          inventory: snapshot.inventory,
          policies: world.policies,
        });
        for (const one of snapshot.traffic.conversations) {
          for (const side of ["egress", "ingress"] as const) {
            const connection = connectionOf(one, NO_NAMES, null);
            const ruling = engine.decide(connection)[side];
            if (ruling === null) continue;
            const denies = engine
              .walk(connection, side)
              .candidates.some((candidate) => candidate.deny && candidate.fails === "none");
            if (denies) expect(ruling.decision).toBe("denied");
          }
        }
      }),
      RUNS,
    );
  });

  it("an endpoint that no policy selects in a direction is open there", () => {
    fc.assert(
      fc.property(policies, (all) => {
        const world = read(all);
        const { snapshot } = world;
        const engine = createEngine({
          minor: "1.20",
          config: snapshot.config.value,
          inventory: snapshot.inventory,
          policies: world.policies,
        });
        for (const one of snapshot.traffic.conversations) {
          const connection = connectionOf(one, NO_NAMES, null);
          for (const side of ["egress", "ingress"] as const) {
            const ruling = engine.decide(connection)[side];
            const walk = engine.walk(connection, side);
            if (ruling !== null && walk.defaultDeny.length === 0 && !walk.candidates.some(({ deny }) => deny)) {
              expect(ruling.decision).toBe("allowed");
            }
          }
        }
      }),
      RUNS,
    );
  });

  it("audit mode changes the names of verdicts, never a decision", () => {
    fc.assert(
      fc.property(policies, (all) => {
        const world = read(all);
        const enforced = answers(decisions(world, world.policies));
        expect(answers(decisions(world, world.policies, { policyAuditMode: true }))).toEqual(enforced);
      }),
      RUNS,
    );
  });

  it("a policy that the agent rejects changes nothing", () => {
    const rejected: PolicyText = {
      namespace: "x",
      name: "bad",
      app: null,
      rules: [{ section: "ingress", peer: { fromEntities: ["nobody"] }, port: null }],
    };
    fc.assert(
      fc.property(policies, (all) => {
        const without = read(all);
        const with_ = read([...all, rejected]);
        expect(answers(decisions(with_, with_.policies))).toEqual(answers(decisions(without, without.policies)));
      }),
      RUNS,
    );
  });

  it("adding a rule that allows to a policy that isolates already never denies anything", () => {
    const more = { section: "ingress", peer: { fromEntities: ["all"] }, port: 80 };
    fc.assert(
      fc.property(policies, (all) => {
        const isolating = all.filter((one) => one.rules.some(({ section }) => section.startsWith("ingress")));
        const before = decisions(read(all), read(all).policies);
        const wider = all.map((one) => (isolating.includes(one) ? { ...one, rules: [...one.rules, more] } : one));
        const after = decisions(read(wider), read(wider).policies);
        after.forEach((decision, index) => {
          if (before[index]?.verdict === "allowed") expect(decision.verdict).toBe("allowed");
        });
      }),
      RUNS,
    );
  });
});
