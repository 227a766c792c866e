import { applyPatch } from "diff";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explain, type Question } from "../../src/analysis/explain/explain.ts";
import { connectionOf } from "../../src/analysis/judge.ts";
import { createEngine } from "../../src/engine/engine.ts";
import type { Explanation, SideExplanation } from "../../src/model/explanation.ts";
import { worldOf } from "../stories/story.ts";
import { OBJECTS, type PolicyText, policies, SEEN, textOf } from "./worlds.ts";

const RUNS = { numRuns: 20 };
const FILE = "proposal.yaml";

/** A world and one of its conversations, explained under these texts. */
function told(text: string, index: number) {
  const world = worldOf({ objects: OBJECTS, seen: SEEN, policies: text });
  const all = world.snapshot.traffic.conversations;
  const conversation = all[index % all.length];
  if (conversation === undefined) throw new Error("no conversation");
  const question: Question = { conversation, serverName: null, isRecorded: false };
  const snapshot = { ...world.snapshot, traffic: { ...world.snapshot.traffic, conversations: [] } };
  const input = { snapshot, proposed: world.policies, only: false, sources: { [FILE]: text } };
  const [explanation] = explain({ ...input, questions: [question] }).explanations;
  if (explanation === undefined) throw new Error("no explanation");
  return { world, conversation, explanation };
}

const sidesOf = ({ egress, ingress }: Explanation) =>
  [egress, ingress].filter((side): side is SideExplanation => side !== null);
const written = (all: readonly PolicyText[]) => (all.length === 0 ? "# none" : textOf(all));
const anywhere = fc.nat(1000);

describe("an explanation", () => {
  it("decides as the engine does", () => {
    fc.assert(
      fc.property(policies, anywhere, (all, index) => {
        const { world, conversation, explanation } = told(written(all), index);
        const { inventory, config } = world.snapshot;
        const engine = createEngine({ minor: "1.20", config: config.value, inventory, policies: world.policies });
        const decision = engine.decide(connectionOf(conversation, { learned: [], complete: true }, null));
        expect(explanation).toMatchObject({ verdict: decision.verdict });
        expect(sidesOf(explanation).map((side) => side.decision)).toEqual(
          [decision.egress, decision.ingress].flatMap((side) => (side === null ? [] : [side.decision])),
        );
      }),
      RUNS,
    );
  });

  it("says of a rule that it fails exactly where one of its clauses does", () => {
    fc.assert(
      fc.property(policies, anywhere, (all, index) => {
        const rules = sidesOf(told(written(all), index).explanation).flatMap((side) => side.rules);
        for (const rule of rules) {
          expect(rule.clauses.every((clause) => clause.holds)).toBe(rule.fails === "none");
          expect(rule.decides && rule.fails !== "none").toBe(false);
        }
      }),
      RUNS,
    );
  });

  it("offers only an edit that, made in the file, ends the denial", () => {
    fc.assert(
      fc.property(policies, anywhere, (all, index) => {
        const text = written(all);
        const { explanation } = told(text, index);
        for (const name of ["egress", "ingress"] as const) {
          const edit = explanation[name]?.edit;
          if (edit === null || edit === undefined || edit.file === null) continue;
          const patched = applyPatch(text, edit.diff);
          expect(
            patched === false ? "the patch does not apply" : told(patched, index).explanation[name]?.decision,
          ).toBe("allowed");
        }
      }),
      RUNS,
    );
  });
});
