import type { Label } from "#model/labels.ts";

// Upstream: pkg/labelsfilter/filter.go, defaultLabelPrefixCfg. Differs: only the default list; a cluster with a `labels`
// setting of its own shows in the recorded labels, which are used as they are.

type Prefix = { readonly source: string; readonly expression: RegExp; readonly ignore: boolean };

const DEFAULT_PREFIXES: readonly Prefix[] = [
  include(/.*/, "reserved"),
  include(/io\.kubernetes\.pod\.namespace/),
  include(/io\.cilium\.k8s\.namespace\.labels/),
  include(/app\.kubernetes\.io/),
  include(/io\.cilium\.k8s\.policy\.cluster/),
  include(/io\.cilium\.k8s\.policy\.serviceaccount/),
  ignore(/io\.kubernetes/),
  ignore(/kubernetes\.io/),
  ignore(/statefulset\.kubernetes\.io\/pod-name/),
  ignore(/apps\.kubernetes\.io\/pod-index/),
  ignore(/batch\.kubernetes\.io\/job-completion-index/),
  ignore(/batch\.kubernetes\.io\/controller-uid/),
  ignore(/.*beta\.kubernetes\.io/),
  ignore(/k8s\.io/),
  ignore(/pod-template-generation/),
  ignore(/pod-template-hash/),
  ignore(/controller-revision-hash/),
  ignore(/controller-uid/),
  ignore(/annotation.*/),
  ignore(/etcd_node/),
  ignore(/topology\.kubernetes\.io/),
];

function include(expression: RegExp, source = ""): Prefix {
  return { source, expression, ignore: false };
}

function ignore(expression: RegExp): Prefix {
  return { source: "", expression, ignore: true };
}

/** Keys remembered at most; a cluster has far fewer. */
const KEYS_MAX = 10_000;
const decided = new Map<string, boolean>();

/**
 * True for a label that makes an identity. An ignored prefix drops it unless an included one matches longer; the
 * shortest ignored and the longest included match count.
 */
export function isIdentityLabel(label: Label): boolean {
  const key = `${label.source}:${label.key}`;
  const known = decided.get(key);
  if (known !== undefined) return known;
  if (decided.size >= KEYS_MAX) decided.clear();
  const made = passesFilter(label);
  decided.set(key, made);
  return made;
}

function passesFilter(label: Label): boolean {
  let included = 0;
  let ignored = 0;
  for (const prefix of DEFAULT_PREFIXES) {
    const length = matchLength(prefix, label);
    if (length === null) continue;
    if (!prefix.ignore) included = Math.max(included, length);
    else if (ignored === 0 || length < ignored) ignored = length;
  }
  return ignored === 0 || included > ignored;
}

/** Length of a match at the start of the key, else null. */
function matchLength(prefix: Prefix, label: Label): number | null {
  if (prefix.source !== "" && prefix.source !== label.source) return null;
  const found = prefix.expression.exec(label.key);
  return found === null || found.index !== 0 ? null : found[0].length;
}
