import type { End } from "#model/conversation.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import type { CauseWorld, Denial } from "./cause.ts";
import type { EditStep } from "./edits/edit-step.ts";
import { itemsAt } from "./element.ts";
import { connectionToResolver } from "./learned-names.ts";
import { policyToEdit } from "./nearest-rule.ts";

const EVERY_NAME = { dns: [{ matchPattern: "*" }] };

/** What sends the subject's DNS through Cilium's proxy: `rules.dns` on the rule that lets it ask, else a rule of its own. */
export function dnsProxySteps(denial: Denial, world: CauseWorld): readonly EditStep[] {
  const existing = openDnsEntries(denial.subject, world)[0];
  return existing === undefined ? newDnsRule(denial, world) : [existing];
}

/** The toPorts entries by which the subject may ask its resolver unproxied, each as the edit that gives it `rules.dns`. */
export function openDnsEntries(subject: End, world: CauseWorld): readonly EditStep[] {
  return world.names.resolvers(subject).flatMap((resolver) => {
    const walk = world.engine.walk(connectionToResolver(subject, resolver), "egress");
    const open = walk.candidates.filter((candidate) => candidate.fails === "none" && !candidate.deny);
    return open.flatMap((candidate) =>
      entriesWithoutRules(world, candidate.rule.policy, elementPath(candidate.rule.element), resolver.port),
    );
  });
}

function entriesWithoutRules(world: CauseWorld, policy: string, path: string, port: number): readonly EditStep[] {
  const found = world.policies.get(policy);
  if (found === undefined || found.kind === "NetworkPolicy") return [];
  return itemsAt(found.value, `${path}.toPorts`)
    .filter(
      (entry) => isObject(entry.value) && entry.value["rules"] === undefined && speaksOf(found.value, entry.path, port),
    )
    .map((entry) => ({ policy, path: entry.path, op: "set", key: "rules", value: EVERY_NAME }));
}

function speaksOf(value: Json, path: string, port: number): boolean {
  return itemsAt(value, `${path}.ports`).some((entry) => isObject(entry.value) && Number(entry.value["port"]) === port);
}

function newDnsRule(denial: Denial, world: CauseWorld): readonly EditStep[] {
  const target = policyToEdit({ ...denial, side: "egress" }, world);
  if (target === null) return [];
  return [{ policy: target.policy, path: target.list, op: "append", value: resolverRule() }];
}

/** The rule that lets everybody ask the cluster's resolver through the DNS proxy, over UDP and TCP. */
export function resolverRule(): JsonObject {
  return {
    toEndpoints: [{ matchLabels: { "k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns" } }],
    toPorts: [{ ports: [{ port: "53", protocol: "ANY" }], rules: EVERY_NAME }],
  };
}
