import { createEngine } from "../../src/engine/engine.ts";
import { generate } from "../../src/generate/generate.ts";
import { DEFAULT_OPTIONS, type GenerateOptions } from "../../src/generate/options.ts";
import { policyText } from "../../src/generate/policy-text.ts";
import { readInventory } from "../../src/decode/objects/objects.ts";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import type { Conversation, End } from "../../src/model/conversation.ts";
import type { Generated } from "../../src/model/generated.ts";
import { isObject, type Json, type JsonObject } from "../../src/model/json.ts";
import type { PolicyObject } from "../../src/model/policy.ts";
import type { Snapshot } from "../../src/model/snapshot.ts";
import { type Story, worldOf } from "../stories/story.ts";

/** What a test of generation is told with: as a story, without a proposal. */
export type Recorded = Omit<Story, "policies">;

export type Made = {
  readonly snapshot: Snapshot;
  readonly generated: Generated;
  /** All policies as they are printed. */
  readonly text: string;
};

/** Generates from a story. */
export function made(recorded: Recorded, options: Partial<GenerateOptions> = {}): Made {
  return madeFrom(worldOf({ ...recorded, policies: "" }).snapshot, options);
}

export function madeFrom(snapshot: Snapshot, options: Partial<GenerateOptions> = {}): Made {
  const generated = generate({ snapshot, options: { ...DEFAULT_OPTIONS, ...options } });
  return { snapshot, generated, text: generated.policies.map((one) => policyText(one, true)).join("---\n") };
}

/** The policies read back from their text, as the agent would get them. */
export function readBack(text: string): readonly PolicyObject[] {
  return text.trim() === "" ? [] : readInventory(readManifests(text, "generated.yaml").manifests).policies;
}

/** One policy of the result by `namespace/name`, or its name. */
export function policyNamed({ generated }: Made, name: string) {
  const found = generated.policies.find(
    ({ policy }) => name === (policy.namespace === null ? policy.name : `${policy.namespace}/${policy.name}`),
  );
  if (found === undefined)
    throw new Error(`no policy ${name} among ${generated.policies.map((one) => one.policy.name).join(", ")}`);
  return found;
}

/** The value at a path of an object: `spec.egress[0].toPorts`. */
export function at(value: Json, path: string): Json | undefined {
  return path
    .split(/[.[\]]+/)
    .filter((part) => part !== "")
    .reduce<Json | undefined>((found, part) => {
      if (Array.isArray(found)) return found[Number(part)];
      return isObject(found) ? found[part] : undefined;
    }, value);
}

/** Every rule of a policy on one side, over all its specs. */
export function rulesOf(value: JsonObject, side: "ingress" | "egress"): readonly JsonObject[] {
  const specs = [value["spec"], ...(Array.isArray(value["specs"]) ? value["specs"] : [])].filter(isObject);
  return specs.flatMap((spec) => (Array.isArray(spec[side]) ? spec[side].filter(isObject) : []));
}

/** Whether the plain engine lets one end reach another under the result alone, read back from its text. */
export function reach({
  snapshot,
  text,
}: Made): (from: End, to: End, like: Pick<Conversation, "protocol" | "port">) => boolean {
  const engine = createEngine({
    minor: snapshot.cilium.value,
    config: snapshot.config.value,
    inventory: snapshot.inventory,
    policies: readBack(text),
  });
  return (from, to, { protocol, port }) => {
    const names = { learned: [], complete: true };
    const connection = { from, to, protocol, port, icmpType: null, icmpCode: null, request: null, names };
    const { egress, ingress } = engine.decide(connection);
    return [egress, ingress].every((ruling) => ruling === null || ruling.decision === "allowed");
  };
}
