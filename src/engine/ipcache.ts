import type { Label } from "#model/labels.ts";
import type { Inventory } from "#model/objects.ts";
import type { CiliumConfig } from "#model/profile.ts";
import {
  type Address,
  hostPrefix,
  masked,
  parseAddress,
  parsePrefix,
  type Prefix,
  prefixKey,
  unmapped,
} from "./cidr.ts";
import { worldName } from "./cidr-selector.ts";
import { type LabelArray, labelArray, reservedLabel } from "./labels.ts";
import type { FqdnRule, NameMatcher } from "./match-pattern.ts";
import type { Semantics } from "./semantics.ts";

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
   * mentions, every CIDR group, the selectors that match a name. null when the text is no address.
   */
  readonly outside: (address: string, names: readonly string[]) => LabelArray | null;
  /** The same address if every toFQDNs entry there is had matched one of its names. */
  readonly outsideWithAnyName: (address: string) => LabelArray | null;
  /** `cidr:` and `cidrgroup:` labels that hold an address, for nodes and pods under `policyCIDRMatchMode`. */
  readonly cidrLabels: (address: string) => readonly Label[];
  /** `fqdn:` labels of the selectors that match one of these names. */
  readonly nameLabels: (names: readonly string[]) => readonly Label[];
};

export function createIpcache(input: IpcacheInput): Ipcache {
  const metadata = readMetadata(input);
  const labelsAt = (address: Address) => mergedLabels(metadata, address);
  const outside = (text: string, fqdns: readonly string[]): LabelArray | null => {
    const address = readAddress(text);
    if (address === null) return null;
    const names = fqdns.map(fqdnLabel);
    const world = reservedLabel(worldName(address.family, { ...input.config, ...input.semantics }));
    return labelArray([...labelsAt(address), ...names, world]);
  };
  return {
    outside: (text, names) => outside(text, selectorsOf(input.fqdns, names)),
    outsideWithAnyName: (text) =>
      outside(
        text,
        input.fqdns.map((entry) => entry.label),
      ),
    cidrLabels: (text) => {
      const address = readAddress(text);
      return address === null
        ? []
        : labelsAt(address).filter(({ source }) => source === "cidr" || source === "cidrgroup");
    },
    nameLabels: (names) => selectorsOf(input.fqdns, names).map(fqdnLabel),
  };
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
type Metadata = Map<string, Map<string, Label>>;

function readMetadata({ inventory, prefixes, semantics }: IpcacheInput): Metadata {
  const metadata: Metadata = new Map();
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
  return metadata;
}

function upsert(metadata: Metadata, prefix: Prefix, labels: readonly Label[]): void {
  const key = prefixKey(prefix);
  const known = metadata.get(key) ?? new Map<string, Label>();
  for (const label of labels) known.set(label.key, label);
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
 * Labels of every prefix that holds the address: of CIDR labels only the longest, of the others the longest's where a
 * key comes twice. Upstream: pkg/ipcache mergeLabels.
 */
function mergedLabels(metadata: Metadata, address: Address): readonly Label[] {
  if (metadata.size === 0) return [];
  const merged = new Map<string, Label>();
  let hasCidr = false;
  for (let bits = address.family === 4 ? 32 : 128; bits >= 0; bits--) {
    const known = metadata.get(prefixKey(masked(address, bits)));
    if (known === undefined) continue;
    for (const label of known.values()) {
      const isCidr = label.source === "cidr";
      if ((isCidr && hasCidr) || merged.has(label.key)) continue;
      merged.set(label.key, label);
      hasCidr = hasCidr || isCidr;
    }
  }
  return [...merged.values()];
}
