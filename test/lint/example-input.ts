import { stringify } from "yaml";
import { preparePolicyTest } from "#analysis/policy-test/policy-test.ts";
import { snapshotOfTest } from "#analysis/policy-test/policy-test-snapshot.ts";
import { readInventory } from "#decode/objects/objects.ts";
import { readPolicyTests } from "#decode/policy-test/policy-test.ts";
import { schemaJudge } from "#decode/schema/schema.ts";
import { readManifests } from "#decode/yaml/yaml.ts";
import type { ExampleRecording, Need } from "#lint/check.ts";
import type { LintInput } from "#lint/lint-world.ts";
import { POLICY_KINDS } from "#model/policy.ts";
import type { Snapshot } from "#model/snapshot.ts";

const POLICIES: ReadonlySet<string> = new Set(POLICY_KINDS);
export const EXAMPLE_FILE = "policies.yaml";

export type ExampleInput = { readonly input: LintInput; readonly sources: Readonly<Record<string, string>> };

/**
 * A check's example as the input of a run: its objects as a file, its connections as a recording. What it holds besides
 * policies wakes what needs that.
 */
export async function exampleInput(example: string, recorded: ExampleRecording = {}): Promise<ExampleInput> {
  const read = readPolicyTests(example, "example.yaml");
  const [test] = read.tests;
  const [problem] = read.problems;
  if (problem !== undefined) throw problem;
  if (test === undefined) throw new Error("an example is one policy test");
  const text = test.objects.map((object) => stringify(object)).join("---\n");
  const { inventory, policies, findings } = readInventory(readManifests(text, EXAMPLE_FILE).manifests);
  const judge = await schemaJudge(test.cilium);
  const judged = policies.map((policy) => judge.policy(policy));
  const linted = judged.map(({ policy }) => policy);
  const prepared = preparePolicyTest(test, inventory, linted);
  const has = new Set<Need>();
  if (test.objects.some(({ kind }) => !POLICIES.has(String(kind)))) has.add("objects");
  if (test.connections.length > 0) has.add("flows");
  if (/^(?:config|cilium):/m.test(example)) has.add("config");
  if (recorded.config !== undefined) has.add("config");
  const snapshot = asRecorded({ ...snapshotOfTest(prepared), policies: [] }, recorded);
  const said = [...findings, ...judged.flatMap((one) => one.findings)];
  return { input: { snapshot, linted, said, has }, sources: { [EXAMPLE_FILE]: text } };
}

function asRecorded(snapshot: Snapshot, { coverage, conversation, config, inForce }: ExampleRecording): Snapshot {
  const { traffic } = snapshot;
  return {
    ...snapshot,
    config: { ...snapshot.config, value: { ...snapshot.config.value, ...config } },
    policies: inForce === undefined ? [] : readInventory(readManifests(inForce, "in-force.yaml").manifests).policies,
    traffic: {
      ...traffic,
      coverage: { ...traffic.coverage, ...coverage },
      conversations: traffic.conversations.map((one) => ({ ...one, ...conversation })),
    },
  };
}
