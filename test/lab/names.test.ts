import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rehearse } from "../../src/analysis/rehearse.ts";
import { gather } from "../../src/cli/gather.ts";
import { readNames } from "../../src/decode/names/names.ts";
import { readInventory } from "../../src/decode/objects/objects.ts";
import type { NameRecord } from "../../src/model/coverage.ts";
import type { Rehearsal } from "../../src/model/rehearsal.ts";
import { loadManifests } from "../../src/sources/manifests.ts";
import { readRecording } from "../../src/sources/recording.ts";
import { attributeNames } from "../../src/traffic/given-names.ts";

/**
 * The names that a recording teaches, held against what the agents themselves had learned when it ended
 * (`cilium-dbg fqdn cache list -o json`, our own lab). Both know: asker, name, address, time of the last lookup, TTL.
 */
type Phase = {
  readonly title: string;
  readonly flows: string;
  readonly objects: string;
  /** One a node. */
  readonly caches: readonly string[];
};

const fixtures = join(import.meta.dirname, "../fixtures/lab");
const shared = join(import.meta.dirname, "../../../shared/real/lab2");

const oneWorker = ["audit", "enforced", "fixed"].map(
  (phase): Phase => ({
    title: `one worker, ${phase}`,
    flows: join(fixtures, phase, "flows.jsonl.gz"),
    objects: join(fixtures, phase, "objects.json.gz"),
    caches: [join(fixtures, phase, "fqdn-cache.json")],
  }),
);
const twoWorkers = ["audit", "enforced", "fixed"].map(
  (phase): Phase => ({
    title: `two workers through Relay, ${phase}`,
    flows: join(shared, phase, "flows.jsonl.gz"),
    objects: join(shared, phase, "objects"),
    caches: ["agent", "agent-worker-2"].map((agent) => join(shared, phase, agent, "fqdn-cache.json")),
  }),
);

/** A lookup's time is taken before its event is written. */
const SAME_MS = 100;

/** `worker-1 webapp/webapp-… api.stripe.example 198.51.100.21`. */
const keysOf = (record: NameRecord) =>
  record.addresses.map((address) => `${record.node} ${record.askedBy} ${record.name} ${address}`);

type Known = ReadonlyMap<string, NameRecord>;
const byKey = (records: readonly NameRecord[]): Known =>
  new Map(records.flatMap((record) => keysOf(record).map((key) => [key, record] as const)));

async function phaseOf({ flows, objects, caches }: Phase): Promise<{ learned: Known; cached: Known; end: number }> {
  const { inventory } = readInventory((await loadManifests([objects], { wanted: "objects" })).manifests);
  const fold = await readRecording([flows], {});
  const { names, coverage } = fold.finish({ inventory, config: null, policies: [] });
  const given = caches.flatMap((file) => readNames(readFileSync(file, "utf8"), file).names);
  return {
    learned: byKey(names.filter((record) => record.source === "dns")),
    cached: byKey(attributeNames(given, inventory)),
    end: coverage.to ?? 0,
  };
}

for (const phase of [...oneWorker, ...twoWorkers]) {
  if (!existsSync(phase.flows)) {
    console.warn(`skipped: ${phase.title}: its recording lies outside the project and is not here`);
    continue;
  }
  describe(`names learned in the lab, ${phase.title}`, async () => {
    const { learned, cached, end } = await phaseOf(phase);

    it("knows every asker of the caches, by endpoint number", () => {
      expect(cached.size).toBeGreaterThan(5);
      expect([...cached.values()].filter((record) => record.askedBy === null || record.node === null)).toEqual([]);
    });

    it("learned exactly the names in the agents' caches, for the same pods on the same nodes", () => {
      expect([...learned.keys()].sort()).toEqual([...cached.keys()].sort());
    });

    it("saw the last lookup when the agent did, with the same TTL", () => {
      const late = [...cached].flatMap(([key, { lastSeen, ttlSeconds }]) => {
        const own = learned.get(key);
        const apart = (own?.lastSeen ?? 0) - (lastSeen ?? 0);
        // The dump is taken a moment after the recording ended: a lookup in between is the agent's alone.
        const isAfterEnd = (lastSeen ?? 0) > end;
        return own?.ttlSeconds === ttlSeconds && (isAfterEnd || (apart >= 0 && apart < SAME_MS))
          ? []
          : [`${key}: ${apart} ms`];
      });
      expect(late).toEqual([]);
    });
  });
}

const homelab = join(import.meta.dirname, "../../examples/homelab");
const quiet = { update: () => undefined, clear: () => undefined };

/** The recording without policies, which holds no name at all, rehearsed with the mended policies. */
async function rehearsed(names: readonly string[]): Promise<Rehearsal> {
  const gathered = await gather(
    {
      ...{ flows: [join(homelab, "flows.jsonl.gz")], objects: [join(homelab, "objects")], names },
      ...{ policies: [join(fixtures, "policies-fixed.yaml")], cilium: null, ciliumConfig: null },
    },
    quiet,
  );
  return rehearse({ ...gathered, only: false, all: true });
}

describe("the lab's baseline with the cache of an agent that ran the policies", async () => {
  const before = await rehearsed([]);
  const after = await rehearsed([join(fixtures, "fixed/fqdn-cache.json")]);
  const outcome = ({ conversations = [] }: Rehearsal, id: string) =>
    conversations.find((one) => one.conversation === id)?.after.verdict;

  it("decides everything that was open, as enforcement then did", () => {
    expect([before.totals.undecided, after.totals.undecided]).toEqual([7, 0]);
    const decided = before.undecided.map((edge) => [
      edge.to.kind === "address" ? edge.to.address : "",
      outcome(after, edge.conversation),
    ]);
    expect(decided.map(([, verdict]) => verdict)).toEqual(decided.map(() => "allowed"));
    expect(after.totals.denied).toBe(before.totals.denied);
  });

  it("says what the file held, of which node, and what it decided", () => {
    expect(after.findings.filter((one) => one.id === "names-used").map((one) => one.message)).toEqual([
      "14 names of 14 addresses (the cache of worker-1); decided 7 conversations: argocd/argocd-repo-server to github.com, argocd/argocd-repo-server to api.github.com, argocd/argocd-repo-server to raw.githubusercontent.com, and 4 more",
    ]);
  });

  it("says for every open one how to find its name", () => {
    for (const edge of before.undecided) {
      const address = edge.to.kind === "address" ? edge.to.address : "";
      expect(edge.missing).toBe("no DNS answer seen");
      expect(edge.remedy).toContain(`dig -x ${address} +short`);
    }
  });
});
