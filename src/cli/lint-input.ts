import { existsSync } from "node:fs";
import type { Need } from "#lint/check.ts";
import type { LintInput } from "#lint/lint-world.ts";
import { isObject, type Json } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";
import { UserError } from "#model/finding.ts";
import { type Invocation, valuesOf } from "./args.ts";
import { CAPTURE, OBJECTS, POLICIES } from "./flags.ts";
import { type Gathered, type GatherRequest, gather } from "./gather.ts";
import { clusterChoice, gatherRequest } from "./gather-request.ts";
import { shownPath } from "./input-path.ts";
import type { Progress } from "./progress.ts";

/** What is linted, with the texts that it was read from. */
export type LintTexts = { readonly input: LintInput; readonly sources: Readonly<Record<string, string>> };

/** Said by gathering for rehearsals alone. */
const NOT_OURS: ReadonlySet<string> = new Set(["no-objects"]);

/**
 * Reads what a lint is about: the PATHs, else the policies among the objects, else what lies below the current
 * directory. A file that cannot be read is a finding, and the rest is judged.
 */
export async function gatherLint(
  invocation: Invocation,
  progress: Progress,
  { isEmptyFine = false }: { readonly isEmptyFine?: boolean } = {},
): Promise<LintTexts> {
  const request = requestOf(invocation);
  const gathered = await gather(request, progress, { flows: false, policies: false, tolerant: true });
  const { snapshot, proposed } = gathered;
  const hasPaths = request.policies.length > 0;
  const linted = hasPaths ? proposed : snapshot.policies;
  const said = snapshot.findings.filter(({ id }) => !NOT_OURS.has(id));
  if (linted.length === 0 && !isEmptyFine && !said.some(({ severity }) => severity === "error")) refuseNothing(request);
  const input = { snapshot: { ...snapshot, findings: [] }, linted, said, has: needsMet(gathered, linted, request) };
  return { input, sources: hasPaths ? gathered.sources : gathered.textsInForce };
}

function requestOf(invocation: Invocation): GatherRequest {
  const request = gatherRequest(invocation);
  const paths = [...invocation.operands, ...valuesOf(invocation, POLICIES)].map((path) =>
    shownPath(path, process.cwd()),
  );
  const hasObjects =
    [OBJECTS, CAPTURE].some((flag) => valuesOf(invocation, flag).length > 0) || clusterChoice(invocation) !== null;
  const missing = paths.find((path) => path !== "-" && !/[*?[{]/.test(path) && !existsSync(path));
  if (missing !== undefined) {
    throw new UserError("missing-file", `${missing} does not exist`, {
      help: "name files or directories of manifests",
    });
  }
  return { ...request, policies: paths.length > 0 || hasObjects ? paths : ["."] };
}

function refuseNothing({ policies }: GatherRequest): never {
  const where = policies.length === 0 ? "among the objects" : `in ${policies.join(", ")}`;
  throw new UserError("no-policies", `no policies ${where}`, {
    help: "name files or directories with CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy or NetworkPolicy",
  });
}

/** Objects count as known only where they were named as such: a repository's own manifests are never all there is. */
function needsMet(gathered: Gathered, linted: readonly PolicyObject[], request: GatherRequest): ReadonlySet<Need> {
  const { snapshot } = gathered;
  const { pods, workloads, services } = snapshot.inventory;
  const isNamed = request.objects.length + (request.captures ?? []).length > 0 || (request.cluster ?? null) !== null;
  const met: readonly [Need, boolean][] = [
    ["objects", isNamed && pods.length + workloads.length + services.length > 0],
    ["flows", snapshot.traffic.conversations.length > 0 || request.flows.length > 0],
    ["config", !snapshot.config.assumed],
    ["status", linted.some(({ value }) => hasStatus(value["status"]))],
  ];
  return new Set(met.flatMap(([need, isMet]) => (isMet ? [need] : [])));
}

function hasStatus(status: Json | undefined): boolean {
  return isObject(status) && Array.isArray(status["conditions"]);
}
