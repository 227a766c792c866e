import { parseBool } from "../go-bool.ts";
import type { Finding } from "#model/finding.ts";
import type { JsonObject } from "#model/json.ts";
import type { PolicyKind } from "#model/policy.ts";
import { type CiliumConfig, type CiliumMinor, defaultConfig, NEWEST_MINOR } from "#model/profile.ts";
import { agentVersion, type CiliumVersion } from "./cilium-version.ts";
import { stringMapAt, valueAt } from "../field.ts";
import { labelPrefixProblem } from "./label-prefix.ts";
import type { SourceManifest } from "../objects/manifest.ts";
import type { Settings } from "./settings.ts";

/** What is known of the agent: its version, and the settings that were given. */
export type CiliumFacts = {
  /** null when nothing tells the version. */
  readonly minor: CiliumMinor | null;
  readonly version: string | null;
  /** Settings that were given; null when no configuration was. */
  readonly settings: Readonly<Settings> | null;
  /** `settings` over the defaults of `minor` (of the newest minor while that is not known). See `configFor`. */
  readonly config: CiliumConfig;
  /** Where the settings (else the version) come from, in words for people. */
  readonly source: string;
  /** Policy kinds that this agent does not look at. */
  readonly ignoredKinds: readonly PolicyKind[];
  readonly findings: readonly Finding[];
};

/** The settings over the defaults of a minor. Defaults differ: `policyDefaultLocalCluster` is true from 1.19. */
export function configFor(settings: Readonly<Settings> | null, minor: CiliumMinor): CiliumConfig {
  return { ...defaultConfig(minor), ...settings };
}

type Flags = Readonly<Record<string, string>>;
type Read = { readonly settings: Settings; readonly findings: Finding[]; readonly place: Finding["place"] };

/** The name of the ConfigMap that the agent reads its flags from. */
export const CONFIG_MAP = "cilium-config";

/**
 * Reads the agent's flags as `cilium-config` holds them: text values under the flags' names. Keys that are missing are
 * not set here: they have the Helm chart's default, since every install writes those that differ from the agent's own.
 * Upstream: pkg/option/config.go, daemon/cmd/daemon_main.go, pkg/clustermesh/types/option.go, pkg/kpr.
 */
export function readAgentFlags(
  flags: Flags,
  place: Finding["place"],
): {
  readonly settings: Settings;
  readonly ignoredKinds: readonly PolicyKind[];
  readonly findings: readonly Finding[];
} {
  const read: Read = { settings: {}, findings: [], place };
  readModes(flags, read);
  for (const [flag, name] of Object.entries(BOOLEANS)) {
    const value = readBoolean(flags, flag, read);
    if (value !== null) read.settings[name] = value;
  }
  if (flags["cluster-name"] !== undefined) read.settings.clusterName = flags["cluster-name"];
  read.settings.socketLoadBalancing = readLoadBalancing(flags, read);
  readMinTtl(flags, read);
  readLimits(flags, read);
  readLabelFilters(flags, read);
  const ignoredKinds = KIND_FLAGS.filter(([flag, , byDefault]) => !(readBoolean(flags, flag, read) ?? byDefault));
  return { settings: read.settings, ignoredKinds: ignoredKinds.map(([, kind]) => kind), findings: read.findings };
}

type BooleanSetting = {
  [Name in keyof CiliumConfig]-?: CiliumConfig[Name] extends boolean ? Name : never;
}[keyof CiliumConfig];

const BOOLEANS: Readonly<Record<string, BooleanSetting>> = {
  "policy-audit-mode": "policyAuditMode",
  "enable-ipv4": "ipv4",
  "enable-ipv6": "ipv6",
  "policy-default-local-cluster": "policyDefaultLocalCluster",
  "enable-l7-proxy": "enableL7Proxy",
  "enable-sctp": "enableSCTP",
  "enable-icmp-rules": "enableICMPRules",
  "enable-node-selector-labels": "enableNodeSelectorLabels",
  "enable-extended-ip-protocols": "enableExtendedIPProtocols",
  "allow-icmp-frag-needed": "allowICMPFragNeeded",
  "enable-non-default-deny-policies": "enableNonDefaultDenyPolicies",
  "enable-host-firewall": "hostFirewall",
};

