import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { recordTests } from "#analysis/record-tests/record-tests.ts";
import { generate, generateVisibility } from "#generate/generate.ts";
import type { GenerateOptions } from "#generate/options.ts";
import { policyText } from "#generate/policy-text.ts";
import type { Generated, GeneratedPolicy, UnwantedReason } from "#model/generated.ts";
import { UNWANTED_REASONS } from "#model/generated.ts";
import type { Snapshot } from "#model/snapshot.ts";
import { evidenceJson, generatedJson } from "#report/generated/json.ts";
import { generatedSummary } from "#report/generated/summary.ts";
import { type Invocation, isOn, valueOf, valuesOf } from "../args.ts";
import type { ExitCode } from "../command.ts";
import {
  BASELINE,
  DIRECTION,
  DNS,
  EVIDENCE,
  GENERATE_OUTPUT,
  INCLUDE,
  INTO,
  KIND,
  L7,
  NAMESPACE,
  TESTS,
  TO,
  VISIBILITY,
} from "../commands/generate.ts";
import { ALL, FAIL_ON, QUIET } from "../flags.ts";
import { gather } from "../gather.ts";
import { gatherRequest } from "../gather-request.ts";
import type { Io } from "../io.ts";
import { NO_PROGRESS } from "../progress.ts";
import { runMerge } from "./generate-merge.ts";
import { originOf, writeTests } from "./record-tests.ts";

/** `ringfence generate`: gathers the inputs, makes policies, proves them, then prints or writes them. */
export async function runGenerate(invocation: Invocation, io: Io): Promise<ExitCode> {
  const progress = isOn(invocation, QUIET) ? NO_PROGRESS : io.progress;
  const isVisibility = isOn(invocation, VISIBILITY);
  const needs = { flows: !isVisibility, policies: false };
  const { snapshot } = await gather(gatherRequest(invocation), progress, needs);
  progress.update(`generating from ${snapshot.traffic.conversations.length} conversations`);
  const input = { snapshot, options: optionsOf(invocation) };
  const generated = isVisibility ? generateVisibility(input) : generate(input);
  progress.clear();
  const plan = valueOf(invocation, INTO) === null ? null : await runMerge(generated, input, { invocation, io });
  if (plan === null) await write(generated, invocation, io);
  const result = plan === null ? generated : { ...generated, proof: plan.proof };
  io.err(generatedSummary(result, isOn(invocation, ALL)));
  const tested = await writeRegressionTests(generated, snapshot, invocation, io);
  const code = exitCodeOf(result, valueOf(invocation, FAIL_ON) ?? "error");
  return code === 0 ? tested : code;
}

/** Policy tests of what the result allows; they name the written files, or hold the policies where none were written. */
async function writeRegressionTests(
  generated: Generated,
  snapshot: Snapshot,
  invocation: Invocation,
  io: Io,
): Promise<ExitCode> {
  const directory = valueOf(invocation, TESTS);
  if (directory === null) return 0;
  const to = valueOf(invocation, TO);
  const proposed = generated.policies.map((one) => ({
    ...one.policy,
    file: to === null ? null : join(to, fileOf(one)),
  }));
  const files = new Set(proposed.flatMap(({ file }) => file ?? []));
  const tests = recordTests({ snapshot, proposed, only: false, files });
  const say = { out: async (text: string | Uint8Array) => io.err(String(text)), err: io.err };
  const origin = originOf(snapshot.traffic.coverage, files, directory);
  return await writeTests(tests, origin, { directory, force: false, io: say });
}

function optionsOf(invocation: Invocation): GenerateOptions {
  const kind = valueOf(invocation, KIND);
  const direction = valueOf(invocation, DIRECTION);
  return {
    kind: kind === "ccnp" || kind === "knp" ? kind : "cnp",
    directions: direction === "ingress" || direction === "egress" ? [direction] : ["egress", "ingress"],
    namespaces: valuesOf(invocation, NAMESPACE),
    include: includedReasons(valuesOf(invocation, INCLUDE)),
    dns: valueOf(invocation, DNS) === "asked" ? "asked" : "all",
    l7: isOn(invocation, L7),
    baseline: isOn(invocation, BASELINE),
  };
}

function includedReasons(given: readonly string[]): readonly UnwantedReason[] {
  return given.includes("all") ? UNWANTED_REASONS : UNWANTED_REASONS.filter((reason) => given.includes(reason));
}

async function write(generated: Generated, invocation: Invocation, io: Io): Promise<void> {
  const evidence = valueOf(invocation, EVIDENCE) ?? "comments";
  const directory = valueOf(invocation, TO);
  if (directory !== null) await writeFiles(generated, { directory, evidence });
  if (valueOf(invocation, GENERATE_OUTPUT) === "json") {
    const isCommented = evidence === "comments";
    const written = generated.policies.map((one) => ({
      file: directory === null ? null : join(directory, fileOf(one)),
      yaml: policyText(one, isCommented),
    }));
    await io.out(generatedJson(generated, written));
    return;
  }
  if (directory !== null) {
    await io.out(generated.policies.map((one) => `${join(directory, fileOf(one))}\n`).join(""));
    return;
  }
  await io.out(generated.policies.map((one) => policyText(one, evidence === "comments")).join("---\n"));
  if (evidence === "beside") io.err(evidenceJson(generated));
}

type Target = { readonly directory: string; readonly evidence: string };

async function writeFiles(generated: Generated, { directory, evidence }: Target): Promise<void> {
  for (const policy of generated.policies) {
    const path = join(directory, fileOf(policy));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, policyText(policy, evidence === "comments"));
  }
  if (evidence === "beside") await writeFile(join(directory, "evidence.json"), evidenceJson(generated));
}

/** `shop/web.yaml`; what is clusterwide stands at the top. */
function fileOf({ policy }: GeneratedPolicy): string {
  return policy.namespace === null ? `${policy.name}.yaml` : join(policy.namespace, `${policy.name}.yaml`);
}

function exitCodeOf({ proof, findings }: Generated, threshold: string): ExitCode {
  if (proof.denied.length > 0 || proof.rejected.length > 0) return 1;
  const levels = ["info", "warn", "error"];
  const from = levels.indexOf(threshold);
  if (from < 0) return 0;
  const isWarn = proof.undecided.length > 0 && from <= 1;
  return isWarn || findings.some((finding) => levels.indexOf(finding.severity) >= from) ? 1 : 0;
}
