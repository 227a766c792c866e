import type { Candidate } from "#model/connection.ts";
import { elementPath } from "#model/policy.ts";
import { allowRules, type Cause, type CauseWorld, type Denial } from "../cause.ts";
import type { EditStep } from "../edits/edit-step.ts";
import { podsOf, servicesOf } from "../pod-facts.ts";

const NODES = ["host", "remote-node", "kube-apiserver"];

/**
 * The API server's calls to a webhook arrive from its node: as remote-node, with kube-apiserver only where Cilium knows
 * that node for one; a rule for another node entity does not take them.
 */
export const webhookIngress: Cause = {
  id: "webhook-ingress",
  explain(denial, world) {
    if (!isNode(denial) || denial.side !== "ingress" || !isWebhook(denial, world)) return null;
    const rule = entityRule(denial, world);
    return {
      sentence: `the API server calls this webhook from ${entity(denial)}; ${rule === null ? "no rule admits it" : "the rule names another entity"}`,
      nearest: rule?.rule ?? null,
      steps: rule === null ? [] : [addEntity(denial, rule)],
    };
  },
};

/** A rule names host, remote-node or kube-apiserver, and the traffic comes from another of the three. */
export const nodeEntity: Cause = {
  id: "node-entity",
  explain(denial, world) {
    const rule = isNode(denial) ? entityRule(denial, world) : null;
    if (rule === null) return null;
    return {
      sentence: `the rule names another entity: this peer is ${entity(denial)}, and host means the pod's own node only`,
      nearest: rule.rule,
      steps: [addEntity(denial, rule)],
    };
  },
};

function isNode(denial: Denial): boolean {
  return denial.refused.length === 0 && denial.peer.kind === "reserved" && NODES.includes(denial.peer.entity);
}

function entity(denial: Denial): string {
  return denial.peer.kind === "reserved" ? denial.peer.entity : "";
}

/**
 * The allow rule for this port that names entities, none of which is the peer's. One of a namespaced policy first: what is
 * added to a cluster-wide one opens every pod that it selects.
 */
function entityRule(denial: Denial, world: CauseWorld): Candidate | null {
  const field = denial.side === "egress" ? "toEntities" : "fromEntities";
  const rules = allowRules(denial, [field]).filter((rule) => rule.portMatches && !rule.peerMatches);
  const own = rules.find((rule) => world.policies.get(rule.rule.policy)?.namespace !== null);
  return own ?? rules[0] ?? null;
}

function addEntity(denial: Denial, rule: Candidate): EditStep {
  const path = `${elementPath(rule.rule.element)}.${rule.peerField ?? ""}`;
  return { policy: rule.rule.policy, path, op: "append", value: entity(denial) };
}

/** The destination serves what the API server calls: named by a webhook configuration, or by its own port or name. */
function isWebhook(denial: Denial, world: CauseWorld): boolean {
  const { to, port } = denial.conversation;
  if (to.kind !== "pod") return false;
  const services = servicesOf(to, world.snapshot);
  const called = world.snapshot.inventory.webhooks.flatMap((webhook) => webhook.services);
  if (called.some((call) => services.some((one) => one.namespace === call.namespace && one.name === call.name)))
    return true;
  const ports = [...to.namedPorts, ...podsOf(to, world.snapshot).flatMap((pod) => pod.ports)];
  const names = ports.filter((one) => one.port === port).map((one) => one.name);
  return [...names, to.workload?.name ?? "", ...to.pods].some((name) => name.includes("webhook"));
}
