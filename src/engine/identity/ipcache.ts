import type { Label } from "#model/labels.ts";
import type { Inventory } from "#model/objects.ts";
import type { CiliumConfig } from "#model/profile.ts";
import {
  type Address,
  covers,
  hostPrefix,
  parseAddress,
  parsePrefix,
  type Prefix,
  prefixKey,
  unmapped,
} from "./cidr.ts";
import { CidrTable } from "./cidr-table.ts";
import { worldName } from "../selector/cidr-selector.ts";
import { type LabelArray, labelArray, reservedLabel } from "../selector/labels.ts";
import type { FqdnRule, NameMatcher } from "../selector/match-pattern.ts";
import type { Semantics } from "../semantics.ts";

// Upstream: pkg/ipcache metadata.go and pkg/policy/cell (updatePrefixes), pkg/policy/k8s (CIDR groups), pkg/fqdn/namemanager.
// Differs: no allocation and no controllers: the labels of an address are worked out when asked for.

export type IpcacheInput = {
  readonly inventory: Inventory;
  readonly config: CiliumConfig;
  readonly semantics: Semantics;
  /** Prefixes that valid policies mention, `except` included. */
  readonly prefixes: readonly Prefix[];
  /** Every toFQDNs entry of valid policies. */
  readonly fqdns: readonly FqdnEntry[];
};

/** `label` is the key of the identity label: the entry's own text. */
export type FqdnEntry = { readonly rule: FqdnRule; readonly label: string; readonly matches: NameMatcher };

export type Ipcache = {
  /**
   * Labels of an address outside the cluster that is known by `names`: world, the longest CIDR that any policy
   * mentions, every CIDR group, the selectors that match a name. Of a prefix: the labels of each part of it that
   * policies tell apart. Empty when the text is neither.
   */
  readonly outside: (place: string, names: readonly string[]) => readonly LabelArray[];
  /** The same if every toFQDNs entry there is had matched one of its names. */
  readonly outsideWithAnyName: (place: string) => readonly LabelArray[];
  /** An outside end of which not even the address is known: the world of no prefix. */
  readonly nowhere: (family: 4 | 6) => LabelArray;
  /** `cidr:` and `cidrgroup:` labels that hold an address, for nodes and pods under `policyCIDRMatchMode`. */
  readonly cidrLabels: (address: string) => readonly Label[];
  /** `fqdn:` labels of the selectors that match one of these names. */
  readonly nameLabels: (names: readonly string[]) => readonly Label[];
};

export function createIpcache(input: IpcacheInput): Ipcache {
  const metadata = readMetadata(input);
  const labelsAt = (address: Address) => mergedLabels(metadata, hostPrefix(address));
  const stack = { ...input.config, ...input.semantics };
  const worlds = { 4: reservedLabel(worldName(4, stack)), 6: reservedLabel(worldName(6, stack)) };
  const outside = (text: string, fqdns: readonly string[]): readonly LabelArray[] => {
    const place = readPlace(text);
    if (place === null) return [];
    const ends = [...fqdns.map(fqdnLabel), worlds[place.family]];
    return partsOf(metadata, place).map((part) => labelArray([...mergedLabels(metadata, part), ...ends]));
  };
  const allNames = input.fqdns.map((entry) => entry.label);
  return {
    outside: (text, names) => outside(text, selectorsOf(input.fqdns, names)),
    outsideWithAnyName: (text) => outside(text, allNames),
    nowhere: (family) => labelArray([worlds[family]]),
    cidrLabels: (text) => {
      const address = readAddress(text);
      return address === null
        ? []
        : labelsAt(address).filter(({ source }) => source === "cidr" || source === "cidrgroup");
    },
    nameLabels: (names) => selectorsOf(input.fqdns, names).map(fqdnLabel),
  };
}

function readPlace(text: string): Prefix | null {
  if (text.includes("/")) return parsePrefix(text);
  const address = readAddress(text);
  return address === null ? null : hostPrefix(address);
}

/** The parts of a prefix that have labels of their own: each known prefix inside it, and what those leave of it. */
function partsOf(metadata: Metadata, place: Prefix): readonly Prefix[] {
  if (isHost(place)) return [place];
  const { known, table } = metadata;
  const inside = [...known.keys()].filter((at) => {
    const prefix = known[at]?.prefix;
    return prefix !== undefined && prefix.bits > place.bits && covers(place, prefix);
  });
  // How much of each part its narrower parts take, in addresses of the narrowest there could be. -1 is the place itself.
  const taken = new Map<number, bigint>();
  for (const at of inside) {
    const parent = table.parent(at);
    const part = (known[parent]?.prefix.bits ?? 0) > place.bits ? parent : -1;
    taken.set(part, (taken.get(part) ?? 0n) + sizeOf(known[at]?.prefix ?? place));
  }
  const isLeft = (at: number, prefix: Prefix) => taken.get(at) !== sizeOf(prefix);
  const parts = inside
    .flatMap((at) => known[at]?.prefix ?? [])
    .filter((part, index) => isLeft(inside[index] ?? 0, part));
  return isLeft(-1, place) ? [place, ...parts] : parts;
}

