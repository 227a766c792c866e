import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askedOf, createTestWorld } from "#analysis/policy-test/policy-test-world.ts";
import { manifestsOf, readInventory } from "#decode/objects/objects.ts";
import { readPolicyTests } from "#decode/policy-test/policy-test.ts";
import { createEngine, type Engine } from "#engine/engine.ts";
import { createFastEngine } from "#engine/fast/fast-engine.ts";
import { packetTarget } from "#engine/side.ts";
import type { Connection } from "#model/connection.ts";
import type { Direction } from "#model/decision.ts";
import type { PolicyObject } from "#model/policy.ts";
import { makeWorld } from "../fuzz/world.ts";

const RUNS = { numRuns: 60 };
const worlds = fc.nat(1_000_000).map((index) => read(index));

/** One of the worlds that the fuzzing of Cilium's own engine uses. */
function read(index: number) {
  const [test] = readPolicyTests(JSON.stringify(makeWorld({ seed: 20, index })), "a world").tests;
  if (test === undefined) throw new Error("no test");
  const { inventory, policies } = readInventory(manifestsOf(test.objects, null), { anyVersion: true });
  const world = createTestWorld(test, inventory);
  const connections = test.connections.map((one) => askedOf(one, world)).filter((one) => typeof one !== "string");
  const given = { minor: test.cilium, config: test.config, inventory: world.inventory };
  return { index, given, policies, connections };
}

const SIDES: readonly Direction[] = ["egress", "ingress"];
const decisions = (engine: Engine, connections: readonly Connection[]) => connections.map((one) => engine.decide(one));

describe("the fast engine", () => {
  it("decides, explains and selects as the plain one", () => {
    fc.assert(
      fc.property(worlds, ({ given, policies, connections }) => {
        const plain = createEngine({ ...given, policies });
        const fast = createFastEngine({ ...given, policies });
        expect(decisions(fast, connections)).toEqual(decisions(plain, connections));
        expect([fast.policies, fast.rules]).toEqual([plain.policies, plain.rules]);
        for (const one of connections.slice(0, 8)) {
          for (const side of SIDES) expect(fast.walk(one, side)).toEqual(plain.walk(one, side));
          const answers = (engine: Engine) => [
            engine.policies.map(({ policy }) => [
              engine.selectsSubject(policy, one.from),
              engine.selectsSubject(policy, one.to),
            ]),
            engine.rules.map(({ rule }) => [
              engine.selectsPeer(rule, one.from),
              engine.selectsPeer(rule, one.to, ["a.io"]),
            ]),
          ];
          expect(answers(fast)).toEqual(answers(plain));
        }
      }),
      RUNS,
    );
  });

  it("with other policies decides as if it had been made with them", () => {
    const both = worlds.chain((world) =>
      fc.tuple(fc.constant(world), fc.array(fc.subarray([...world.policies]), { maxLength: 4 })),
    );
    fc.assert(
      fc.property(both, ([{ given, policies, connections }, steps]) => {
        let plain = createEngine({ ...given, policies });
        let fast: Engine = createFastEngine({ ...given, policies });
        const sets: readonly (readonly PolicyObject[])[] = [...steps, [...policies].reverse(), policies];
        for (const set of sets) {
          decisions(fast, connections.slice(0, 12));
          fast = fast.with(set);
          plain = plain.with(set);
          const fresh = decisions(createEngine({ ...given, policies: set }), connections);
          expect(decisions(fast, connections)).toEqual(fresh);
          expect(decisions(plain, connections)).toEqual(fresh);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("has verdicts that agree with its decisions", () => {
    const words: readonly (readonly string[])[] = [["denied"], ["allowed"], ["allowed"], ["undecided"]];
    fc.assert(
      fc.property(worlds, ({ given, policies, connections }) => {
        const fast = createFastEngine({ ...given, policies });
        for (const one of connections) {
          // What passes before policy, and names nobody knows, are not asked of verdicts.
          if (one.icmpType === 3 || one.names.learned.length > 0 || !one.names.complete) continue;
          const { proto, port } = packetTarget(one);
          const [from, ...others] = fast.identities(one.from);
          const [to, ...more] = fast.identities(one.to);
          if (from === undefined || to === undefined || others.length + more.length > 0) continue;
          const { egress, ingress } = fast.decide(one);
          if (egress !== null) expect(words[fast.verdict(from, to, proto, port, "egress")]).toContain(egress.decision);
          if (ingress !== null && one.from.kind !== "address") {
            expect(words[fast.verdict(to, from, proto, port, "ingress")]).toContain(ingress.decision);
          }
        }
      }),
      RUNS,
    );
  });
});
