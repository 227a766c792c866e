import type { Json, JsonObject } from "#model/json.ts";
import { checkBuiltCidr } from "./built-selectors.ts";
import { checkCidrRule } from "./cidr.ts";
import { isSet, listOf, numberOf, structOf, structsOf, textOf, textsOf } from "./fields.ts";
import { checkCombination, FROM, TO } from "./peers.ts";
import { checkPort, checkProtocol } from "./ports.ts";
import { firstRejection, type Rejection } from "./rejection.ts";
import { checkSelector, type Selector, selectorOf } from "./selector.ts";
import type { Agent } from "./versions.ts";

// A Kubernetes NetworkPolicy. Upstream: pkg/k8s/network_policy.go ParseNetworkPolicy. Until 1.18 it becomes a Cilium rule
// that is sanitized like any other; from 1.19 on it becomes policy entries, and only protocols and addresses are looked
// at. The API server validates these objects well, so hardly any of this is met on a cluster.

export function checkNetworkPolicy(policy: JsonObject, namespace: string, agent: Agent): Rejection | null {
  const spec = structOf(policy, "spec") ?? {};
  return agent.differs.networkPolicy === "entries"
    ? checkEntries(spec, agent)
    : checkAsRule(spec, { agent, namespace, cluster: clusterOf(agent) });
}

/** The cluster that peers without a cluster label are bound to; "" binds to none. */
function clusterOf(agent: Agent): string {
  return agent.config.policyDefaultLocalCluster ? agent.config.clusterName : "";
}

type Section = { readonly rules: string; readonly peers: string };
const SECTIONS: readonly Section[] = [
  { rules: "ingress", peers: "from" },
  { rules: "egress", peers: "to" },
];

function checkEntries(spec: JsonObject, agent: Agent): Rejection | null {
  return firstRejection(SECTIONS, ({ rules, peers }) =>
    firstRejection(structsOf(spec, rules), (rule, index) => {
      const path = `spec.${rules}[${index}]`;
      return (
        firstRejection(structsOf(rule, peers), (peer, at) => checkBlock(peer, `${path}.${peers}[${at}]`)) ??
        firstRejection(structsOf(rule, "ports"), (port, at) =>
          checkProtocol(protocolOf(port), `${path}.ports[${at}].protocol`, agent),
        )
      );
    }),
  );
}

/** A block beside selectors wins: the selectors are not read. */
function checkBlock(peer: JsonObject, path: string): Rejection | null {
  const block = structOf(peer, "ipBlock");
  return block === null ? null : checkBuiltCidr(textOf(block, "cidr"), textsOf(block, "except"), `${path}.ipBlock`);
}

/** TCP when absent; "" when written so, which is any protocol. */
function protocolOf(port: JsonObject): string {
  return isSet(port, "protocol") ? textOf(port, "protocol") : "TCP";
}

type World = { readonly agent: Agent; readonly namespace: string; readonly cluster: string };

function checkAsRule(spec: JsonObject, world: World): Rejection | null {
  const subject = podSelector(structOf(spec, "podSelector") ?? {}, "spec.podSelector", world.namespace);
  return (
    checkSelector(subject, world.agent) ??
    firstRejection(SECTIONS, (section) =>
      firstRejection(structsOf(spec, section.rules), (rule, index) =>
        checkAsRules(rule, section, `spec.${section.rules}[${index}]`, world),
      ),
    )
  );
}

/** Each peer becomes a rule of its own with all the ports; no peer at all, one rule for everybody. */
function checkAsRules(rule: JsonObject, section: Section, path: string, world: World): Rejection | null {
  const peers = structsOf(rule, section.peers);
  if (peers.length === 0) return checkPorts(rule, path, world.agent);
  return firstRejection(
    peers,
    (peer, index) =>
      checkPeer(peer, section, `${path}.${section.peers}[${index}]`, world) ?? checkPorts(rule, path, world.agent),
  );
}