const KIND_FLAGS: readonly (readonly [flag: string, kind: PolicyKind, byDefault: boolean])[] = [
  ["enable-k8s-networkpolicy", "NetworkPolicy", true],
  ["enable-cilium-network-policy", "CiliumNetworkPolicy", true],
  ["enable-cilium-clusterwide-network-policy", "CiliumClusterwideNetworkPolicy", true],
  ["enable-k8s-cluster-network-policy", "ClusterNetworkPolicy", false],
];

function readModes(flags: Flags, read: Read): void {
  const mode = flags["enable-policy"]?.toLowerCase();
  if (mode === "default" || mode === "always" || mode === "never") read.settings.policyEnforcementMode = mode;
  else if (mode !== undefined) read.findings.push(badValue("enable-policy", mode, "default, always or never", read));

  const local = flags["allow-localhost"];
  // On Kubernetes the agent turns "auto" into "always".
  if (local === "policy") read.settings.allowLocalhost = "policy";
  else if (local === "always" || local === "auto") read.settings.allowLocalhost = "always";
  else if (local !== undefined) read.findings.push(badValue("allow-localhost", local, "auto, always or policy", read));

  const match = flags["policy-cidr-match-mode"];
  if (match === undefined) return;
  const words = match.split(/[\s,]+/).filter((word) => word !== "");
  read.settings.policyCIDRMatchMode = words.filter((word) => word === "nodes" || word === "pods");
  const odd = words.find((word) => word !== "nodes" && word !== "pods");
  if (odd !== undefined) read.findings.push(badValue("policy-cidr-match-mode", odd, "nodes or pods", read));
}

/** null when the flag is not given, or is no truth value. */
function readBoolean(flags: Flags, flag: string, read: Read): boolean | null {
  const text = flags[flag]?.trim();
  if (text === undefined || text === "") return null;
  const value = parseBool(text);
  if (value === null) read.findings.push(badValue(flag, text, "true or false", read));
  return value;
}

/** How long a DNS answer is kept at least. */
function readMinTtl(flags: Flags, read: Read): void {
  const text = flags["tofqdns-min-ttl"]?.trim();
  if (text === undefined || text === "") return;
  if (/^\d{1,9}$/.test(text)) read.settings.fqdnMinTtlSeconds = Number(text);
  else read.findings.push(badValue("tofqdns-min-ttl", text, "a number of seconds", read));
}

/** Bounds that the agent keeps, and the metrics that it makes of flows. */
function readLimits(flags: Flags, read: Read): void {
  const numberAt = (flag: string) => {
    const text = flags[flag]?.trim() ?? "";
    return /^\d{1,9}$/.test(text) ? Number(text) : null;
  };
  const addresses = numberAt("tofqdns-endpoint-max-ip-per-hostname");
  const entries = numberAt("bpf-policy-map-max");
  if (addresses !== null) read.settings.fqdnMaxAddressesPerName = addresses;
  if (entries !== null) read.settings.policyMapMax = entries;
  const metrics = flags["hubble-metrics"];
  if (metrics === undefined) return;
  // A metric's options follow a colon.
  read.settings.hubbleMetrics = metrics.split(/\s+/).flatMap((one) => (one === "" ? [] : [one.replace(/:.*$/, "")]));
}

