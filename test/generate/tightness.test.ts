import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { nameFacts } from "../../src/analysis/learned-names.ts";
import { policySet } from "../../src/analysis/proposal.ts";
import { gather } from "../../src/cli/gather.ts";
import { NO_PROGRESS } from "../../src/cli/progress.ts";
import { generate } from "../../src/generate/generate.ts";
import { DEFAULT_OPTIONS } from "../../src/generate/options.ts";
import type { End } from "../../src/model/conversation.ts";
import type { PolicyObject } from "../../src/model/policy.ts";
import type { Snapshot } from "../../src/model/snapshot.ts";
import { readBack } from "./generating.ts";

/**
 * The homelab of the article, recorded before it had policies: what is generated from the recording, against the policies
 * that its author wrote by hand. Counted is who may reach whom on which port of those that are spoken anywhere.
 */
const root = join(import.meta.dirname, "../..");
const author = join(root, "../shared/real/homelab/policies");
if (!existsSync(author)) console.warn(`${author} is not there: the author's own policies are not compared with`);

let snapshot: Snapshot;
beforeAll(async () => {
  const request = {
    flows: [join(root, "examples/homelab/flows.jsonl.gz")],
    objects: [join(root, "examples/homelab/objects")],
    ...{ policies: [], names: [], cilium: null, ciliumConfig: null },
  };
  ({ snapshot } = await gather(request, NO_PROGRESS, { flows: true, policies: false }));
}, 60_000);

const unit = (end: End) =>
  end.kind === "pod"
    ? `${end.namespace}/${end.workload?.name ?? end.pods[0]}`
    : end.kind === "reserved"
      ? end.entity
      : "outside";

/** Every source, destination pod and port that the policies let through although nobody was seen there. */
function excess(policies: readonly PolicyObject[], namespaces: ReadonlySet<string>): ReadonlySet<string> {
  const { conversations } = snapshot.traffic;
  const judged = policySet(snapshot, nameFacts(snapshot), policies);
  const ends = [
    ...new Map(conversations.flatMap(({ from, to }) => [from, to]).map((end) => [unit(end), end])).values(),
  ];
  const ports = [...new Set(conversations.flatMap(({ port, protocol }) => (protocol === "TCP" ? (port ?? []) : [])))];
  const seen = new Set(conversations.map(({ from, to, port }) => `${unit(from)} → ${unit(to)}:${port}`));
  const names = { learned: [], complete: true };
  const found = new Set<string>();
  for (const from of ends) {
    for (const to of ends.filter((end) => end.kind === "pod" && namespaces.has(end.namespace))) {
      for (const port of ports) {
        const connection = { from, to, protocol: "TCP", port, icmpType: null, icmpCode: null, request: null, names };
        const { ingress } = judged.engine.decide(connection);
        const key = `${unit(from)} → ${unit(to)}:${port}`;
        if (ingress?.decision === "allowed" && !seen.has(key)) found.add(key);
      }
    }
  }
  return found;
}

describe("against the article's policies", () => {
  const everywhere = () =>
    new Set(
      snapshot.inventory.pods
        .map((pod) => pod.namespace)
        .filter((name) => name !== "kube-system" && name !== "default"),
    );
  const ours = () => generate({ snapshot, options: DEFAULT_OPTIONS }).policies.map(({ policy }) => policy);

  it.each(["policies.yaml", "policies-fixed.yaml"])("is no looser than %s", (file) => {
    const theirs = readBack(readFileSync(join(root, "test/fixtures/lab", file), "utf8"));
    const own = excess(ours(), everywhere());
    // A node reaches its own pods whatever policies say.
    expect([...own].filter((key) => !key.startsWith("host "))).toEqual(OUTSIDE_ONLY);
    expect(own.size).toBeLessThan(excess(theirs, everywhere()).size);
  });

  it.skipIf(!existsSync(author))("is no looser than the author's own, where these are the same applications", () => {
    const theirs = readdirSync(author).flatMap((file) => readBack(readFileSync(join(author, file), "utf8")));
    const namespaces = new Set([...everywhere()].filter((name) => theirs.some((policy) => policy.namespace === name)));
    expect(namespaces.size).toBeGreaterThan(2);
    expect(excess(ours(), namespaces).size).toBeLessThanOrEqual(excess(theirs, namespaces).size);
  });
});

const OUTSIDE_ONLY: readonly string[] = [];