function sizeOf({ bits }: Prefix): bigint {
  return 1n << BigInt(128 - bits);
}

function isHost({ family, bits }: Prefix): boolean {
  return bits === (family === 4 ? 32 : 128);
}

function fqdnLabel(key: string): Label {
  return { source: "fqdn", key, value: "" };
}

function readAddress(text: string): Address | null {
  const address = parseAddress(text);
  return address === null ? null : unmapped(address);
}

function selectorsOf(fqdns: readonly FqdnEntry[], names: readonly string[]): readonly string[] {
  return fqdns.filter((entry) => names.some((name) => entry.matches(name))).map((entry) => entry.label);
}

/** What is known of prefixes: labels by key, so that a later label of a key replaces an earlier one. */
type Metadata = { readonly known: readonly Known[]; readonly table: CidrTable };
type Known = { readonly prefix: Prefix; readonly labels: Map<string, Label> };

function readMetadata({ inventory, prefixes, semantics }: IpcacheInput): Metadata {
  const metadata = new Map<string, Known>();
  for (const address of apiServerAddresses(inventory))
    upsert(metadata, hostPrefix(address), [reservedLabel("kube-apiserver")]);
  for (const prefix of prefixes) if (prefix.bits > 0) upsert(metadata, prefix, [cidrLabel(prefix)]);
  for (const group of inventory.cidrGroups) {
    const labels = groupLabels(group, semantics);
    for (const cidr of group.cidrs) {
      const prefix = cidr.includes("/") ? parsePrefix(cidr) : null;
      if (prefix !== null) upsert(metadata, prefix, labels);
    }
  }
  const known = [...metadata.values()];
  return { known, table: new CidrTable(known.map((item) => item.prefix)) };
}

function upsert(metadata: Map<string, Known>, prefix: Prefix, labels: readonly Label[]): void {
  const key = prefixKey(prefix);
  const known = metadata.get(key) ?? { prefix, labels: new Map<string, Label>() };
  for (const label of labels) known.labels.set(label.key, label);
  metadata.set(key, known);
}

/** The API server's addresses: the backends of the Service `default/kubernetes`. */
export function apiServerAddresses(inventory: Inventory): readonly Address[] {
  return inventory.endpointSlices
    .filter((slice) => slice.namespace === "default" && slice.service === "kubernetes")
    .flatMap((slice) => slice.addresses.flatMap((text) => readAddress(text) ?? []));
}

/** Upstream: pkg/policy/k8s cilium_cidr_group.go; the group's name is a label too. */
function groupLabels(
  group: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
  semantics: Semantics,
): readonly Label[] {
  const own = Object.entries(group.labels)
    .filter(([key]) => !key.startsWith("io.cilium.k8s"))
    .map(([key, value]): Label => ({ source: "cidrgroup", key, value }));
  const encoded = semantics.cidrGroupValuesInKeys
    ? own.map(({ key, value }): Label => ({ source: "cidrgroup", key: `${key}+${value}`, value: "" }))
    : [];
  return [...own, ...encoded, { source: "cidrgroup", key: `io.cilium.policy.cidrgroupname/${group.name}`, value: "" }];
}

/** The identity label of a prefix. The text differs from Cilium's; only its prefix is ever compared. */
export function cidrLabel(prefix: Prefix): Label {
  const digits =
    prefix.family === 4
      ? [24n, 16n, 8n, 0n].map((shift) => (prefix.value >> shift) & 0xffn).join(".")
      : v6(prefix.value);
  return { source: "cidr", key: `${digits}/${prefix.bits}`, value: "" };
}

function v6(value: bigint): string {
  const groups = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => ((value >> shift) & 0xffffn).toString(16));
  return groups.join("-");
}

/**
 * Labels of every known prefix that holds this one: of CIDR labels only the longest, of the others the longest's where a
 * key comes twice. Upstream: pkg/ipcache mergeLabels.
 */
function mergedLabels({ known, table }: Metadata, place: Prefix): readonly Label[] {
  const merged = new Map<string, Label>();
  let hasCidr = false;
  for (let at = table.find(place); at >= 0; at = table.parent(at)) {
    const found = known[at];
    if (found === undefined || found.prefix.bits > place.bits) continue;
    for (const label of found.labels.values()) {
      const isCidr = label.source === "cidr";
      if ((isCidr && hasCidr) || merged.has(label.key)) continue;
      merged.set(label.key, label);
      hasCidr = hasCidr || isCidr;
    }
  }
  return [...merged.values()];
}
