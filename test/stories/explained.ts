import { explain } from "../../src/analysis/explain/explain.ts";
import { readQuestion } from "../../src/analysis/explain/read-question.ts";
import { readInventory } from "../../src/decode/objects/objects.ts";
import { nearestName } from "../../src/decode/nearest.ts";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import type { L7Request } from "../../src/model/conversation.ts";
import type { Explanation } from "../../src/model/explanation.ts";
import { type CiliumConfig, type CiliumMinor, defaultConfig } from "../../src/model/profile.ts";
import { worldOf } from "./story.ts";

/** A connection asked about: objects, policies of a file `policy.yaml`, who to whom. */
export type Asked = {
  readonly objects: string;
  readonly policies: string;
  readonly from: string;
  readonly to: string;
  /** `443`, `53/UDP`, or `icmp 8`. */
  readonly port: string;
  readonly minor?: CiliumMinor;
  readonly config?: Partial<CiliumConfig>;
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly request?: L7Request;
  readonly serverName?: string;
};

/** The explanation of one connection, told from texts alone. */
export function explained(asked: Asked): Explanation {
  const minor = asked.minor ?? "1.20";
  const { objects, policies, names = {}, request = null, serverName = null } = asked;
  const config = { ...defaultConfig(minor), ...asked.config };
  const { snapshot: told } = worldOf({ objects, policies, seen: "192.0.2.1 -> 192.0.2.2:1 TCP", names });
  const { inventory } = readInventory(readManifests(objects, "objects.yaml").manifests);
  const snapshot = {
    ...told,
    inventory,
    cilium: { value: minor, source: "the story", assumed: false },
    config: { value: config, source: "the story", assumed: false },
    traffic: { ...told.traffic, conversations: [] },
  };
  const proposed = readInventory(readManifests(policies, "policy.yaml").manifests).policies;
  const icmp = /^icmp (\d+)$/.exec(asked.port)?.[1] ?? null;
  const typed = { from: asked.from, to: asked.to, port: icmp === null ? asked.port : null, icmp, request, serverName };
  const question = readQuestion(typed, 0, snapshot, nearestName);
  const sources = { "policy.yaml": policies };
  const { explanations } = explain({ snapshot, proposed, only: false, sources, questions: [question] });
  const [first] = explanations;
  if (first === undefined) throw new Error("no explanation");
  return first;
}

/** The surprises of both sides. */
export function surprisesIn({ egress, ingress }: Explanation) {
  return [...(egress?.surprises ?? []), ...(ingress?.surprises ?? [])];
}
