import { RE2JS } from "re2js";
import type { Label } from "#model/labels.ts";

// Upstream: pkg/labelsfilter/filter.go. Differs: a `label-prefix-file` is not read; reading the configuration says so.

/** True for a label that makes an identity. */
export type LabelFilter = (label: Label) => boolean;

type Prefix = { readonly source: string; readonly expression: RE2JS; readonly ignore: boolean };

const DEFAULT_PREFIXES = [
  "reserved:.*",
  "io\\.kubernetes\\.pod\\.namespace",
  "io\\.cilium\\.k8s\\.namespace\\.labels",
  "app\\.kubernetes\\.io",
  "io\\.cilium\\.k8s\\.policy\\.cluster",
  "io\\.cilium\\.k8s\\.policy\\.serviceaccount",
  "!io\\.kubernetes",
  "!kubernetes\\.io",
  "!statefulset\\.kubernetes\\.io/pod-name",
  "!apps\\.kubernetes\\.io/pod-index",
  "!batch\\.kubernetes\\.io/job-completion-index",
  "!batch\\.kubernetes\\.io/controller-uid",
  "!.*beta\\.kubernetes\\.io",
  "!k8s\\.io",
  "!pod-template-generation",
  "!pod-template-hash",
  "!controller-revision-hash",
  "!controller-uid",
  "!annotation.*",
  "!etcd_node",
  "!topology\\.kubernetes\\.io",
];

/** Keys remembered at most; a cluster has far fewer. */
const KEYS_MAX = 10_000;
/** Filters remembered at most: one configuration has two. */
const FILTERS_MAX = 100;
const filters = new Map<string, LabelFilter>();

/** The filter of pods' labels: the default list with the agent's `labels` after it. */
export function podLabelFilter(labels: readonly string[] = []): LabelFilter {
  return filterOf("pod", labels, DEFAULT_PREFIXES);
}

/** The filter of nodes' labels (`node-labels`), used where node selectors are on. Without a list every label counts. */
export function nodeLabelFilter(labels: readonly string[] = []): LabelFilter {
  return filterOf("node", labels, []);
}

function filterOf(kind: string, own: readonly string[], base: readonly string[]): LabelFilter {
  const key = `${kind} ${own.join(" ")}`;
  const known = filters.get(key);
  if (known !== undefined) return known;
  if (filters.size >= FILTERS_MAX) filters.clear();
  const made = remembering(makeFilter([...base, ...own].flatMap(parsePrefix), own.some(isInclusive)));
  filters.set(key, made);
  return made;
}

function remembering(filter: LabelFilter): LabelFilter {
  const decided = new Map<string, boolean>();
  return (label) => {
    const key = `${label.source}:${label.key}`;
    const known = decided.get(key);
    if (known !== undefined) return known;
    if (decided.size >= KEYS_MAX) decided.clear();
    const made = filter(label);
    decided.set(key, made);
    return made;
  };
}

/**
 * An ignored prefix drops a label unless an included one matches longer; the shortest ignored and the longest included
 * match count. The trap: once the user's list includes anything (`isClosed`), only what an inclusive prefix matches is
 * left, the default ones among them. Upstream: labelPrefixCfg.filterLabels, its `whitelist`.
 */
function makeFilter(prefixes: readonly Prefix[], isClosed: boolean): LabelFilter {
  return (label) => {
    let included = 0;
    let ignored = 0;
    for (const prefix of prefixes) {
      const length = matchLength(prefix, label);
      if (length === null) continue;
      if (!prefix.ignore) included = Math.max(included, length);
      else if (ignored === 0 || length < ignored) ignored = length;
    }
    return (!isClosed && ignored === 0) || included > ignored;
  };
}

/**
 * `source:prefix`, `prefix`, `!prefix` or `source:!prefix`; the prefix is a regular expression. None for one with which
 * the agent does not start: reading the configuration says so. Upstream: parseLabelPrefix.
 */
function parsePrefix(text: string): readonly Prefix[] {
  const { source, ignore, expression } = splitPrefix(text);
  try {
    return [{ source, ignore, expression: RE2JS.compile(expression) }];
  } catch {
    return [];
  }
}

/** The trap: the "!" stands after the source; `!k8s:app` is the source "!k8s". */
function splitPrefix(text: string): { readonly source: string; readonly ignore: boolean; readonly expression: string } {
  const colon = text.indexOf(":");
  const rest = text.slice(colon + 1);
  const ignore = rest.startsWith("!");
  return { source: colon < 0 ? "" : text.slice(0, colon), ignore, expression: ignore ? rest.slice(1) : rest };
}

function isInclusive(text: string): boolean {
  return !splitPrefix(text).ignore;
}

/** Length of a match at the start of the key, else null. */
function matchLength(prefix: Prefix, label: Label): number | null {
  if (prefix.source !== "" && prefix.source !== label.source) return null;
  const matcher = prefix.expression.matcher(label.key);
  return matcher.find() && matcher.start() === 0 ? matcher.end() : null;
}
