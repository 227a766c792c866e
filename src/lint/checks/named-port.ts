import { podEnds } from "#analysis/known-ends.ts";
import {
  clusterPort,
  clusterPorts,
  isServiceName,
  namedPort as numberOf,
  namedPortMap,
} from "#engine/identity/named-ports.ts";
import { protocolNumber, SCTP, TCP, UDP } from "#engine/rules/protocol.ts";
import { SEMANTICS } from "#engine/semantics.ts";
import type { PodEnd } from "#model/conversation.ts";
import { ruleSpec } from "../ask.ts";
import { perWorld } from "../per-world.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { type WrittenPort, writtenPorts } from "../written-ports.ts";

export const namedPort: Check = {
  id: "named-port",
  severity: "error",
  title: "a port name that has no number where the rule looks",
  why: "A port name is a container port's name on the pod that listens: the subject for ingress, the peer for egress. A rule whose name nobody there carries takes nothing, a deny rule neither. Up to Cilium 1.19 an egress name has one number in the whole cluster or none: as soon as two pods give it different ones, every such rule stops (pkg/types/portmap.go). Ports of native sidecars (init containers that restart) are not known to policy. 1.19.5 dropped all ingress by name until the agent was restarted.",
  limits: "Told where the objects show the pods with their ports and none of them carries the name.",
  needs: ["objects"],
  yieldsTo: ["knp-case", "port-text"],
  find: (world) => world.rules.flatMap((rule) => writtenPorts(rule).flatMap((port) => foundIn(world, rule, port))),
  bad: `
name: the container's port is called web
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web, ports: [{name: web, containerPort: 8080}]}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: proxy}}]
          toPorts: [{ports: [{port: http, protocol: TCP}]}]
`,
  good: `
name: as the container has it
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}, spec: {containers: [{name: web, ports: [{name: web, containerPort: 8080}]}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEndpoints: [{matchLabels: {app: proxy}}]
          toPorts: [{ports: [{port: web, protocol: TCP}]}]
`,
};

/** The release that lost every ingress rule by name (#48110). */
const BROKEN = "1.19.5";

const ports = perWorld(({ snapshot }) => clusterPorts(snapshot.inventory.pods));

function foundIn(world: LintWorld, rule: LintRule, written: WrittenPort): readonly Found[] {
  const { port, path } = written;
  if (!isServiceName(port)) return [];
  const at = { policy: rule.policy, path: `${path}.port` };
  if (rule.direction === "ingress" && world.snapshot.ciliumVersion === BROKEN) {
    const message = `Cilium ${BROKEN} drops what is let in by a port's name until the agent is restarted`;
    return [{ ...at, message, help: "write the number, or upgrade" }];
  }
  const pods = listeners(world, rule);
  const known = pods.filter((end) => end.namedPorts.length > 0);
  const name = port.toLowerCase();
  if (known.length > 0 && known.length === pods.length && !known.some((end) => carries(end, name, written))) {
    const carried = [...new Set(known.flatMap((end) => end.namedPorts.map((one) => one.name)))].filter(
      (one) => one !== "",
    );
    const message = `no pod that the rule is about has a container port named \`${port}\`: it ${rule.deny ? "denies" : "takes"} nothing`;
    const help =
      carried.length === 0
        ? "write the number"
        : `their ports are called ${carried.slice(0, 4).join(", ")}; or write the number`;
    return [{ ...at, message, help, peers: known }];
  }
  return rule.direction === "egress" ? severalNumbers(world, rule, written, known) : [];
}

/** The pods that would listen: the subjects of an ingress rule, the peers of an egress rule. */
function listeners(world: LintWorld, rule: LintRule): readonly PodEnd[] {
  if (rule.direction === "ingress") {
    const known = world.subjects(ruleSpec(rule));
    return known.isReal ? known.ends : [];
  }
  return podEnds(world.causes.ends).filter((end) => world.set.engine.selectsPeer(rule.ref, end));
}

function carries(end: PodEnd, name: string, written: WrittenPort): boolean {
  const map = namedPortMap(end.namedPorts);
  return protocolsOf(written).some((protocol) => numberOf(map, name, protocol) !== null);
}

function protocolsOf({ protocol }: WrittenPort): readonly number[] {
  return protocol === "ANY" ? [TCP, UDP, SCTP] : [protocolNumber(protocol) ?? TCP];
}

/** Before 1.20 the whole cluster shares a name's number. */
function severalNumbers(
  world: LintWorld,
  rule: LintRule,
  written: WrittenPort,
  known: readonly PodEnd[],
): readonly Found[] {
  const name = written.port.toLowerCase();
  if (SEMANTICS[world.minor].namedPortsPerIdentity) return [];
  const numbers = [...new Set((ports(world).get(name) ?? []).map(({ port }) => port))].sort((a, b) => a - b);
  if (numbers.length < 2 || protocolsOf(written).some((protocol) => clusterPort(ports(world), name, protocol) !== null))
    return [];
  const own = new Set(
    known.flatMap((end) => end.namedPorts.filter((one) => one.name === name).map(({ port }) => port)),
  );
  const [only] = own;
  return [
    {
      ...{ policy: rule.policy, path: `${written.path}.port` },
      message: `port name \`${written.port}\` has several numbers in the cluster (${numbers.slice(0, 4).join(", ")}), so before Cilium 1.20 it has none: the rule ${rule.deny ? "denies" : "allows"} nothing`,
      help: own.size === 1 ? `write ${only ?? ""}` : "write the numbers",
      steps:
        own.size === 1 && only !== undefined
          ? [
              {
                policy: rule.ref.policy,
                path: `${written.path}.port`,
                op: "replace",
                value: rule.policy.kind === "NetworkPolicy" ? only : String(only),
              },
            ]
          : [],
    },
  ];
}
