import { existsSync } from "node:fs";
import { withoutIgnored } from "#decode/config/ignored-kinds.ts";
import { objectName } from "#decode/objects/manifest.ts";
import { type ReadInventory, readInventory } from "#decode/objects/objects.ts";
import type { GivenName, NameQuestion } from "#model/coverage.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { Inventory } from "#model/objects.ts";
import { POLICY_KINDS, type PolicyObject } from "#model/policy.ts";
import type { Snapshot, Traffic } from "#model/snapshot.ts";
import { findManifestFiles } from "#sources/manifest-files.ts";
import { type LoadedManifests, loadManifests } from "#sources/manifests.ts";
import { foldConntrack, markConntrack, readConntrackFiles } from "./gather-conntrack.ts";
import { type InputPaths, type OpenedInputs, openInputs } from "./gather-inputs.ts";
import { gatherCilium, readCiliumGiven } from "./gather-cilium.ts";
import { joinWitnesses, type Witnesses } from "./gather-witnesses.ts";
import { storedPolicies } from "./gather-stored.ts";
import { policyMapFindings } from "./gather-policy-maps.ts";
import { joinTraffic, type Recorded, readFlows } from "./gather-traffic.ts";
import { refuseTwoStreams } from "./input-text.ts";
import { isLivePath, liveAmong } from "./live-input.ts";
import { readNamesFile } from "./names-file.ts";
import type { Progress } from "./progress.ts";
import { isStorePath } from "./store-input.ts";

/** The inputs of an analysis as the command line names them. */
export type GatherRequest = InputPaths &
  Witnesses & {
    readonly policies: readonly string[];
    readonly names: readonly string[];
    readonly cilium: string | null;
    readonly ciliumConfig: string | null;
    /** Flows that a question is about, read apart from the recording. */
    readonly asked?: Recorded;
  };

/** What a verb cannot do without. Absent: a recording and a proposal. */
export type GatherNeeds = {
  readonly flows: boolean;
  readonly policies: boolean;
  /** True: a file of the proposal that cannot be read is a finding, and the rest is judged. */
  readonly tolerant?: boolean;
};

/** A snapshot, the proposal beside it, and the texts of the proposal's files. */
export type Gathered = {
  readonly snapshot: Snapshot;
  readonly proposed: readonly PolicyObject[];
  readonly sources: Readonly<Record<string, string>>;
  /** Texts of the files that hold the policies in force. */
  readonly textsInForce: Readonly<Record<string, string>>;
  /** What was asked about, joined with the same objects; null when nothing was. */
  readonly asked: Traffic | null;
  /** Joins other flows with the same objects. */
  readonly join: (recorded: Recorded) => Traffic;
};

/** Reads everything that was named; the recording last, so that a typing mistake is told before a long wait. */
export async function gather(
  request: GatherRequest,
  progress: Progress,
  needs: GatherNeeds = { flows: true, policies: true },
): Promise<Gathered> {
  refuseMissing(request, needs);
  await refuseMissingFiles([...request.flows, ...(request.captures ?? [])]);
  const inputs = await openInputs(request, progress);
  progress.update("reading objects and policies");
  const hasObjects = inputs.objects.length + inputs.live.length > 0;
  const inForce = await loadInForce(inputs);
  const read = readInventory(inForce.manifests);
  const proposal = await loadManifests(request.policies, {
    ...(request.policies.length > 0 && needs.tolerant !== true ? { wanted: "policies" } : {}),
    ...(needs.tolerant === true ? { broken: "tell", wrongVersions: "keep" } : {}),
  });
  const proposed = readInventory(proposal.manifests);
  const given = await readCiliumGiven(request.cilium, request.ciliumConfig);
  const names = await gatherNames(request.names, inputs.caches);
  const live = liveAmong(inputs.flows, request.cluster ?? null);
  const recorded = await readFlows({ paths: inputs.flows, live }, read.policies, progress);
  if (inputs.conntrack.length > 0) {
    foldConntrack(recorded.fold, await readConntrackFiles(inputs.conntrack), read.inventory);
  }
  const telling = inputs.flows.length === 0 ? (request.asked ?? recorded) : recorded;
  const cilium = gatherCilium(given, { ...telling, objects: read.ciliumConfig });
  const seen = withoutIgnored(read.policies, cilium.ignoredKinds);
  const wanted = withoutIgnored(proposed.policies, cilium.ignoredKinds);
  const sets = { inForce: seen.policies, proposed: wanted.policies };
  const stored = await storedPolicies(sets, cilium.cilium.value, proposal.manifests);
  const inventory = mergedInventory({ inForce, read, proposal });
  const isKnown = hasObjects || inventory !== read.inventory;
  const join = {
    inventory: isKnown ? inventory : null,
    policies: seen.policies,
    names: names.names,
    questions: names.questions,
    cilium,
  };
  const traffic = await joinWitnesses(markConntrack(joinTraffic(recorded, join)), request, inventory);
  const findings = [
    ...(hasObjects ? [] : [NO_OBJECTS]),
    ...[inputs, inForce, read, proposal, proposed, seen, wanted, stored, cilium, names].flatMap(
      (source) => source.findings,
    ),
  ];
  const { cilium: minor, ciliumVersion, config } = cilium;
  const known = { cilium: minor, ciliumVersion, config, inventory, policies: stored.inForce };
  const counted = await policyMapFindings(inputs.policyMaps, known);
  return {
    snapshot: { ...known, traffic, findings: [...findings, ...counted] },
    proposed: stored.proposed,
    sources: Object.fromEntries(proposal.texts),
    textsInForce: Object.fromEntries(inForce.texts),
    asked: request.asked === undefined ? null : joinTraffic(request.asked, join),
    join: (other) => joinTraffic(other, join),
  };
}

