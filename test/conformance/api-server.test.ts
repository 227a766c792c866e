import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { manifestsOf, readInventory } from "#decode/objects/objects.ts";
import { type SchemaJudge, schemaJudge } from "#decode/schema/schema.ts";
import { readManifests } from "#decode/yaml/yaml.ts";
import { checkBySchema } from "#decode/schema/schema-check.ts";
import type { SchemaSet } from "#decode/schema/schema-tree.ts";
import type { Finding } from "#model/finding.ts";
import type { Json, JsonObject } from "#model/json.ts";
import { policyName } from "#model/policy.ts";
import { CILIUM_MINORS, type CiliumMinor } from "#model/profile.ts";
import { isInShare } from "../share.ts";
import { schemaCases } from "./schema-objects.ts";

/**
 * What a kube-apiserver 1.36.4 with Cilium's CRDs answered to a dry-run create: every constraint of every policy CRD
 * broken once and kept once (schema-objects.ts), every rule of NetworkPolicy (network-policy-objects.ts), and the odd
 * objects of the sanitize corpora. `spec` is what it stored of a NetworkPolicy.
 */
type Answer = {
  readonly minor: CiliumMinor;
  readonly object: JsonObject & { readonly kind: string };
  readonly refused: boolean;
  readonly spec?: JsonObject;
};

const ANSWERS: readonly Answer[] = gunzipSync(
  readFileSync(new URL("../fixtures/manifests/api-server-1.36.jsonl.gz", import.meta.url)),
)
  .toString("utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Answer);

const REFUSALS = new Set(["schema", "not-text", "unnamed-object"]);

function judged(
  object: JsonObject,
  judge: SchemaJudge,
): { readonly findings: readonly Finding[]; readonly spec: Json } {
  const manifests = manifestsOf([object], null);
  const { policies, findings } = readInventory(manifests);
  const [policy] = policies;
  if (policy === undefined) {
    return { findings: manifests.flatMap((manifest) => judge.manifest(manifest)), spec: null };
  }
  const stored = judge.policy(policy);
  return { findings: [...findings, ...stored.findings], spec: stored.policy.value["spec"] ?? null };
}

for (const minor of CILIUM_MINORS) {
  describe(`a kube-apiserver with the CRDs of Cilium ${minor}`, () => {
    let judge: SchemaJudge;
    beforeAll(async () => {
      judge = await schemaJudge(minor);
    });
    const all = ANSWERS.filter((answer) => answer.minor === minor);
    const answers = all.filter((answer, index) => isInShare(index) || answer.spec !== undefined);

    it(`refuses what we say it refuses: ${answers.length} objects`, () => {
      const wrong = answers.filter(({ object, refused }) => {
        const isRefused = judged(object, judge).findings.some(({ id }) => REFUSALS.has(id));
        return isRefused !== refused;
      });
      expect(wrong.slice(0, 3)).toEqual([]);
      expect(all.length).toBeGreaterThan(9000);
    });

    it("stores a NetworkPolicy with the defaults that we give it", () => {
      const stored = answers.filter((answer) => answer.spec !== undefined);
      const wrong = stored.filter(({ object, spec }) => normal(judged(object, judge).spec) !== normal(spec ?? null));
      expect(wrong.slice(0, 3)).toEqual([]);
      expect(stored.length).toBeGreaterThan(20);
    });
  });

  it(`every constraint of the CRDs of ${minor} is reported at its place, and a whole object never`, () => {
    const set = JSON.parse(
      readFileSync(new URL(`../../src/decode/schema/crds/${minor}.json`, import.meta.url), "utf8"),
    ) as SchemaSet;
    const kinds = Object.entries(set.kinds).flatMap(([kind, versions]) =>
      Object.entries(versions).map(([version, schema]) => ({ kind, version, schema })),
    );
    const missed = kinds.flatMap(({ kind, version, schema }) =>
      schemaCases(kind, version, set).filter(({ path, breaks, object }) => {
        const breaches = checkBySchema(object, schema, set);
        if (breaks === null) return breaches.length > 0;
        // An element that is null or given twice has a path of its own.
        return !breaches.some(
          (breach) => breach.keyword === breaks && breach.path.replace(/\[[01]\]$/, "") === path.replace(/\[0\]$/, ""),
        );
      }),
    );
    expect(missed.slice(0, 3)).toEqual([]);
  });
}

/** By the same server, of Cilium's own examples: l7 rules that 1.20's CRD dropped, fromRequires that it forbids. */
const REFUSED: readonly string[] = [
  "CiliumNetworkPolicy/default/cnp-ingress-cassandra-server-access-least-privilege",
  "CiliumNetworkPolicy/default/requires-rule",
];

const real = join(import.meta.dirname, "../../../shared/real/policies");
const isAbsent = !existsSync(real);
if (isAbsent) console.warn(`real policies are not judged: ${real} is absent`);

describe.skipIf(isAbsent)("policies that run in real clusters", () => {
  const files = isAbsent ? [] : readdirSync(real).filter((name) => name.endsWith(".yaml"));

  it("are refused only where the API server refused them too", async () => {
    const judge = await schemaJudge("1.20");
    const refused = files.flatMap((file) => {
      const { policies } = readInventory(readManifests(readFileSync(join(real, file), "utf8"), file).manifests);
      return policies
        .filter((policy) =>
          judge.policy(policy).findings.some(({ id, severity }) => id === "schema" && severity === "error"),
        )
        .map(policyName);
    });
    expect(refused.toSorted()).toEqual(REFUSED);
  });
});

/** Sorted, and without the empty lists and maps that Go leaves out. */
function normal(value: Json): string {
  return JSON.stringify(value, (key, member: Json) => {
    if (typeof member !== "object" || member === null || Array.isArray(member))
      return isNothing(key, member) ? undefined : member;
    const kept = Object.entries(member).filter(([name, entry]) => !isNothing(name, entry));
    return Object.fromEntries(kept.sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}

function isNothing(key: string, value: Json): boolean {
  if (typeof value !== "object" || value === null || key.endsWith("Selector") || /^\d*$/.test(key)) return false;
  return Object.keys(value).length === 0;
}
