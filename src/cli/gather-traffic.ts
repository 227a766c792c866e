import { podEnd } from "#engine/identity/identity.ts";
import type { GivenName, NameQuestion } from "#model/coverage.ts";
import type { Inventory } from "#model/objects.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { Traffic } from "#model/snapshot.ts";
import { count } from "#report/words.ts";
import type { LiveSource } from "#sources/live-recording.ts";
import { type RecordingProgress, readRecording } from "#sources/recording.ts";
import { clustersOf } from "#traffic/finish/clusters.ts";
import { createFold, type Fold, type FoldOptions } from "#traffic/fold.ts";
import { policyChanges } from "#traffic/finish/policy-changes.ts";
import type { CiliumKnown } from "./gather-cilium.ts";
import { foldStore, storeAmong } from "./store-input.ts";
import type { Progress } from "./progress.ts";

/** A recording read but not yet joined with the objects, and what it tells of the cluster by itself. */
export type Recorded = {
  readonly fold: Fold;
  readonly clusterName: string | null;
  /** The agents' version, as most nodes tell it; null before Cilium 1.19, which did not tell. */
  readonly agentVersion: string | null;
};

/** What a recording is read from. */
export type FlowsNamed = { readonly paths: readonly string[]; readonly live: readonly LiveSource[] | null };

/** Reads the recording. The times at which policies changed cut it: they are known from the objects. */
export async function readFlows(
  { paths, live }: FlowsNamed,
  policies: readonly PolicyObject[],
  progress: Progress,
): Promise<Recorded> {
  const changes = policyChanges(policies);
  const fold =
    live === null ? await foldPaths(paths, { changes }, progress) : await foldRings(live, { changes }, progress);
  const state = fold.state();
  const versions = state.nodes.flatMap((node) => node.versions.slice(-1));
  return { fold, clusterName: clustersOf(state, null).own, agentVersion: mostFrequent(versions) };
}

async function foldPaths(paths: readonly string[], options: FoldOptions, progress: Progress): Promise<Fold> {
  const store = storeAmong(paths);
  if (store !== null) return await foldStore(store, options);
  const onProgress = (at: RecordingProgress) => progress.update(progressText(at));
  return await readRecording(paths, { onProgress, fold: options });
}

/** What Hubble servers hold now. The client is loaded only here. */
async function foldRings(live: readonly LiveSource[], options: FoldOptions, progress: Progress): Promise<Fold> {
  const { foldLive } = await import("#sources/live-recording.ts");
  const fold = createFold(options);
  await foldLive(live, fold, {
    onProgress: ({ file, lines }) => progress.update(`reading ${file}: ${count(lines)} flows`),
  });
  return fold;
}

function progressText({ file, lines, bytes, totalBytes }: RecordingProgress): string {
  const part =
    totalBytes === null || totalBytes === 0 ? "" : `, ${Math.min(100, Math.floor((100 * bytes) / totalBytes))} %`;
  return `reading ${file}: ${count(lines)} lines${part}`;
}

function mostFrequent(values: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? 1 : -1))[0]?.[0] ?? null;
}

/** What a recording is joined with. */
export type Join = {
  /** null when no objects were given. */
  readonly inventory: Inventory | null;
  readonly policies: readonly PolicyObject[];
  readonly names: readonly GivenName[];
  /** Of query logs. */
  readonly questions: readonly NameQuestion[];
  readonly cilium: CiliumKnown;
};

/** Joins the recording with the objects: conversations, names, coverage. */
export function joinTraffic({ fold }: Recorded, { inventory, policies, names, questions, cilium }: Join): Traffic {
  const { config } = cilium;
  const context = { inventory, policies, names, questions, config: config.assumed ? null : config.value };
  if (inventory === null) return fold.finish(context);
  const minor = cilium.cilium.value;
  return fold.finish({ ...context, labelsOf: (pod) => podEnd(pod, inventory, minor, config.value).labels });
}