function refuseMissing({ flows, objects, policies, names, captures = [] }: GatherRequest, needs: GatherNeeds): void {
  if (needs.flows && flows.length + captures.length === 0) {
    throw new UserError("missing-flows", "no recording is named", {
      help: "give --flows FILE…; record one with: hubble observe -f -o jsonpb > flows.jsonl",
    });
  }
  if (needs.policies && policies.length === 0) {
    throw new UserError("missing-policies", "no proposal is named", {
      help: "give --policies PATH…: the policies to rehearse, files or directories",
    });
  }
  refuseTwoStreams({ flows, objects, policies, names });
}

/** Told before anything is read, with the nearest name that exists. */
async function refuseMissingFiles(paths: readonly string[]): Promise<void> {
  const missing = paths.filter((path) => path !== "-" && !isStorePath(path) && !isLivePath(path) && !existsSync(path));
  if (missing.length > 0) await findManifestFiles(missing);
}

const NO_OBJECTS: Finding = {
  id: "no-objects",
  severity: "info",
  message: "no objects were given: pods, Services and the policies in force are known only as far as the flows tell",
  help: "give --objects FILE, made with: kubectl get -A -o yaml ns,no,po,svc,endpointslices,deploy,sts,ds,cj,netpol,cnp,ccnp",
};

/** Several files of any of the accepted forms. What each decided is told by the analysis. */
async function gatherNames(paths: readonly string[], caches: readonly string[]) {
  const names: GivenName[] = [];
  const questions: NameQuestion[] = [];
  const findings: Finding[] = [];
  for (const path of paths) {
    const read = await readNamesFile(path);
    for (const name of read.names) names.push(name);
    for (const question of read.questions) questions.push(question);
    findings.push(...read.findings);
  }
  for (const path of caches) for (const name of await readCache(path)) names.push(name);
  return { names, questions, findings };
}

/** An agent's cache in a sysdump: often empty, or what the agent said instead. Nobody named it, so nothing is said of it. */
async function readCache(path: string): Promise<readonly GivenName[]> {
  try {
    return (await readNamesFile(path)).names;
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** The objects of the live cluster, and over them those of the files. */
async function loadInForce({ objects, live }: OpenedInputs): Promise<LoadedManifests> {
  const files = await loadManifests(objects, objects.length > 0 ? { wanted: "objects" } : {});
  if (live.length === 0) return files;
  const given = new Set(files.manifests.map(objectName));
  return { ...files, manifests: [...live.filter((one) => !given.has(objectName(one))), ...files.manifests] };
}

const POLICIES: ReadonlySet<string> = new Set(POLICY_KINDS);

type Objects = { readonly inForce: LoadedManifests; readonly read: ReadInventory; readonly proposal: LoadedManifests };

/** A proposal may bring more than policies (a rendered chart: workloads, CIDR groups); these replace their namesakes. */
function mergedInventory({ inForce, read, proposal }: Objects): Inventory {
  const others = proposal.manifests.filter((manifest) => !POLICIES.has(manifest.kind));
  return others.length === 0 ? read.inventory : readInventory([...inForce.manifests, ...others]).inventory;
}
