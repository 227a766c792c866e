import type { CiliumConfig, CiliumMinor } from "#model/profile.ts";

/** What differs between the minors when a policy object is read and sanitized: the only place where they are told apart. */
export type Differences = {
  /**
   * How a selector's keys are validated. `extended`: the key with its source in front (`any.app`) must be a Kubernetes
   * label key, so a name of 60 characters is already too long. `source`: an optional `source:` and a label key.
   * Upstream: pkg/policy/api/selector.go Sanitize.
   */
  readonly selectorKeys: "extended" | "source";
  /** What apimachinery calls a label key in its messages. */
  readonly labelKeyNoun: "a qualified name" | "a valid label key";
  readonly lengthUnit: "characters" | "bytes";
  /** A bad operator is printed as Go syntax or as JSON. */
  readonly operatorPrinted: "go" | "json";
  /** fromRequires and toRequires: enforced selectors, or a list of strings that only an empty list decodes into. */
  readonly requires: "selectors" | "strings";
  /** `cidrGroupSelector` is a plain Kubernetes selector or Cilium's own; the verb of its error. */
  readonly cidrGroupSelector: "kubernetes" | "endpoint";
  readonly cidrGroupVerb: "parse" | "sanitize";
  /** Kafka rules and l7proto/l7 exist. */
  readonly parsers: boolean;
  /** HTTP, DNS and key-value lists have Go names of their own, seen in decoding errors. */
  readonly namedRuleLists: boolean;
  /** The label selectors of toServices are sanitized. */
  readonly servicesSanitized: boolean;
  readonly protocols: readonly string[];
  /** Protocols without ports: any port but "0" is refused. Spelled exactly so, before upper-casing. */
  readonly portlessProtocols: readonly string[];
  /** What is said of an empty port. */
  readonly emptyPort: string;
  /** `enable-extended-ip-protocols` exists and lets a port be empty. */
  readonly extendedProtocolsFlag: boolean;
  readonly clusterMeshEntity: boolean;
  /** An excepted prefix must also be at least as long as the prefix it is taken from. */
  readonly exceptLength: boolean;
  /** Which characters the messages about toFQDNs names and about patterns list. */
  readonly fqdnNameCharacters: string;
  readonly patternCharacters: string;
  /** matchPattern may have 255 bytes at most. */
  readonly patternLimit: number | null;
  /** NetworkPolicy goes through Rule.Sanitize, or straight into policy entries with next to no validation. */
  readonly networkPolicy: "sanitized" | "entries";
  /** Selectors are built when the object is parsed; an address that cannot become one panics there. */
  readonly buildsSelectors: boolean;
  readonly clusterNetworkPolicy: boolean;
};

const BASE_PROTOCOLS = ["TCP", "UDP", "SCTP"];

const V1_18: Differences = {
  selectorKeys: "extended",
  labelKeyNoun: "a qualified name",
  lengthUnit: "characters",
  operatorPrinted: "go",
  requires: "selectors",
  cidrGroupSelector: "kubernetes",
  cidrGroupVerb: "parse",
  parsers: true,
  namedRuleLists: false,
  servicesSanitized: false,
  protocols: [...BASE_PROTOCOLS, "ANY"],
  portlessProtocols: [],
  emptyPort: "Port must be specified",
  extendedProtocolsFlag: false,
  clusterMeshEntity: false,
  exceptLength: false,
  fqdnNameCharacters: "Only 0-9, a-z, A-Z and . and - characters are allowed",
  patternCharacters: "Only 0-9, a-z, A-Z and ., - and * characters are allowed",
  patternLimit: null,
  networkPolicy: "sanitized",
  buildsSelectors: false,
  clusterNetworkPolicy: false,
};

const V1_19: Differences = {
  ...V1_18,
  labelKeyNoun: "a valid label key",
  lengthUnit: "bytes",
  operatorPrinted: "json",
  requires: "strings",
  cidrGroupSelector: "endpoint",
  namedRuleLists: true,
  servicesSanitized: true,
  protocols: [...BASE_PROTOCOLS, "VRRP", "IGMP", "ANY"],
  portlessProtocols: ["VRRP", "IGMP"],
  emptyPort: "port must be specified",
  extendedProtocolsFlag: true,
  fqdnNameCharacters: "Only 0-9, a-z, A-Z and ., -, _ characters are allowed",
  patternCharacters: "Only 0-9, a-z, A-Z and ., -, _ and * characters are allowed",
  patternLimit: 255,
  networkPolicy: "entries",
  buildsSelectors: true,
};

const V1_20: Differences = {
  ...V1_19,
  selectorKeys: "source",
  cidrGroupVerb: "sanitize",
  parsers: false,
  servicesSanitized: false,
  protocols: [...BASE_PROTOCOLS, "VRRP", "IGMP", "GRE", "IPIP", "IPV6", "ESP", "AH", "ANY"],
  portlessProtocols: ["VRRP", "IGMP", "GRE", "IPIP", "IPV6", "ESP", "AH"],
  clusterMeshEntity: true,
  exceptLength: true,
  clusterNetworkPolicy: true,
};

export const DIFFERENCES: Readonly<Record<CiliumMinor, Differences>> = { "1.18": V1_18, "1.19": V1_19, "1.20": V1_20 };

/** The agent that reads the object: its version's differences and its settings. */
export type Agent = { readonly minor: CiliumMinor; readonly config: CiliumConfig; readonly differs: Differences };

export function agentOf(minor: CiliumMinor, config: CiliumConfig): Agent {
  return { minor, config, differs: DIFFERENCES[minor] };
}
