import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { readCiliumConfigFile } from "../../src/decode/config/cilium-config-file.ts";
import { FlowScanner } from "../../src/decode/flow/flow-scanner.ts";
import { manifestsOf, readInventory } from "../../src/decode/objects/objects.ts";
import { type SchemaJudge, schemaJudge } from "../../src/decode/schema/schema.ts";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { validatePolicy } from "../../src/engine/validate/validate.ts";
import { UserError } from "../../src/model/finding.ts";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { EMPTY_INVENTORY } from "../../src/model/objects.ts";
import { CILIUM_MINORS, defaultConfig } from "../../src/model/profile.ts";
import { networkPolicyObjects } from "../conformance/network-policy-objects.ts";
import { address, worldOf } from "../engine/world.ts";

/** Whatever is given: a result, or a UserError that says what to do. Anything else is our bug, and fails the test. */
function survives(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).not.toBe("");
  }
}

let judge: SchemaJudge;
beforeAll(async () => {
  judge = await schemaJudge("1.20");
});

const { engine, pod, connection } = worldOf("");
const web = pod("shop/web");
const out = connection(web, address("198.51.100.7"));
const within = connection(web, pod("shop/db"));

/** All that is done with manifests, in every minor. */
function rehearse(text: string): void {
  const read = readInventory(readManifests(text, "given.yaml").manifests);
  const policies = read.policies.map((policy) => judge.policy(policy).policy);
  for (const minor of CILIUM_MINORS) {
    const config = defaultConfig(minor);
    for (const policy of policies) validatePolicy(policy, minor, config);
    const proposed = createEngine({ minor, config, inventory: EMPTY_INVENTORY, policies });
    proposed.decide(out);
    proposed.decide(within);
  }
}

const examples = new URL("../../examples/homelab/", import.meta.url);
const POLICIES = readdirSync(new URL("policies/", examples), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => readFileSync(new URL(`policies/${name}`, examples), "utf8"));
const FLOWS = gunzipSync(readFileSync(new URL("flows.jsonl.gz", examples))).subarray(0, 200_000);

type Mutation = { readonly at: number; readonly kind: number; readonly byte: number };
const mutations = fc.array(
  fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), kind: fc.nat(3), byte: fc.nat(255) }),
  { minLength: 1, maxLength: 6 },
);

/** Bytes changed, put in, taken out; a stretch doubled. */
function mutated(bytes: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  return changes.reduce((now, { at, kind, byte }) => {
    const index = Math.floor(at * now.length);
    const [head, tail] = [now.subarray(0, index), now.subarray(index)];
    if (kind === 0) return Uint8Array.from([...head, byte, ...tail.subarray(1)]);
    if (kind === 1) return Uint8Array.from([...head, byte, ...tail]);
    if (kind === 2) return Uint8Array.from([...head, ...tail.subarray(1 + byte)]);
    return Uint8Array.from([...head, ...tail.subarray(0, byte), ...tail]);
  }, bytes);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

describe("no input makes it throw", () => {
  it("texts of any kind, as manifests and as configuration", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        survives(() => rehearse(text));
        survives(() => readCiliumConfigFile(text, "config.yaml"));
      }),
      { numRuns: 200 },
    );
  });

  it("policies with bytes changed, put in and taken out", () => {
    fc.assert(
      fc.property(fc.constantFrom(...POLICIES), mutations, (text, changes) => {
        survives(() => rehearse(decoder.decode(mutated(encoder.encode(text), changes))));
      }),
      { numRuns: 150 },
    );
  });

  it("policies with any value at any place", () => {
    const objects = [
      ...POLICIES.flatMap((text) => readManifests(text, null).manifests.map(({ value }) => value)),
      ...networkPolicyObjects(),
    ];
    const odd = fc.oneof(
      fc.constantFrom<Json>(null, "", "*", "[", "::/0", "0.0.0.0/0", -1, 1e308, 0.5, true, [], {}, [null], [[]], [{}]),
      fc.jsonValue({ maxDepth: 2 }).map((value) => value as Json),
    );
    fc.assert(
      fc.property(fc.constantFrom(...objects), fc.nat(), odd, (object, seed, value) => {
        const changed = replaced(object, seed % leaves(object), value);
        const { policies } = readInventory(manifestsOf([changed as JsonObject], null));
        survives(() => {
          for (const policy of policies) {
            judge.policy(policy);
            for (const minor of CILIUM_MINORS) {
              const config = defaultConfig(minor);
              validatePolicy(policy, minor, config);
              createEngine({ minor, config, inventory: EMPTY_INVENTORY, policies: [policy] }).decide(out);
            }
          }
        });
      }),
      { numRuns: 400 },
    );
  });

  it("recordings with bytes changed, put in and taken out", () => {
    const scanner = new FlowScanner();
    fc.assert(
      fc.property(mutations, (changes) => {
        const bytes = mutated(FLOWS.subarray(0, 20_000), changes);
        let start = 0;
        for (let at = 0; at <= bytes.length; at++) {
          if (at < bytes.length && bytes[at] !== 10) continue;
          scanner.scan(bytes, start, at);
          start = at + 1;
        }
      }),
      { numRuns: 60 },
    );
  });

  it("an engine of no policies answers all the same", () => {
    expect(engine.decide(out).verdict).toBe("allowed");
  });
});

/** How many places a value has: itself and all below. */
function leaves(value: Json): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, member: Json) => sum + leaves(member), 1);
}

/** The value with its nth place replaced; the first one is itself. */
function replaced(value: Json, place: number, by: Json): Json {
  if (place === 0) return typeof value === "object" && value !== null && "kind" in value ? value : by;
  if (typeof value !== "object" || value === null) return value;
  let left = place - 1;
  const put = (member: Json): Json => {
    const size = leaves(member);
    const here = left >= 0 && left < size ? replaced(member, left, by) : member;
    left -= size;
    return here;
  };
  if (Array.isArray(value)) return value.map(put);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, key === "kind" ? (put(member), member) : put(member)]),
  );
}
