import type { Candidate } from "#model/connection.ts";
import type { End } from "#model/conversation.ts";
import { isObject, type Json } from "#model/json.ts";
import type { ExplainedSide, ExplainStage } from "./stage.ts";

type Rule = { readonly candidate: Candidate; readonly written: Json | undefined };
type Words = { readonly asks: string; readonly found: string; readonly note: string | null };

/** Peers by entity, address, name or Service: what they ask, and what the peer is instead. */
export function addressClause({ candidate, written }: Rule, side: ExplainedSide, stage: ExplainStage): Words {
  const asks = itemsWords(written);
  if (candidate.peerMatches) return { asks, found: "", note: null };
  const field = candidate.peerField ?? "";
  if (field.endsWith("FQDNs")) return { asks, ...nameWords(side, stage) };
  if (field.includes("CIDR") || isObject(firstOf(written)?.["ipBlock"])) return { asks, ...cidrWords(side, stage) };
  return { asks, found: endWords(side.peer), note: entityNote(field, side.peer) };
}

function firstOf(written: Json | undefined) {
  const [first] = Array.isArray(written) ? written : [];
  return isObject(first) ? first : undefined;
}

/** The items of a list of peers, at most three: `host, world`, `10.0.0.0/8 without 10.1.0.0/16`, `*.github.com`. */
function itemsWords(written: Json | undefined): string {
  const items = (Array.isArray(written) ? written : []).map(itemWords);
  return items.length > 3 ? `${items.slice(0, 3).join(", ")} and ${items.length - 3} more` : items.join(", ");
}

function itemWords(item: Json): string {
  if (!isObject(item)) return String(item);
  const block = item["ipBlock"];
  if (isObject(block)) return itemWords(block);
  const except =
    Array.isArray(item["except"]) && item["except"].length > 0 ? ` without ${item["except"].join(", ")}` : "";
  const service = isObject(item["k8sService"]) ? item["k8sService"] : undefined;
  if (service !== undefined)
    return `Service ${String(service["namespace"] ?? "")}/${String(service["serviceName"] ?? "")}`;
  const text = item["matchName"] ?? item["matchPattern"] ?? item["cidr"] ?? item["cidrGroupRef"];
  return text === undefined ? JSON.stringify(item) : `${String(text)}${except}`;
}

function nameWords({ conversation, subject, peer }: ExplainedSide, { set, world }: ExplainStage): Omit<Words, "asks"> {
  if (peer.kind !== "address")
    return { found: endWords(peer), note: "toFQDNs takes addresses outside the cluster alone" };
  const { learned, missing } = set.names.of(conversation.from, conversation.to, conversation);
  if (learned.length > 0) return { found: learned.join(", "), note: null };
  const known = world.facts.byAddress.get(peer.address) ?? [];
  if (known.length === 0) return { found: `no name known for ${peer.address}`, note: null };
  if (missing !== undefined) return { found: `${known.join(", ")}, not learned`, note: missing.what };
  const isProxied = set.names.isProxied(subject);
  const why = isProxied
    ? "its DNS rules do not let it ask for that name"
    : "its DNS questions pass no DNS rule, so Cilium learns no name";
  return { found: `${known.join(", ")}, not learned`, note: why };
}

function cidrWords({ peer }: ExplainedSide, { world }: ExplainStage): Omit<Words, "asks"> {
  const modes = world.snapshot.config.value.policyCIDRMatchMode;
  if (peer.kind === "pod" && !modes.includes("pods"))
    return { found: endWords(peer), note: "CIDR rules never take pods: select them by labels" };
  if (peer.kind === "reserved" && !modes.includes("nodes"))
    return { found: endWords(peer), note: "CIDR rules take no nodes: name an entity" };
  return { found: peer.kind === "address" ? peer.address : endWords(peer), note: null };
}

function entityNote(field: string, peer: End): string | null {
  if (!field.endsWith("Entities") || peer.kind !== "reserved") return null;
  return peer.entity === "remote-node" ? "host is the pod's own node; other nodes are remote-node" : null;
}

/** Who the peer is, as rules see it: `pod shop/web`, `remote-node`, `outside the cluster`. */
export function endWords(end: End): string {
  switch (end.kind) {
    case "pod":
      return `a pod of ${end.namespace}`;
    case "reserved":
      return end.entity;
    case "address":
      return `${end.address}, outside the cluster`;
    case "unknown":
      return `unknown: ${end.reason}`;
  }
}
