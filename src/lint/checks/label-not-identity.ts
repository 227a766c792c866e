import { bareKey } from "#analysis/selector-text.ts";
import { itemsOf } from "#analysis/surprises/written-rules.ts";
import { podLabelFilter } from "#engine/selector/label-filter.ts";
import { isObject, type Json } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";

export const labelNotIdentity: Check = {
  id: "label-not-identity",
  severity: "error",
  title: "a selector on a label that is no part of identities",
  why: "Policies select identities, and the agent leaves labels out of them that would make one of every pod (pkg/labelsfilter): pod-template-hash, statefulset.kubernetes.io/pod-name, apps.kubernetes.io/pod-index, controller-uid, controller-revision-hash, topology labels, and whatever `labels` in cilium-config leaves out. A selector that asks for such a label takes no pod at all, one that excludes it excludes nobody.",
  limits: "`job-name` is part of identities: see job-identity. A label-prefix-file on the nodes is not known.",
  needs: [],
  find: (world) => selectors(world).flatMap((one) => foundIn(one, world)),
  bad: `
name: one pod of a StatefulSet
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: db-0, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: db, statefulset.kubernetes.io/pod-name: db-0}}
      ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]
`,
  good: `
name: all of them
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: db}}
      ingress: [{fromEndpoints: [{matchLabels: {app: api}}]}]
`,
};

type Selector = { readonly policy: Found["policy"]; readonly path: string; readonly value: Json };

/** Every selector of pods, with its place. */
function selectors(world: LintWorld): readonly Selector[] {
  const subjects = world.specs.flatMap(({ policy, path, value }) =>
    ["endpointSelector", "podSelector"].flatMap((field) => at(policy, `${path}.${field}`, value[field])),
  );
  const peers = world.rules.flatMap(({ policy, ref, value }) => {
    const base = elementPath(ref.element);
    return [
      ...["fromEndpoints", "toEndpoints"].flatMap((field) =>
        itemsOf(value[field]).flatMap((one, index) => at(policy, `${base}.${field}[${index}]`, one)),
      ),
      ...["from", "to"].flatMap((field) =>
        itemsOf(value[field]).flatMap((one, index) =>
          isObject(one) ? at(policy, `${base}.${field}[${index}].podSelector`, one["podSelector"]) : [],
        ),
      ),
    ];
  });
  return [...subjects, ...peers];
}

function at(policy: Found["policy"], path: string, value: Json | undefined): readonly Selector[] {
  return isObject(value) ? [{ policy, path, value }] : [];
}

function foundIn({ policy, path, value }: Selector, world: LintWorld): readonly Found[] {
  if (!isObject(value)) return [];
  const labels = isObject(value["matchLabels"]) ? Object.keys(value["matchLabels"]) : [];
  const asked = labels.map((key) => ({ key, path: `${path}.matchLabels.${key}`, excludes: false }));
  const expressions = itemsOf(value["matchExpressions"]).flatMap((one, index) => {
    if (!isObject(one)) return [];
    const excludes = one["operator"] === "NotIn" || one["operator"] === "DoesNotExist";
    return [{ key: String(one["key"]), path: `${path}.matchExpressions[${index}]`, excludes }];
  });
  return [...asked, ...expressions].flatMap((one) => {
    if (!isFilteredOut(one.key, world)) return [];
    const effect = one.excludes ? "it excludes nobody" : "the selector takes no pod";
    const message = `${bareKey(one.key)} is no part of identities${assumed(world)}: ${effect}`;
    const help = bareKey(one.key).startsWith("io.kubernetes.")
      ? "for the namespace write io.kubernetes.pod.namespace"
      : "select by a label of the workload, such as app.kubernetes.io/name";
    return [{ policy, path: one.path, message, help, ...(one.excludes ? { severity: "warn" as const } : {}) }];
  });
}

/** Keys with a source of their own (`reserved:`, `cidr:`) are no pod labels. */
function isFilteredOut(key: string, { config }: LintWorld): boolean {
  const bare = bareKey(key);
  if (
    /^(?:reserved|cidr|fqdn|cidrgroup|gen|node|io\.cilium)[:.]/.test(key) ||
    bare.startsWith("io.cilium.") ||
    key.includes(":") !== (bare !== key)
  )
    return false;
  return !podLabelFilter(config.labels)({ source: "k8s", key: bare, value: "" });
}

function assumed({ snapshot }: LintWorld): string {
  return snapshot.config.assumed ? " (by the default label filter)" : "";
}
