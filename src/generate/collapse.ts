import type { Peer } from "./draft.ts";
import { sortedBy } from "./draft.ts";
import type { Group, Groups } from "./group.ts";
import { EVERY_POD } from "./label-selector.ts";
import { byTelling, stableLabels } from "./stable-labels.ts";

export type Collapsed = { readonly peers: readonly Peer[]; readonly notes: readonly string[] };

/** Peers that a shared selector must replace to be worth it. */
const WORTH = 3;
/** Workloads of the cluster from which on "every pod" is said of all of them. */
const WHOLE_CLUSTER = 4;
/** Values of one `In`. */
const MAX_VALUES = 60;
/** Selectors that one rule keeps; beyond them whole namespaces are allowed, and said. */
const MAX_SELECTORS = 50;

/**
 * Pods under fewer selectors. A shared label, a whole namespace or the whole cluster stands for them only where every known
 * pod that it takes is meant. Only a list too long for anybody to read is widened beyond that, with a note.
 */
export function collapsePeers(given: readonly Group[], all: Groups): Collapsed {
  const groups = sortedBy([...new Set(given)], (group) => `${group.namespace}/${group.name}`);
  if (groups.length >= WHOLE_CLUSTER && groups.length === all.all.length) {
    return {
      peers: [{ kind: "groups", namespaces: null, selector: EVERY_POD, groups }],
      notes: [`all ${groups.length} known workloads of the cluster: every pod`],
    };
  }
  const { whole, rest } = wholeNamespaces(groups, all);
  const peers = [...whole, ...byNamespace(rest).flatMap(([namespace, own]) => inNamespace(namespace, own, all))];
  return peers.length <= MAX_SELECTORS ? { peers, notes: notesOf(peers) } : widened(groups, peers.length);
}

/** Subjects of the same rules under fewer selectors: only lists of values, so that no pod that comes later is closed. */
export function collapseSubjects(given: readonly Group[]): readonly Peer[] {
  const groups = sortedBy([...new Set(given)], (group) => `${group.namespace}/${group.name}`);
  return byNamespace(groups).flatMap(([namespace, own]) => oneOfKey(namespace, own, 2));
}

function wholeNamespaces(groups: readonly Group[], all: Groups) {
  const isWhole = ([namespace, own]: readonly [string, readonly Group[]]) =>
    own.length >= WORTH && own.length === all.inNamespace(namespace).length;
  const whole = byNamespace(groups).filter(isWhole);
  const names = whole.map(([namespace]) => namespace);
  const taken = whole.flatMap(([, own]) => own);
  const peer: Peer = { kind: "groups", namespaces: names, selector: EVERY_POD, groups: taken };
  return {
    whole: names.length === 0 ? [] : [peer],
    rest: groups.filter((group) => !names.includes(group.namespace)),
  };
}

function byNamespace(groups: readonly Group[]): readonly (readonly [string, readonly Group[]])[] {
  const found = new Map<string, Group[]>();
  for (const group of groups) {
    const list = found.get(group.namespace) ?? [];
    list.push(group);
    found.set(group.namespace, list);
  }
  return [...found];
}

/** Shared labels first, the widest first; then one `In` for those told apart by one key; the others one by one. */
function inNamespace(namespace: string, groups: readonly Group[], all: Groups): readonly Peer[] {
  const peers: Peer[] = [];
  let rest = groups;
  for (;;) {
    const shared = rest.length < WORTH ? null : widestShared(namespace, rest, all);
    if (shared === null) break;
    peers.push(shared.peer);
    rest = rest.filter((group) => !shared.groups.includes(group));
  }
  return [...peers, ...oneOfKey(namespace, rest, WORTH)];
}

