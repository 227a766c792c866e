import type { Finding } from "#model/finding.ts";
import { UserError } from "#model/finding.ts";
import type { Json, JsonObject } from "#model/json.ts";
import { NAMESPACE_LABEL } from "#model/labels.ts";
import { policyObject } from "./assemble.ts";
import { resolversOf, toResolver } from "./baseline.ts";
import type { PolicyObject } from "#model/policy.ts";
import { scoped } from "./cilium-rule.ts";
import { isSystem } from "./infrastructure-namespaces.ts";
import type { Stage } from "./stage.ts";
import { isolatedDirections } from "#analysis/isolation.ts";

const NAMESPACE_KEY = `k8s:${NAMESPACE_LABEL}`;

export type Visibility = {
  readonly policy: PolicyObject;
  readonly notes: readonly string[];
  readonly findings: readonly Finding[];
};

/**
 * The policy before all policies: DNS (and with `l7` HTTP on ports that are named so) goes through Cilium's proxies, so
 * that names and requests show in Hubble, and nothing is closed. `enableDefaultDeny` exists since 1.16, and with L7 rules
 * works as meant since 1.18; before, the same is said by allowing everything beside.
 */
export function visibilityPolicy(stage: Stage): Visibility {
  const { snapshot, options } = stage;
  if (options.kind === "knp") {
    throw new UserError("bad-arguments", "a NetworkPolicy makes nothing visible: it has no DNS and HTTP rules", {
      help: "leave --kind away: the policy is a CiliumClusterwideNetworkPolicy",
    });
  }
  if (!snapshot.config.value.enableL7Proxy) {
    throw new UserError(
      "no-l7-proxy",
      "the agent has no L7 proxy (enable-l7-proxy is false): nothing can be made visible",
      {
        help: "set l7Proxy: true in Cilium's Helm values first",
      },
    );
  }
  const release = releaseOf(snapshot.ciliumVersion);
  const canOpen = release >= 1018 && snapshot.config.value.enableNonDefaultDenyPolicies;
  const egress: Json[] = [
    ...resolversOf(stage).map((one) => toResolver(one)),
    ...(canOpen ? [] : [{ toEntities: ["all"] }]),
  ];
  const ingress: Json[] = options.l7 ? httpRules(stage, canOpen) : [];
  const body: JsonObject = {
    spec: {
      description: "makes DNS visible and closes nothing",
      endpointSelector: applicationPods(stage),
      ...(canOpen ? { enableDefaultDeny: { ingress: false, egress: false } } : {}),
      ...(ingress.length === 0 ? {} : { ingress }),
      egress,
    },
  };
  const policy = policyObject({ kind: "ccnp", namespace: "", name: "visibility", body });
  return { policy, notes: notesOf(canOpen, snapshot.ciliumVersion), findings: closedAlready(stage) };
}

/** `1.18.3` as 1018. */
function releaseOf(version: string): number {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major ?? 1) * 1000 + Number(minor ?? 20);
}

/** Every pod but the cluster's own: the resolver itself asks outside, and must not wait for a proxy that asks it. */
function applicationPods({ groups, options }: Stage): JsonObject {
  if (options.namespaces.length > 0) {
    return scoped(options.namespaces, { labels: {}, absent: [], oneOf: {} }, null);
  }
  const system = ["kube-system", ...groups.all.map((group) => group.namespace).filter(isSystem)];
  return {
    matchExpressions: [
      { key: NAMESPACE_KEY, operator: "Exists" },
      { key: NAMESPACE_KEY, operator: "NotIn", values: [...new Set(system)].sort() },
    ],
  };
}

/** Ports that pods themselves call HTTP, all of them that declare the number: a proxy would break what is no HTTP. */
function httpRules({ groups }: Stage, canOpen: boolean): Json[] {
  const application = groups.all.filter((group) => !isSystem(group.namespace));
  const named = application.flatMap((group) => group.ends.flatMap((end) => end.namedPorts));
  const isHttp = (name: string) => /^http(?!s)/.test(name);
  const others = new Set(named.filter((one) => !isHttp(one.name)).map((one) => one.port));
  const http = named.filter((one) => one.protocol === "TCP" && isHttp(one.name) && !others.has(one.port));
  const ports = [...new Set(http.map((one) => one.port))];
  const sorted = ports.sort((a, b) => a - b).slice(0, 40);
  if (sorted.length === 0) return [];
  const everybody = canOpen ? {} : { fromEntities: ["all"] };
  const written = sorted.map((port) => ({ port: String(port), protocol: "TCP" }));
  return [
    { ...everybody, toPorts: [{ ports: written, rules: { http: [{}] } }] },
    ...(canOpen ? [] : [{ fromEntities: ["all"] }]),
  ];
}

function notesOf(canOpen: boolean, version: string): readonly string[] {
  const how = canOpen
    ? `enableDefaultDeny: false closes nothing (Cilium ${version}; the field exists since 1.16, and is sound with L7 rules since 1.18)`
    : `Cilium ${version} has no sound enableDefaultDeny: everything is allowed beside, which also opens what other policies close`;
  return [
    how,
    "DNS goes through the agent: questions wait while it restarts. Delete this policy once names are in the rules of others",
  ];
}

/** Where policies close a pod already, a visibility policy adds an allowance: said. */
function closedAlready({ snapshot, groups, inForce }: Stage): readonly Finding[] {
  if (snapshot.policies.length === 0) return [];
  const closed = groups.all.filter(
    (group) =>
      !isSystem(group.namespace) &&
      group.ends.some((end) => isolatedDirections(inForce.engine, end).includes("egress")),
  );
  if (closed.length === 0) return [];
  const message = `policies in force close the egress of ${closed.length} workloads: for them this allows DNS as well, as any policy would`;
  return [{ id: "visibility-allows-dns", severity: "info", message }];
}
