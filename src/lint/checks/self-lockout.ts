import { podEnds } from "#analysis/known-ends.ts";
import type { AddressEnd, End, PodEnd } from "#model/conversation.ts";
import { elementPath, type PolicyObject } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import { isDeployer, isObserver, needsApiServer } from "../deployers.ts";
import { isIsolated } from "../isolation-memo.ts";
import type { LintWorld } from "../lint-world.ts";
import { aboutDenials, grouped, lintedDenials } from "../newly-denied.ts";
import { nodeEnd, OUTSIDE, probe } from "../probe.ts";
import { lintedByName } from "../per-world.ts";

export const selfLockout: Check = {
  id: "self-lockout",
  severity: "error",
  title: "the policies cut off what would roll them back",
  why: "Argo CD, Flux and Fleet apply policies and take them back; both need the API server, their own repositories, cache and DNS. A set that denies one of these paths can be rolled out and not rolled back from git: somebody has to delete policies by hand. Without Hubble Relay nobody sees what broke.",
  limits:
    "Known by the labels of the usual charts. With objects: a controller isolated on egress with no rule that takes the API server in any of its identities. With flows: what the set denies of what they asked for.",
  needs: [],
  find: (world) => {
    const recorded = seen(world);
    const told = new Set(recorded.flatMap(({ subjects = [] }) => subjects));
    return [...recorded, ...withoutApi(world, told)];
  },
  bad: `
name: Argo CD without the API server
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: argocd-application-controller-0, namespace: argocd, labels: {app.kubernetes.io/name: argocd-application-controller}}, spec: {containers: [{name: controller}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: argocd, namespace: argocd}
    spec:
      endpointSelector: {}
      egress:
        - toEndpoints: [{}]
`,
  good: `
name: with the API server
objects:
  - {apiVersion: v1, kind: Pod, metadata: {name: argocd-application-controller-0, namespace: argocd, labels: {app.kubernetes.io/name: argocd-application-controller}}, spec: {containers: [{name: controller}]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: argocd, namespace: argocd}
    spec:
      endpointSelector: {}
      egress:
        - toEndpoints: [{}]
        - toEntities: [kube-apiserver]
`,
};

const HELP = "allow it before you apply the rest, and keep a way to delete policies by hand";

function seen(world: LintWorld): readonly Found[] {
  const cut = lintedDenials(world).filter(({ denied }) => {
    const { from } = denied.denial.conversation;
    return denied.cause !== "deny-rule" && (isDeployer(from) || isObserver(from));
  });
  return grouped(cut).map((group) => {
    const [{ denied, policy, path }] = group;
    const message = `what would roll the policies back, or show what they break, is cut off: ${denied.sentence}`;
    return { policy, path, message, help: HELP, ...aboutDenials(group) };
  });
}

/** Controllers of the objects for which no egress rule takes the API server. */
function withoutApi(world: LintWorld, told: ReadonlySet<End>): readonly Found[] {
  const linted = lintedByName(world);
  const groups = new Map<PolicyObject, { path: string; readonly ends: PodEnd[] }>();
  for (const end of podEnds(world.causes.ends)) {
    if (told.has(end) || !needsApiServer(end) || !isIsolated(world, end, "egress")) continue;
    if (apiServers(world).some((api) => mayReach(end, api, world))) continue;
    const walk = world.set.engine.walk(probe(end, nodeEnd(true), { port: 6443 }), "egress");
    const rule = walk.defaultDeny.find((one) => linted.has(one.policy));
    const policy = rule === undefined ? undefined : linted.get(rule.policy);
    if (rule === undefined || policy === undefined) continue;
    const group = groups.get(policy) ?? {
      path: elementPath(rule.element).replace(/(?:Deny)?\[\d+\].*$/, ""),
      ends: [],
    };
    group.ends.push(end);
    groups.set(policy, group);
  }
  const message =
    "no rule lets the GitOps controller reach the API server: it can apply these policies and not take them back";
  return [...groups].map(([policy, { path, ends }]) => ({ policy, path, message, help: HELP, subjects: ends }));
}

/** As what the API server may be met: its node, another one, an address outside, with and without its entity. */
function apiServers({ snapshot }: LintWorld): readonly End[] {
  const slices = snapshot.inventory.endpointSlices.filter(
    (one) => one.namespace === "default" && one.service === "kubernetes",
  );
  const addresses = slices.flatMap((one) => one.addresses).slice(0, 4);
  const outside: readonly AddressEnd[] = (addresses.length === 0 ? [OUTSIDE.address] : addresses).map((address) => ({
    ...OUTSIDE,
    address,
  }));
  const external: End = { ...nodeEnd(true), labels: ["reserved:kube-apiserver", "reserved:world"] };
  const host: End = { ...nodeEnd(true), entity: "host", labels: ["reserved:host"] };
  return [nodeEnd(true), nodeEnd(false), external, host, ...outside];
}

function mayReach(end: PodEnd, api: End, world: LintWorld): boolean {
  const { candidates } = world.set.engine.walk(probe(end, api, { port: 6443 }), "egress");
  return candidates.some(
    (one) =>
      !one.deny &&
      (one.peerMatches ||
        one.peerField === "toServices" ||
        one.peerField === "toFQDNs" ||
        /CIDR/.test(one.peerField ?? "")),
  );
}
