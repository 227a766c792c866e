import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { explain } from "#analysis/explain/explain.ts";
import { NOT_RECORDED } from "#analysis/explain/read-question.ts";
import { askedOf, createTestWorld } from "#analysis/policy-test/policy-test-world.ts";
import { manifestsOf, readInventory } from "#decode/objects/objects.ts";
import { readPolicyTests } from "#decode/policy-test/policy-test.ts";
import type { Conversation } from "#model/conversation.ts";
import type { Explanation, SideExplanation } from "#model/explanation.ts";
import type { PolicyTest } from "#model/policy-test.ts";
import { worldOf } from "../stories/story.ts";

/** Every nth test of the recorded decisions is explained: all features of policies, none of which may be too much. */
const EVERY = Number(process.env["EXPLAIN_EVERY"] ?? 40);
const corpus = join(import.meta.dirname, "../../corpus");
const files = readdirSync(corpus).filter((name) => /^(topic|corners).*\.jsonl\.gz$/.test(name));

function explained(test: PolicyTest): readonly (readonly [expected: unknown, Explanation])[] {
  const { inventory, policies } = readInventory(manifestsOf(test.objects, null), { anyVersion: true });
  const world = createTestWorld(test, inventory);
  const known = { source: "the test", assumed: false };
  const snapshot = {
    ...worldOf({ objects: "# none", seen: "192.0.2.1 -> 192.0.2.2:1 TCP", policies: "# none" }).snapshot,
    ...{ inventory: world.inventory, policies, cilium: { value: test.cilium, ...known } },
    config: { value: test.config, ...known },
  };
  const asked = test.connections.flatMap((connection, index) => {
    const found = askedOf(connection, world);
    if (typeof found === "string" || ((connection.dnsQuery ?? null) !== null && connection.request?.kind !== "dns"))
      return [];
    const { from, to, protocol, port, icmpType, icmpCode, request } = found;
    const requests = request === null ? [] : [{ request, count: 1, verdicts: {}, epoch: 0 }];
    const target = { from, to, protocol, port, icmpType, icmpCode, requests };
    const conversation: Conversation = { ...NOT_RECORDED, id: `c${index}`, ...target };
    return [{ connection, question: { conversation, serverName: connection.serverName, isRecorded: false } }];
  });
  const traffic = { ...snapshot.traffic, conversations: [] };
  const input = { snapshot: { ...snapshot, traffic }, proposed: [], only: false, sources: {} };
  const { explanations } = explain({ ...input, questions: asked.map((one) => one.question) });
  return asked.flatMap(({ connection }, index) => {
    const explanation = explanations[index];
    return explanation === undefined ? [] : [[connection.expect["verdict"], explanation] as const];
  });
}

const sidesOf = ({ egress, ingress }: Explanation) =>
  [egress, ingress].filter((side): side is SideExplanation => side !== null);

/** The test's third value counts a request that was not given. */
function verdictOf(explanation: Explanation): string {
  const isUnseen = sidesOf(explanation).some((side) => side.l7 === "unseen");
  return explanation.verdict === "allowed" && isUnseen ? "undecided" : explanation.verdict;
}

describe("recorded decisions, explained", () => {
  it.each(files)("%s", (file) => {
    const lines = gunzipSync(readFileSync(join(corpus, file)))
      .toString()
      .split("\n");
    const some = lines.filter((line, index) => line !== "" && index % EVERY === 0);
    const wrong = some.flatMap((line) =>
      readPolicyTests(line, file)
        .tests.filter((test) => test.dns.length === 0)
        .flatMap((test) =>
          explained(test).flatMap(([expected, explanation]) => {
            const rules = sidesOf(explanation).flatMap((side) => side.rules);
            const odd = rules.filter(
              (rule) => rule.clauses.every((clause) => clause.holds) !== (rule.fails === "none"),
            );
            const problems = [
              ...(verdictOf(explanation) === expected ? [] : [`${verdictOf(explanation)}, not ${String(expected)}`]),
              ...odd.map(
                (rule) => `${rule.policy} ${rule.element} fails ${rule.fails}: ${JSON.stringify(rule.clauses)}`,
              ),
            ];
            return problems.map((problem) => `${test.name}: ${explanation.sentence}: ${problem}`);
          }),
        ),
    );
    expect(wrong).toEqual([]);
  });
});