function widestShared(namespace: string, groups: readonly Group[], all: Groups) {
  const meant = new Set(groups);
  const taken = new Set<string>();
  for (const group of all.inNamespace(namespace)) {
    if (meant.has(group)) continue;
    for (const end of group.ends) for (const label of stableLabels(end)) taken.add(joined(label));
  }
  const having = new Map<string, Group[]>();
  for (const group of groups) {
    for (const label of commonOf(group)) {
      if (taken.has(label)) continue;
      const list = having.get(label) ?? [];
      list.push(group);
      having.set(label, list);
    }
  }
  const [best] = [...having]
    .filter(([, own]) => own.length >= WORTH)
    .sort((a, b) => b[1].length - a[1].length || byTelling(keyOf(a[0]), keyOf(b[0])));
  if (best === undefined) return null;
  const [label, own] = best;
  const labels = { [keyOf(label)]: label.slice(keyOf(label).length + 1) };
  const peer: Peer = { kind: "groups", namespaces: [namespace], selector: { ...EVERY_POD, labels }, groups: own };
  return { peer, groups: own };
}

const joined = ([key, value]: readonly [string, string]) => `${key}=${value}`;
const keyOf = (label: string) => label.slice(0, label.indexOf("="));

const common = new WeakMap<Group, readonly string[]>();

/** Labels that all ends of a group have. */
function commonOf(group: Group): readonly string[] {
  const known = common.get(group);
  if (known !== undefined) return known;
  const [first, ...rest] = group.ends.map((end) => stableLabels(end));
  const shared = [...(first ?? [])].filter(([key, value]) => rest.every((one) => one.get(key) === value)).map(joined);
  common.set(group, shared);
  return shared;
}

function oneOfKey(namespace: string, groups: readonly Group[], worth: number): readonly Peer[] {
  const byKey = new Map<string, Group[]>();
  for (const group of groups) {
    const key = singleKey(group);
    if (key === null) continue;
    const list = byKey.get(key) ?? [];
    list.push(group);
    byKey.set(key, list);
  }
  const lists = [...byKey].filter(([, own]) => own.length >= worth).flatMap(([key, own]) => chunked(key, own));
  const taken = new Set(lists.flatMap(({ own }) => own));
  const peers = lists.map(({ key, own }): Peer => {
    const values = own.flatMap((group) => group.selector.labels[key] ?? []);
    return {
      kind: "groups",
      namespaces: [namespace],
      selector: { ...EVERY_POD, oneOf: { [key]: values } },
      groups: own,
    };
  });
  return [...peers, ...groups.filter((group) => !taken.has(group)).map((group): Peer => ({ kind: "group", group }))];
}

function chunked(key: string, groups: readonly Group[]) {
  const chunks: { readonly key: string; readonly own: readonly Group[] }[] = [];
  for (let from = 0; from < groups.length; from += MAX_VALUES) {
    chunks.push({ key, own: groups.slice(from, from + MAX_VALUES) });
  }
  return chunks;
}

function singleKey({ selector }: Group): string | null {
  const keys = Object.keys(selector.labels);
  const isPlain = selector.absent.length === 0 && Object.keys(selector.oneOf).length === 0;
  return isPlain && keys.length === 1 ? (keys[0] ?? null) : null;
}

/** Whole namespaces, or where these are too many every pod: looser than what was seen, and said. */
function widened(groups: readonly Group[], selectors: number): Collapsed {
  const namespaces = [...new Set(groups.map((group) => group.namespace))].sort();
  const isFew = namespaces.length <= MAX_SELECTORS;
  const what = isFew
    ? `every pod of ${namespaces.length === 1 ? namespaces[0] : `${namespaces.length} namespaces`}`
    : "every pod of the cluster";
  return {
    peers: [{ kind: "groups", namespaces: isFew ? namespaces : null, selector: EVERY_POD, groups }],
    notes: [`${groups.length} workloads would take ${selectors} selectors: collapsed to ${what}`],
  };
}

function notesOf(peers: readonly Peer[]): readonly string[] {
  return peers.flatMap((peer) => {
    if (peer.kind !== "groups" || peer.selector !== EVERY_POD) return [];
    const names = peer.namespaces ?? [];
    return [
      `all ${peer.groups.length} known workloads of ${names.length > 3 ? `${names.length} namespaces` : names.join(", ")}`,
    ];
  });
}
