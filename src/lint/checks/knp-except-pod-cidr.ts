import { covers, parsePrefix } from "#engine/identity/cidr.ts";
import type { Check, Found } from "../check.ts";
import type { LintRule, LintWorld } from "../lint-world.ts";
import { writtenCidrs } from "../written-cidrs.ts";

export const knpExceptPodCidr: Check = {
  id: "knp-except-pod-cidr",
  severity: "info",
  title: "pod addresses excepted from an ipBlock",
  why: "Written for plugins that compare addresses. With Cilium an `ipBlock` takes only what has no identity of the cluster: pods and nodes are never in it, so excepting their CIDR changes nothing, and does not deny them either.",
  limits: "Needs the pod CIDRs of the cluster's nodes. Silent where `policyCIDRMatchMode` makes pods match.",
  needs: ["objects"],
  find: (world) =>
    world.config.policyCIDRMatchMode.includes("pods") ? [] : world.rules.flatMap((rule) => foundIn(world, rule)),
  bad: `
name: the pod CIDR is excepted
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}, spec: {podCIDRs: [10.42.0.0/24]}}
  - apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: web}}
      policyTypes: [Egress]
      egress:
        - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.42.0.0/24]}}]
`,
  good: `
name: another network is excepted
objects:
  - {apiVersion: v1, kind: Node, metadata: {name: node-1}, spec: {podCIDRs: [10.42.0.0/24]}}
  - apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: web}}
      policyTypes: [Egress]
      egress:
        - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]
`,
};

function foundIn({ snapshot: { inventory } }: LintWorld, rule: LintRule): readonly Found[] {
  if (rule.policy.kind !== "NetworkPolicy" || rule.deny) return [];
  const own = [...inventory.nodes, ...inventory.ciliumNodes].flatMap(({ podCIDRs }) => podCIDRs);
  return writtenCidrs(rule).flatMap(({ except }) =>
    except.flatMap(({ path, cidr }): readonly Found[] => {
      const inner = parsePrefix(cidr);
      const isPods = own.some((text) => {
        const outer = parsePrefix(text);
        return inner !== null && outer !== null && covers(outer, inner);
      });
      const message = `${cidr} are pod addresses: an ipBlock never takes pods with Cilium, so excepting them changes nothing`;
      return isPods
        ? [{ policy: rule.policy, path, message, help: "leave it out; to deny pods write a rule for pods" }]
        : [];
    }),
  );
}
