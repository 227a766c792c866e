import { createEngine, type Engine, wholeOf } from "#engine/engine.ts";
import type { Connection } from "#model/connection.ts";
import type { ConversationDecision, Direction, Ruling } from "#model/decision.ts";
import type { Inventory } from "#model/objects.ts";
import type { PolicyObject, RuleRef } from "#model/policy.ts";
import type { PolicyTest, TestConnection } from "#model/policy-test.ts";
import { askedOf, createTestWorld, type TestWorld } from "./policy-test-world.ts";

/** One line of `ringfence test --output jsonl`. `got` has the keys of `expect`. */
export type PolicyTestResult =
  | {
      readonly test: string;
      /** The connection's name, or its index. */
      readonly connection: string | number;
      readonly pass: boolean;
      readonly got: Readonly<Record<string, unknown>>;
      readonly expect: Readonly<Record<string, unknown>>;
    }
  | {
      readonly test: string;
      readonly policy: string;
      readonly pass: boolean;
      readonly got: Readonly<Record<string, unknown>>;
      readonly expect: Readonly<Record<string, unknown>>;
    };

/** A test with its decoded objects, ready to be run under these policies or under others. */
export type PreparedTest = {
  readonly test: PolicyTest;
  readonly world: TestWorld;
  readonly policies: readonly PolicyObject[];
  readonly engine: Engine;
};

/** Makes a test ready. */
export function preparePolicyTest(
  test: PolicyTest,
  inventory: Inventory,
  policies: readonly PolicyObject[],
): PreparedTest {
  const world = createTestWorld(test, inventory);
  const engine = createEngine({ minor: test.cilium, config: test.config, inventory: world.inventory, policies });
  return { test, world, policies, engine };
}

/** Runs one policy test over its decoded objects: a result for every connection and every expected policy. */
export function runPolicyTest(
  test: PolicyTest,
  inventory: Inventory,
  policies: readonly PolicyObject[],
): readonly PolicyTestResult[] {
  return runPrepared(preparePolicyTest(test, inventory, policies));
}

/** Runs a prepared test: connections in order, then expected policies. */
export function runPrepared(prepared: PreparedTest): readonly PolicyTestResult[] {
  const { test, engine } = prepared;
  const connections = test.connections.map((_, index) => runConnection(prepared, index));
  return [...connections, ...test.expectPolicies.map((expect) => runPolicy(test, expect, engine))];
}

/** What the agent says of a policy, held against what the test expects. */
export function runPolicy(
  test: PolicyTest,
  expect: PolicyTest["expectPolicies"][number],
  engine: Engine,
): PolicyTestResult {
  const { policy, ...wanted } = expect;
  const status = engine.policies.findLast((item) => item.policy === policy);
  const error = status === undefined ? "no such policy among the objects" : status.valid ? "" : status.error;
  const help = status === undefined || status.valid ? "" : status.help;
  const got = { valid: status?.valid ?? false, error, help };
  const pass = (wanted.valid === undefined || wanted.valid === got.valid) && got.error.includes(wanted.error ?? "");
  return { test: test.name, policy, pass: pass && status !== undefined, got, expect: wanted };
}

/** The result of one connection of a test, by its index. */
export function runConnection(prepared: PreparedTest, index: number): PolicyTestResult {
  const connection = prepared.test.connections[index];
  if (connection === undefined) throw new Error(`the test has no connection ${index}`);
  return resultOf(prepared.test, index, decideConnection(prepared, connection));
}

/** A decision held against what the test expects of the connection of this index; a text says which end there is not. */
export function resultOf(test: PolicyTest, index: number, decision: ConversationDecision | string): PolicyTestResult {
  const connection = test.connections[index];
  if (connection === undefined) throw new Error(`the test has no connection ${index}`);
  const line = { test: test.name, connection: connection.name ?? index, expect: connection.expect };
  if (typeof decision === "string") return { ...line, pass: false, got: { verdict: "undecided", error: decision } };
  const got = Object.fromEntries(Object.keys(connection.expect).map((key) => [key, answerTo(key, decision)]));
  const pass = Object.entries(connection.expect).every(([key, wanted]) => isSame(got[key], wanted));
  return { ...line, pass, got };
}

/**
 * Decides a connection of a test with the request that the proxy in question would see: a test may give an HTTP
 * request and a DNS question. A text says which end there is not.
 */
export function decideConnection(
  { engine, world }: PreparedTest,
  connection: TestConnection,
): ConversationDecision | string {
  const asked = askedOf(connection, world);
  return typeof asked === "string" ? asked : decideAsked(engine, asked, connection);
}

/** The same, where the question is made already. */
export function decideAsked(engine: Engine, asked: Connection, connection: TestConnection): ConversationDecision {
  const decision = engine.decide(asked);
  const name = connection.dnsQuery ?? null;
  if (name === null) return decision;
  const question: Connection = { ...asked, request: { kind: "dns", name } };
  const answered = engine.decide(question);
  const side = (direction: Direction) => (asksDns(decision[direction]) ? answered : decision)[direction];
  const [egress, ingress] = [side("egress"), side("ingress")];
  return { verdict: wholeOf(egress, ingress), egress, ingress };
}

function asksDns(ruling: Ruling | null): boolean {
  return ruling?.decision === "allowed" && ruling.redirect === "dns";
}

/** Lists are compared as sets. */
export function isSame(got: unknown, wanted: unknown): boolean {
  if (!Array.isArray(got) || !Array.isArray(wanted)) return got === wanted;
  const a = new Set(got);
  const b = new Set(wanted);
  return a.size === b.size && [...a].every((item) => b.has(item));
}

/** What the keys of `expect` ask of one side. */
const OF_SIDE: Readonly<Record<string, (ruling: Ruling) => unknown>> = {
  "": (ruling) => ruling.decision,
  Policies: (ruling) => [...new Set(ruling.by.map((rule) => rule.policy))].sort(),
  Rules: (ruling) => ruleTexts(ruling.by),
  DefaultDeny: (ruling) => ruleTexts(ruling.defaultDeny),
  Redirect: (ruling) => (ruling.decision === "allowed" ? (ruling.redirect ?? "none") : null),
  Auth: (ruling) => (ruling.decision === "allowed" ? (ruling.auth ?? "disabled") : null),
  L7: (ruling) => (ruling.decision === "allowed" ? ruling.l7 : null),
};

/** By key of `expect`; only what a test asks is worked out: there are many more connections than answers. */
const ANSWERS: ReadonlyMap<string, (decision: ConversationDecision) => unknown> = new Map([
  ["verdict", ({ verdict }) => verdict],
  ...(["egress", "ingress"] as const).flatMap((side) =>
    Object.entries(OF_SIDE).map(([key, of]): [string, (decision: ConversationDecision) => unknown] => [
      side + key,
      (decision) => {
        const ruling = decision[side];
        return ruling === null ? null : of(ruling);
      },
    ]),
  ),
]);

function answerTo(key: string, decision: ConversationDecision): unknown {
  return ANSWERS.get(key)?.(decision) ?? null;
}

function ruleTexts(rules: readonly RuleRef[]): readonly string[] {
  return rules.map((rule) => `${rule.policy} ${rule.element}`);
}
