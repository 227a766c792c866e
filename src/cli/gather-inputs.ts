import { manifestsOf } from "#decode/objects/manifest.ts";
import type { SourceManifest } from "#decode/objects/manifest.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { ClusterChoice } from "#sources/kubernetes-connection.ts";
import { type OpenedCapture, openCapture } from "#sources/capture-open.ts";
import type { Progress } from "./progress.ts";
import { isStorePath, readStoredObjects, storeAmong } from "./store-input.ts";

/** Paths of inputs as they were given: any of them may be a capture or a sysdump. */
export type InputPaths = {
  readonly flows: readonly string[];
  readonly objects: readonly string[];
  /** Captures and sysdumps given as such: all that they hold is taken. */
  readonly captures?: readonly string[];
  /** A live cluster whose objects are read; null for none. */
  readonly cluster?: ClusterChoice | null;
};

/** The same with captures opened: what they hold stands where their paths stood. */
export type OpenedInputs = {
  readonly flows: readonly string[];
  readonly objects: readonly string[];
  /** Agents' caches of names in sysdumps. */
  readonly caches: readonly string[];
  /** Agents' conntrack tables in sysdumps. */
  readonly conntrack: readonly string[];
  /** Agents' policy maps in sysdumps. */
  readonly policyMaps: readonly string[];
  /** Objects of the live cluster, or those that the store recorded. */
  readonly live: readonly SourceManifest[];
  readonly findings: readonly Finding[];
};

/** Opens captures and sysdumps wherever their paths were given, and reads the live cluster. */
export async function openInputs(paths: InputPaths, progress: Progress): Promise<OpenedInputs> {
  const opened = new Map<string, Promise<OpenedCapture | null>>();
  const open = (path: string) => {
    const known = opened.get(path) ?? openCapture(path);
    opened.set(path, known);
    return known;
  };
  progress.update("opening inputs");
  const whole = await Promise.all((paths.captures ?? []).map(async (path) => (await open(path)) ?? refuseOther(path)));
  const objects = await replaced(paths.objects, open, (capture) => capture.objects);
  const flows = await replaced(paths.flows, open, (capture) => capture.flows);
  const captures = (await Promise.all(opened.values())).filter((capture) => capture !== null);
  const cluster = paths.cluster ?? null;
  const hasOthers = objects.length + whole.flatMap((capture) => capture.objects).length > 0;
  const live =
    cluster !== null ? await readLive(cluster, progress) : hasOthers ? null : await storedObjects(flows, progress);
  return {
    flows: [...new Set([...whole.flatMap((capture) => capture.flows), ...flows])],
    objects: [...new Set([...whole.flatMap((capture) => capture.objects), ...objects])],
    caches: captures.flatMap((capture) => capture.names),
    conntrack: captures.flatMap((capture) => capture.conntrack),
    policyMaps: captures.flatMap((capture) => capture.policyMaps),
    live: live === null ? [] : manifestsOf(live.objects, null),
    findings: [...captures.filter(({ isRedacted }) => isRedacted).map(redacted), ...(live?.findings ?? [])],
  };
}

async function replaced(
  paths: readonly string[],
  open: (path: string) => Promise<OpenedCapture | null>,
  part: (capture: OpenedCapture) => readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const capture = await open(path);
    found.push(...(capture === null ? [path] : part(capture)));
  }
  return found;
}

/** What a store among the recordings knows of the cluster at the end of what is read of it. */
async function storedObjects(flows: readonly string[], progress: Progress) {
  const store = flows.some(isStorePath) ? storeAmong(flows) : null;
  if (store === null) return null;
  progress.update("reading the objects of the store");
  return await readStoredObjects(store);
}

async function readLive(cluster: ClusterChoice, progress: Progress) {
  const { readCluster } = await import("#sources/kubernetes-objects.ts");
  return await readCluster(cluster, {
    onProgress: (kind, objects) => progress.update(`reading ${kind} of the cluster: ${objects} objects so far`),
  });
}

function redacted({ path }: OpenedCapture): Finding {
  return {
    id: "redacted-capture",
    severity: "info",
    message:
      "was redacted: the world's addresses and HTTP paths are not in it; rules that ask for them leave traffic undecided",
    help: "judge such rules where the recording was made, with a capture that is not redacted",
    place: { file: path },
  };
}

function refuseOther(path: string): never {
  throw new UserError("no-capture", "is neither a capture nor a sysdump", {
    place: { file: path },
    help: "a capture is what ringfence capture writes; recordings are given with --flows, manifests with --objects",
  });
}