/**
 * A peer. The trap: with policy-default-local-cluster an ingress peer gets a selector for its cluster even if it is a
 * block, and a selector and a block together are refused.
 */
function checkPeer(peer: JsonObject, section: Section, path: string, world: World): Rejection | null {
  const selector = peerSelector(peer, section, path, world);
  const block = structOf(peer, "ipBlock");
  const fields = section.rules === "ingress" ? FROM : TO;
  const members: Record<string, Json> = {};
  if (selector !== null) members[fields.endpoints] = [{}];
  if (block !== null) members[fields.cidrSet] = [block];
  const combined = checkCombination(members, fields, path);
  if (combined !== null) {
    const help =
      "write the ipBlock as a peer of its own; on ingress, this version combines every ipBlock with the cluster's own selector while policy-default-local-cluster is set";
    return { ...combined, help, path };
  }
  return (
    (selector === null ? null : checkSelector(selector, world.agent)) ??
    (block === null ? null : checkCidrRule(block, `${path}.ipBlock`, world.agent))
  );
}

const CLUSTER_LABEL = "io.cilium.k8s.policy.cluster";
const NAMESPACE_LABEL = "io.kubernetes.pod.namespace";
const NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels";

/** Upstream: parseNetworkPolicyPeer; egress calls it only for a peer with a selector. */
function peerSelector(peer: JsonObject, section: Section, path: string, world: World): Selector | null {
  const pods = structOf(peer, "podSelector");
  const namespaces = structOf(peer, "namespaceSelector");
  if (pods === null && namespaces === null && (world.cluster === "" || section.rules === "egress")) return null;
  const podPart = withCluster(pods ?? {}, `${path}.podSelector`, world.cluster);
  if (namespaces === null) return withLabel(podPart, NAMESPACE_LABEL, world.namespace, path);
  const nsPart = selectorOf(namespaces, `${path}.namespaceSelector`, (key) => `k8s.${NAMESPACE_LABELS}.${key}`);
  return {
    labels: [...nsPart.labels, ...podPart.labels],
    expressions: [...namespaceExpressions(nsPart, path), ...podPart.expressions],
  };
}

/** An empty namespace selector is "has a namespace". */
function namespaceExpressions(selector: Selector, path: string): Selector["expressions"] {
  if (selector.labels.length > 0 || selector.expressions.length > 0) return selector.expressions;
  return [{ key: `k8s.${NAMESPACE_LABEL}`, operator: "Exists", values: [], path: `${path}.namespaceSelector` }];
}

function withCluster(pods: JsonObject, path: string, cluster: string): Selector {
  const selector = selectorOf(pods, path, k8sKey);
  const key = k8sKey(CLUSTER_LABEL);
  const chosen =
    selector.labels.some((label) => label.key === key && label.value !== "") ||
    selector.expressions.some((expression) => expression.key === key);
  return cluster === "" || chosen ? selector : withLabel(selector, CLUSTER_LABEL, cluster, path);
}

function podSelector(pods: JsonObject, path: string, namespace: string): Selector {
  return withLabel(selectorOf(pods, path, k8sKey), NAMESPACE_LABEL, namespace, path);
}

function withLabel(selector: Selector, label: string, value: string, path: string): Selector {
  const key = k8sKey(label);
  return { ...selector, labels: [...selector.labels.filter((each) => each.key !== key), { key, value, path }] };
}

function k8sKey(key: string): string {
  return `k8s.${key}`;
}

/** Ports as Cilium's own: strings, "0" when absent. Upstream 1.18: parsePorts, whose protocol errors Sanitize repeats. */
function checkPorts(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  return firstRejection(listOf(rule, "ports"), (_, index) => {
    const port = structsOf(rule, "ports")[index] ?? {};
    const number = port["port"];
    const ciliumPort = {
      port: number === undefined ? "0" : String(number),
      endPort: numberOf(port, "endPort"),
      protocol: protocolOf(port),
    };
    return checkPort(ciliumPort, `${path}.ports[${index}]`, false, agent);
  });
}
