import { setMaxListeners } from "node:events";
import { type Finding, UserError } from "#model/finding.ts";
import type { JsonObject } from "#model/json.ts";
import { POLICY_KINDS } from "#model/policy.ts";
import { manifestsOf } from "#decode/objects/manifest.ts";
import { type ClusterChoice, KubernetesConnection } from "#sources/kubernetes-connection.ts";
import { KUBERNETES_RESOURCES, type KubernetesResource } from "#sources/kubernetes-resources.table.ts";
import { type ResourceEvent, watchResource } from "#sources/kubernetes-watch.ts";
import { ObjectChanges } from "#store/object-changes.ts";
import type { Recorder } from "#store/recorder.ts";
import { configFindings } from "#store/silenced.ts";
import type { Store } from "#store/store.ts";

export type WatchParts = {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  readonly say: (finding: Finding) => void;
  readonly now: () => number;
};

/** With these the epochs of all nodes end. */
const DECIDING: ReadonlySet<string> = new Set([...POLICY_KINDS, "CiliumCIDRGroup"]);

/**
 * Records the objects of a live cluster as versions, until the signal comes: lists them, then each change as it is told.
 * Throws a UserError when the cluster cannot be reached at first, may not be read at all, or the store keeps no objects.
 */
export async function recordObjects(choice: ClusterChoice, parts: WatchParts): Promise<void> {
  const { store, recorder } = parts;
  if (store.objects === undefined) {
    throw new UserError("store-without-objects", "this store keeps no objects", {
      help: "leave out --live, --kubeconfig and --context, and give --objects to the rehearsal",
    });
  }
  const connection = await KubernetesConnection.open(choice);
  const changes = new ObjectChanges(await store.objects.known());
  const name = `cluster ${connection.name}`;
  const waiting = new Set(KUBERNETES_RESOURCES);
  const refused: string[] = [];
  const troubled = new Set<KubernetesResource>();
  recorder.counts.connected.set(name, false);
  const settle = (resource: KubernetesResource) => {
    waiting.delete(resource);
    recorder.counts.connected.set(name, waiting.size === 0);
  };
  const stop = new AbortController();
  const signal = AbortSignal.any([parts.signal, stop.signal]);
  // Each watch waits for it in its own ways.
  setMaxListeners(0, signal);
  const watch = async (resource: KubernetesResource) => {
    try {
      await new ResourceRecording(resource, changes, { ...parts, signal, settle, troubled }).run(connection);
    } catch (cause) {
      if (!(cause instanceof UserError) || cause.code !== "cluster-refused") throw cause;
      refused.push(resource.plural);
      if (refused.length === KUBERNETES_RESOURCES.length) throw cause;
      recorder.sayOnce(refusedFinding(resource, cause));
      settle(resource);
    }
  };
  try {
    await Promise.all(KUBERNETES_RESOURCES.map(watch));
  } finally {
    stop.abort();
  }
}

function refusedFinding({ plural }: KubernetesResource, { message }: UserError): Finding {
  return {
    id: "cluster-refused",
    severity: "warn",
    message: `${plural} may not be read and are not recorded: ${message}`,
    help: "give the account get, list and watch on them, cluster-wide; see docs/capture.md",
  };
}

type ResourceParts = WatchParts & {
  readonly settle: (resource: KubernetesResource) => void;
  /** Whose watch is being mended. */
  readonly troubled: Set<KubernetesResource>;
};

/** One kind of objects that is recorded. */
class ResourceRecording {
  private readonly resource: KubernetesResource;
  private readonly changes: ObjectChanges;
  private readonly parts: ResourceParts;
  constructor(resource: KubernetesResource, changes: ObjectChanges, parts: ResourceParts) {
    this.resource = resource;
    this.changes = changes;
    this.parts = parts;
  }

  async run(connection: KubernetesConnection): Promise<void> {
    for await (const event of watchResource(connection, this.resource, { signal: this.parts.signal })) this.take(event);
  }

  private take(event: ResourceEvent): void {
    const { resource, parts } = this;
    switch (event.kind) {
      case "trouble":
        this.trouble(event.message);
        return;
      case "absent":
        this.absent();
        return;
      default: {
        parts.troubled.delete(resource);
        const versions = this.changes.take(resource.kind, event, parts.now());
        if (versions.length > 0) parts.recorder.addObjects(versions, DECIDING.has(resource.kind));
        if (resource.kind === "ConfigMap")
          this.sayConfig(versions.map(({ object }) => object).filter((one) => one !== null));
        if (event.kind === "all") parts.settle(resource);
      }
    }
  }

  private sayConfig(objects: readonly JsonObject[]): void {
    for (const finding of configFindings(manifestsOf(objects, null))) this.parts.recorder.sayOnce(finding);
  }

  private absent(): void {
    const { resource, parts } = this;
    // What was there before is there no more.
    const versions = this.changes.take(resource.kind, { kind: "all", objects: [] }, parts.now());
    if (versions.length > 0) parts.recorder.addObjects(versions, DECIDING.has(resource.kind));
    parts.settle(resource);
  }

  /** Said once for each time that the cluster is away. */
  private trouble(message: string): void {
    const { resource, parts } = this;
    if (parts.troubled.size === 0) {
      const text = `watching ${resource.plural}: ${message}; trying again until it goes well`;
      parts.say({ id: "watch-trouble", severity: "warn", message: text });
    }
    parts.troubled.add(resource);
  }
}