/** Lists of prefixes, apart by blanks. A file of prefixes lies on the nodes: what it says is not known. */
function readLabelFilters(flags: Flags, read: Read): void {
  const listOf = (flag: string) => {
    const prefixes = (flags[flag] ?? "").split(/\s+/).filter((prefix) => prefix !== "");
    const odd = prefixes.find((prefix) => labelPrefixProblem(prefix) !== null);
    if (odd !== undefined) read.findings.push(badValue(flag, odd, "a list of label prefixes", read));
    return odd === undefined ? prefixes : [];
  };
  const labels = listOf("labels");
  const nodeLabels = listOf("node-labels");
  if (labels.length > 0) read.settings.labels = labels;
  if (nodeLabels.length > 0) read.settings.nodeLabels = nodeLabels;
  if ((flags["label-prefix-file"] ?? "") === "") return;
  read.findings.push({
    id: "label-prefix-file",
    severity: "warn",
    message: "label-prefix-file names a file on the nodes: which labels make identities is not known from here",
    help: "identities of recorded pods are right; pods known from objects alone are taken with the default filter",
    ...(read.place === undefined ? {} : { place: read.place }),
  });
}

/** Before 1.14 `kube-proxy-replacement` was a word; its absence is the agent's default, off. */
function readLoadBalancing(flags: Flags, read: Read): boolean {
  const replacement = flags["kube-proxy-replacement"]?.trim().toLowerCase();
  if (replacement === "strict" || replacement === "true") return true;
  return readBoolean(flags, "bpf-lb-sock", read) ?? replacement === "partial";
}

function badValue(flag: string, value: string, wanted: string, read: Read): Finding {
  return {
    id: "bad-config-value",
    severity: "warn",
    message: `${flag} is \`${value}\`, not ${wanted}; its default is assumed`,
    help: `set ${flag} to ${wanted}`,
    ...(read.place === undefined ? {} : { place: read.place }),
  };
}

/**
 * What the manifests tell of the agent: the ConfigMap `cilium-config`, and the version of the agents' images. null when
 * they tell nothing.
 */
export function ciliumFacts(manifests: readonly SourceManifest[]): CiliumFacts | null {
  const map = manifests.findLast((manifest) => manifest.kind === "ConfigMap" && manifest.name === CONFIG_MAP);
  const version = agentVersion(manifests);
  if (map === undefined && version === null) return null;
  const flags = map === undefined ? null : readAgentFlags(stringMapAt(map.value, "data"), map.place);
  const where = map === undefined ? version?.source : `ConfigMap ${map.namespace ?? "default"}/${CONFIG_MAP}`;
  return {
    ...factsOf(flags?.settings ?? null, version, where ?? ""),
    ignoredKinds: flags?.ignoredKinds ?? [],
    findings: [...(flags?.findings ?? []), ...(version?.findings ?? []), ...nodeConfigFindings(manifests)],
  };
}

/** Puts settings and version together. */
export function factsOf(settings: Settings | null, version: CiliumVersion | null, source: string): CiliumFacts {
  const minor = version?.minor ?? null;
  const config = configFor(settings, minor ?? NEWEST_MINOR);
  return {
    minor,
    version: version?.version ?? null,
    settings,
    config,
    source,
    ignoredKinds: [],
    findings: version?.findings ?? [],
  };
}

/** CiliumNodeConfig gives single nodes other flags: said where they matter, not followed. */
function nodeConfigFindings(manifests: readonly SourceManifest[]): readonly Finding[] {
  return manifests.flatMap((manifest): Finding[] => {
    if (manifest.kind !== "CiliumNodeConfig") return [];
    const given = Object.keys(valueAt(manifest.value, "spec", "defaults") ?? ({} satisfies JsonObject));
    const known = given.filter((flag) => Object.hasOwn(BOOLEANS, flag) || flag === "enable-policy");
    if (known.length === 0) return [];
    return [
      {
        id: "node-config",
        severity: "warn",
        message: `gives some nodes their own ${known.join(", ")}; every node is judged by ${CONFIG_MAP}`,
        help: "judge those nodes apart, with --cilium-config",
        place: manifest.place,
      },
    ];
  });
}
