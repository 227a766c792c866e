import { clusterPort, clusterPorts, type ClusterPorts, isServiceName } from "#engine/identity/named-ports.ts";
import { protocolNumber, SCTP, TCP, UDP } from "#engine/rules/protocol.ts";
import { SEMANTICS } from "#engine/semantics.ts";
import { isObject, type Json } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { Surprise, SurpriseFound, SurpriseWorld } from "./surprise.ts";
import { itemsOf, type WrittenRule, writtenRules } from "./written-rules.ts";

/**
 * Port names that have no number where the rule looks: such a rule does nothing, a deny rule too. Before 1.20 an egress
 * name has one number in the whole cluster or none; from 1.20 on it is that of each peer. Upstream: pkg/types/portmap.go.
 */
export const namedPort: Surprise = {
  id: "named-port",
  find(policy, world) {
    const ports = clusterPorts(world.inventory.pods);
    return writtenRules(policy).flatMap((rule) =>
      namesOf(rule).flatMap((named) => found(named, { policy, rule, ports, world })),
    );
  },
};

type Named = { readonly name: string; readonly protocol: string };
type Place = {
  readonly policy: PolicyObject;
  readonly rule: WrittenRule;
  readonly ports: ClusterPorts;
  readonly world: SurpriseWorld;
};

function namesOf({ value }: WrittenRule): readonly Named[] {
  const lists = itemsOf(value["toPorts"]).map((item) => (isObject(item) ? item["ports"] : undefined));
  return [...lists, value["ports"]].flatMap((list) => itemsOf(list).flatMap(nameOf));
}

function nameOf(port: Json): readonly Named[] {
  if (!isObject(port) || typeof port["port"] !== "string" || !isServiceName(port["port"])) return [];
  return [{ name: port["port"], protocol: String(port["protocol"] ?? "ANY") }];
}

function found(named: Named, { policy, rule, ports, world }: Place): readonly SurpriseFound[] {
  const semantics = SEMANTICS[world.minor];
  const fails = (sentence: string): readonly SurpriseFound[] => [{ rule: rule.ref, when: "unresolved", sentence }];
  const keepsCase = policy.kind === "NetworkPolicy" && !semantics.knpSanitized;
  if (keepsCase && named.name !== named.name.toLowerCase()) {
    const lower = named.name.toLowerCase();
    return fails(
      `port name \`${named.name}\` never matches: from Cilium 1.19 on names are compared as written with \`${lower}\``,
    );
  }
  if (/^0x[0-9a-f]+$/i.test(named.name)) return fails(`\`${named.name}\` is read as a port's name, never as a number`);
  if (rule.direction === "ingress") return [];
  const name = named.name.toLowerCase();
  if (semantics.namedPortsPerIdentity) {
    return fails(`port name \`${name}\` counts only for peers that carry it: pods with a container port of that name`);
  }
  const protocols = named.protocol === "ANY" ? [TCP, UDP, SCTP] : [protocolNumber(named.protocol) ?? TCP];
  if (protocols.some((protocol) => clusterPort(ports, name, protocol) !== null)) return [];
  const numbers = [...new Set((ports.get(name) ?? []).map(({ port }) => port))].sort((a, b) => a - b);
  const effect = rule.deny ? "this rule denies nothing" : "this rule allows nothing";
  return numbers.length === 0
    ? fails(`no pod of the cluster names a port \`${name}\`: ${effect}`)
    : fails(
        `port name \`${name}\` has several numbers in the cluster (${numbers.join(", ")}), so it has none: ${effect}`,
      );
}
