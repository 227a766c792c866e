import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { validatePolicy } from "#engine/validate/validate.ts";
import type { Json, JsonObject } from "#model/json.ts";
import { POLICY_KINDS, type PolicyKind, type PolicyObject, policyName } from "#model/policy.ts";
import { CILIUM_MINORS, type CiliumConfig, type CiliumMinor, defaultConfig } from "#model/profile.ts";

// What Cilium's own Parse and Sanitize said of each policy object, per minor.
// topic-p: one object for each of upstream's errors. sanitize-odd: wrong types at every field of a policy of every kind,
// odd values of every kind of scalar, and random policies full of them.
const CORPORA = ["topic-p-sanitize.jsonl.gz", "sanitize-odd.jsonl.gz"];

type ExpectedPolicy = { readonly policy: string; readonly valid: boolean; readonly error?: string };
type RecordedTest = {
  readonly name: string;
  readonly cilium: CiliumMinor;
  readonly config?: Partial<CiliumConfig>;
  readonly objects: readonly JsonObject[];
  readonly expectPolicies?: readonly ExpectedPolicy[];
};

const tests = CORPORA.map((file) => ({
  file,
  tests: gunzipSync(readFileSync(join(import.meta.dirname, "../../corpus", file)))
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RecordedTest),
}));

/** As the API server does: nulls of fields are dropped, those in lists stay. */
function prune(value: Json): Json {
  if (Array.isArray(value)) return value.map(prune);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, prune(member)]));
}

const CLUSTER_SCOPED: readonly PolicyKind[] = ["CiliumClusterwideNetworkPolicy", "ClusterNetworkPolicy"];

function policyOf(object: JsonObject): PolicyObject | null {
  const kind = POLICY_KINDS.find((each) => each === object["kind"]);
  if (kind === undefined) return null;
  const metadata = (object["metadata"] ?? {}) as { readonly name?: string; readonly namespace?: string };
  return {
    kind,
    namespace: CLUSTER_SCOPED.includes(kind) ? null : metadata.namespace || "default",
    name: metadata.name ?? "",
    value: prune(object) as JsonObject,
    file: null,
    places: {},
  };
}

/** Every policy object with what was recorded of it. */
function casesOf(test: RecordedTest) {
  const config = { ...defaultConfig(test.cilium), ...test.config };
  const policies = test.objects.map(policyOf).filter((policy) => policy !== null);
  return (test.expectPolicies ?? []).map((expected, index) => {
    const policy = policies[index];
    if (policy === undefined || policyName(policy) !== expected.policy) throw new Error(`${test.name}: no such policy`);
    return { name: test.name, policy, expected, got: validatePolicy(policy, test.cilium, config) };
  });
}

/** Whether a path leads to an element, or to one that its parent lacks (an element that is null lacks all). Label keys have dots of their own. */
function leadsTo(value: JsonObject, path: string): boolean {
  const steps = path
    .replace(/\.matchLabels\..*$/s, "")
    .split(/[.[\]]+/)
    .filter((step) => step !== "");
  let at: unknown = value;
  for (const step of steps) {
    if (at === null) return true;
    if (typeof at !== "object") return false;
    at = Object.entries(at).find(([key]) => key.toLowerCase() === step.toLowerCase())?.[1];
  }
  return true;
}

for (const { file, tests: recorded } of tests) {
  describe(file, () => {
    for (const minor of CILIUM_MINORS) {
      const cases = recorded.filter((test) => test.cilium === minor).flatMap(casesOf);

      it(`${minor}: accepts and rejects ${cases.length} objects as the agent does`, () => {
        const wrong = cases.filter(({ expected, got }) => got.valid !== expected.valid);
        expect(wrong.slice(0, 5)).toEqual([]);
        expect(wrong.length).toBe(0);
        expect(cases.length).toBeGreaterThan(400);
      });

      it(`${minor}: says why in the agent's words`, () => {
        const named = cases.filter(({ expected }) => expected.error !== undefined);
        const wrong = named.filter(({ expected, got }) => got.valid || !got.error.includes(expected.error ?? ""));
        expect(wrong.slice(0, 5)).toEqual([]);
        expect(wrong.length).toBe(0);
        expect(named.length).toBeGreaterThan(200);
      });

      it(`${minor}: helps, and points at an element that is there`, () => {
        const lost = cases.flatMap(({ name, got, policy }) =>
          got.valid || (got.help !== "" && leadsTo(policy.value, got.path)) ? [] : [{ name, ...got }],
        );
        expect(lost.slice(0, 5)).toEqual([]);
      });
    }
  });
}

const shared = join(import.meta.dirname, "../../../shared");
const real = join(shared, "real/policies");
const missing = !existsSync(join(real, "validity.json"));
if (missing) console.warn(`real policies are not checked: ${real} is absent`);

describe.skipIf(missing)("real policy sets under 1.20's defaults", () => {
  const validity = missing ? { invalid: [] } : JSON.parse(readFileSync(join(real, "validity.json"), "utf8"));
  const sets = missing ? [] : readdirSync(real).filter((name) => /^[^.]+\.yaml$/.test(name));

  it.each(sets)("%s", (set) => {
    const documents = parseAllDocuments(readFileSync(join(real, set), "utf8"), { version: "1.1", merge: true });
    const objects = documents
      .map((document) => document.toJS() as JsonObject | null)
      .filter((object) => object !== null);
    const rejected = objects.flatMap((object) => {
      const policy = policyOf(object);
      if (policy === null) return [];
      const got = validatePolicy(policy, "1.20", defaultConfig("1.20"));
      return got.valid ? [] : [{ policy: policyName(policy), error: got.error }];
    });
    const expected: readonly ExpectedPolicy[] = validity.invalid
      .filter((entry: { readonly set: string }) => `${entry.set}.yaml` === set)
      // The recording names a policy without a namespace `Kind//name`.
      .map((entry: ExpectedPolicy) => ({ ...entry, policy: entry.policy.replace("//", "/default/") }));
    expect(rejected.map(({ policy }) => policy).sort()).toEqual(expected.map(({ policy }) => policy).sort());
    for (const { policy, error } of expected) {
      // One text is a remark of whoever recorded it, not the agent's.
      if (error === undefined || error.includes("unmarshal error")) continue;
      expect(rejected.find((each) => each.policy === policy)?.error).toContain(error);
    }
  });
});
