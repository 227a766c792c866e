import { CLUSTER_KEY, type ParseContext } from "../rules/parse-context.ts";
import { labelSelector, reservedSelector, type Selector, WILDCARD } from "./selector.ts";

// Upstream: pkg/policy/api/entity.go EntitySelectorMapping, InitEntities.

const SIMPLE: ReadonlySet<string> = new Set([
  "world-ipv4",
  "world-ipv6",
  "host",
  "init",
  "ingress",
  "health",
  "unmanaged",
  "none",
  "kube-apiserver",
]);

const IN_CLUSTER = ["host", "remote-node", "init", "ingress", "health", "unmanaged", "kube-apiserver"];
const OUTSIDE = ["world", "world-ipv4", "world-ipv6"];

/** The selectors an entity stands for; none for a name that is no entity. */
export function entitySelectors(entity: string, context: ParseContext): readonly Selector[] {
  const withAggregate = (names: readonly string[], aggregate: string) =>
    (context.semantics.aggregates ? [...names, aggregate] : names).map(reservedSelector);
  const ofCluster = labelSelector({ labels: new Map([[CLUSTER_KEY, context.config.clusterName]]), expressions: [] });
  switch (entity) {
    case "all":
      return [WILDCARD];
    case "world":
      return withAggregate(OUTSIDE, "aggregate-world");
    case "remote-node":
      return withAggregate(["remote-node"], "aggregate-remote-node");
    case "cluster":
      return [...withAggregate(IN_CLUSTER, "aggregate-cluster"), ofCluster];
    case "cluster-mesh":
      return context.semantics.clusterMeshEntity ? meshSelectors() : [];
    default:
      return SIMPLE.has(entity) ? [reservedSelector(entity)] : [];
  }
}

function meshSelectors(): readonly Selector[] {
  const named = [...IN_CLUSTER, "aggregate-cluster", "aggregate-cluster-mesh"].map(reservedSelector);
  const anyCluster = { key: CLUSTER_KEY.replace("k8s:", "any:"), operator: "Exists", values: [] } as const;
  return [...named, labelSelector({ labels: new Map(), expressions: [anyCluster] })];
}
