import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rehearse } from "../../src/analysis/rehearse.ts";
import type { PolicyObject } from "../../src/model/policy.ts";
import type { Rehearsal } from "../../src/model/rehearsal.ts";
import type { Snapshot } from "../../src/model/snapshot.ts";
import { worldOf } from "../stories/story.ts";
import { OBJECTS, type PolicyText, policies, SEEN, textOf } from "./worlds.ts";

const RUNS = { numRuns: 10 };

function read(all: readonly PolicyText[]) {
  return worldOf({ objects: OBJECTS, seen: SEEN, policies: all.length === 0 ? "# none" : textOf(all) });
}

function rehearsed(snapshot: Snapshot, proposed: readonly PolicyObject[], text = ""): Rehearsal {
  return rehearse({ snapshot, proposed, only: true, sources: { "proposal.yaml": text }, all: true });
}

const verdicts = (rehearsal: Rehearsal) => rehearsal.conversations?.map((one) => one.after.verdict);

describe("the rehearsal", () => {
  it('losing events never turns "not proven" into "ready"', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(policies, fc.array(share, { minLength: 80, maxLength: 80 }), fc.nat(1000), (all, dice, lost) => {
        const { snapshot, policies: proposed } = read(all);
        const { traffic } = snapshot;
        const kept = traffic.conversations.filter((_, index) => (dice[index % dice.length] ?? 0) > 0.3);
        const coverage = { ...traffic.coverage, flows: kept.length, lostEvents: lost + 1 };
        const less = { ...snapshot, traffic: { ...traffic, conversations: kept, coverage } };
        if (rehearsed(snapshot, proposed).answer !== "ready")
          expect(rehearsed(less, proposed).answer).not.toBe("ready");
      }),
      RUNS,
    );
  });

  it("a rehearsal of what is in force finds nothing newly allowed", () => {
    fc.assert(
      fc.property(policies, (all) => {
        const { snapshot, policies: inForce } = read(all);
        expect(rehearsed({ ...snapshot, policies: inForce }, inForce).newlyAllowed).toEqual([]);
      }),
      RUNS,
    );
  });

  it("a rule reported dead can be removed without changing any decision", () => {
    fc.assert(
      fc.property(policies, (all) => {
        const { snapshot, policies: proposed } = read(all);
        const before = rehearsed(snapshot, proposed);
        const lost = new Set(
          before.deadRules.filter((rule) => rule.reason === "no-subject").map((rule) => rule.policy),
        );
        const rest = proposed.filter((one) => !lost.has(`${one.kind}/${one.namespace}/${one.name}`));
        expect(verdicts(rehearsed(snapshot, rest))).toEqual(verdicts(before));
      }),
      RUNS,
    );
  });

  it("every conversation that the proposal denies is a hole, and every hole is a conversation that it denies", () => {
    fc.assert(
      fc.property(policies, (all) => {
        const { snapshot, policies: proposed } = read(all);
        const rehearsal = rehearsed(snapshot, proposed, textOf(all));
        const denied = rehearsal.conversations?.filter((one) => one.after.verdict === "denied").map((one) => one.id);
        expect(new Set(rehearsal.holes.map((hole) => hole.conversation))).toEqual(new Set(denied));
      }),
      RUNS,
    );
  });

  it("an edit offered as proven ends its hole and denies nothing new", () => {
    fc.assert(
      fc.property(policies, (all) => {
        const text = textOf(all);
        const { snapshot, policies: proposed } = read(all);
        const before = rehearsed(snapshot, proposed, text);
        for (const hole of before.holes.filter((one) => one.edit?.proven === true).slice(0, 3)) {
          const edited = patched(text, hole.edit?.diff ?? "");
          const after = rehearsed(
            snapshot,
            worldOf({ objects: OBJECTS, seen: SEEN, policies: edited }).policies,
            edited,
          );
          expect(after.holes.some((one) => one.conversation === hole.conversation && one.side === hole.side)).toBe(
            false,
          );
          const denied = new Set(before.holes.map((one) => one.conversation));
          expect(after.holes.filter((one) => !denied.has(one.conversation))).toEqual([]);
        }
      }),
      { numRuns: 5 },
    );
  });
});

/** The text with a unified diff of it applied. */
function patched(text: string, diff: string): string {
  const lines = text.split("\n");
  let shift = 0;
  for (const hunk of diff.split(/^@@ /m).slice(1)) {
    const [head = "", ...body] = hunk.split("\n");
    const start = Number(/^-(\d+)/.exec(head)?.[1]) - 1 + shift;
    const kept = body.filter((line) => /^[ +]/.test(line)).map((line) => line.slice(1));
    const old = body.filter((line) => /^[ -]/.test(line)).length;
    lines.splice(start, old, ...kept);
    shift += kept.length - old;
  }
  return lines.join("\n");
}
