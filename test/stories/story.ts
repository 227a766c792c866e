import { createHash } from "node:crypto";
import { rehearse } from "../../src/analysis/rehearse.ts";
import { readInventory } from "../../src/decode/objects/objects.ts";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import { podEnd } from "../../src/engine/identity/identity.ts";
import type { Conversation, End, SeenRequest } from "../../src/model/conversation.ts";
import type { Inventory } from "../../src/model/objects.ts";
import { type CiliumConfig, defaultConfig } from "../../src/model/profile.ts";
import type { Rehearsal } from "../../src/model/rehearsal.ts";
import type { Snapshot } from "../../src/model/snapshot.ts";

/** What a story is told with: objects, who talked to whom, outside names, a proposal. */
export type Story = {
  readonly objects: string;
  /** One a line: `shop/web -> shop/db:5432 TCP`, `remote-node -> …`, `203.0.113.7 -> …`, `… ICMPv4 8`. */
  readonly seen: string;
  readonly policies: string;
  readonly inForce?: string;
  /** name → addresses, as a names file gives them. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly config?: Partial<CiliumConfig>;
  /** Changes the conversation of a line, by its index. */
  readonly more?: Readonly<Record<number, Partial<Conversation>>>;
};

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 20);

/** The rehearsal of a story. */
export function told(story: Story): Rehearsal {
  const { snapshot, policies, text } = worldOf(story);
  return rehearse({ snapshot, proposed: policies, only: false, sources: { "proposal.yaml": text }, all: true });
}

/** A DNS question as a proxy saw it. */
export function asked(name: string, verdict = "FORWARDED"): SeenRequest {
  return { request: { kind: "dns", name }, count: 1, verdicts: { [verdict]: 1 }, epoch: 0 };
}

export function worldOf(story: Story) {
  const read = (text: string, file: string) => readInventory(readManifests(text, file).manifests);
  const { inventory } = read(story.objects, "objects.yaml");
  const config = { ...defaultConfig("1.20"), ...story.config };
  const lines = story.seen.trim().split("\n");
  const conversations = lines.map((line, index) => ({
    ...conversationOf(line.trim(), inventory, config),
    ...story.more?.[index],
  }));
  const names = Object.entries(story.names ?? {}).map(([name, addresses]) => ({
    ...{ name, addresses, source: "file" as const, node: null, askedBy: null },
    ...{ firstSeen: null, lastSeen: null, ttlSeconds: null },
  }));
  const snapshot: Snapshot = {
    cilium: { value: "1.20", source: "the story", assumed: false },
    ciliumVersion: "1.20.2",
    config: { value: config, source: "the story", assumed: false },
    inventory,
    policies: story.inForce === undefined ? [] : read(story.inForce, "in-force.yaml").policies,
    traffic: {
      conversations,
      names,
      epochs: [],
      coverage: {
        ...{ from: START, to: START + 2 * DAY, windowSeconds: 172_800, lines: 100, flows: 100, skipped: {}, kinds: {} },
        ...{ nodes: [{ name: "n1", flows: 100, from: START, to: START + 2 * DAY }], lostEvents: 0, lostBySource: {} },
        ...{ gaps: [], otherDrops: {}, findings: [] },
      },
    },
    findings: [],
  };
  return { snapshot, policies: read(story.policies, "proposal.yaml").policies, text: story.policies };
}

const LINE = /^(\S+) -> (\S+?)(?::(\d+))? (TCP|UDP|SCTP|ICMPv4|ICMPv6)(?: (\d+))?$/;

function conversationOf(line: string, inventory: Inventory, config: CiliumConfig): Conversation {
  const [, from = "", to = "", port, protocol = "TCP", icmpType] = LINE.exec(line) ?? [];
  if (from === "") throw new Error(`not a conversation: ${line}`);
  return {
    id: createHash("sha1").update(line).digest("hex").slice(0, 12),
    from: endOf(from, inventory, config),
    to: endOf(to, inventory, config),
    protocol,
    port: port === undefined ? null : Number(port),
    icmpType: icmpType === undefined ? null : Number(icmpType),
    icmpCode: icmpType === undefined ? null : 0,
    ...{ flows: 3, recorded: { FORWARDED: 3 }, sidesSeen: ["egress"], firstSeen: START, lastSeen: START + DAY },
    ...{ hours: {}, nodes: ["n1"], examples: [], verdicts: [], requests: [], requestsDropped: 0, services: [] },
    ...{ destinationNames: [], reply: "no", openBefore: false, longestSeconds: 1, epochs: [0], notDecided: null },
  };
}

const RESERVED: Readonly<Record<string, readonly string[]>> = {
  host: ["reserved:host"],
  "remote-node": ["reserved:remote-node"],
  "kube-apiserver": ["reserved:kube-apiserver", "reserved:remote-node"],
  health: ["reserved:health"],
};

function endOf(text: string, inventory: Inventory, config: CiliumConfig): End {
  const labels = RESERVED[text];
  if (labels !== undefined) return { kind: "reserved", entity: text, labels, addresses: ["10.10.0.9"], nodes: [] };
  const pod = inventory.pods.find((one) => `${one.namespace}/${one.name}` === text);
  if (pod !== undefined) return podEnd(pod, inventory, "1.20", config);
  if (text.includes("/")) throw new Error(`no such pod: ${text}`);
  return { kind: "address", address: text, names: [], labels: ["reserved:world"] };
}

/** A pod on node n1, in one line. */
export function pod(name: string, labels: Readonly<Record<string, string>>, more = ""): string {
  const [namespace, own] = name.split("/");
  const pairs = Object.entries(labels).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `
---
apiVersion: v1
kind: Pod
metadata: {name: ${own}, namespace: ${namespace}, labels: {${pairs.join(", ")}}}
spec: {nodeName: n1${more === "" ? "" : `, ${more}`}}
`;
}

/** CoreDNS, as every cluster has it. */
export const COREDNS = pod("kube-system/coredns", { "k8s-app": "kube-dns" });

/** A CiliumNetworkPolicy from the text of its spec. */
export function cnp(name: string, spec: string): string {
  const [namespace, own] = name.split("/");
  const body = spec
    .replace(/^\n/, "")
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
  return `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: ${own}, namespace: ${namespace}}\nspec:\n${body}\n`;
}
