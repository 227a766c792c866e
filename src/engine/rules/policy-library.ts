import { type PolicyObject, policyName } from "#model/policy.ts";
import type { Inventory } from "#model/objects.ts";
import type { CiliumConfig, CiliumMinor } from "#model/profile.ts";
import type { EndContext } from "../identity/ends.ts";
import { type Identity, identityOf } from "../identity/identity.ts";
import { createIpcache } from "../identity/ipcache.ts";
import { parseLabels } from "../selector/labels.ts";
import { type ClusterPorts, clusterPorts } from "../identity/named-ports.ts";
import { type ParseContext, parseContext } from "./parse-context.ts";
import { fqdnEntries, policyEntries } from "./policy-entries.ts";
import type { PolicyEntry } from "./policy-entry.ts";
import { type CidrReach, prefixesOf } from "../selector/selector.ts";
import { SelectorCache } from "../selector/selector-cache.ts";
import { validatePolicy, type Validity } from "../validate/validate.ts";

// Upstream: what pkg/policy/cell/policy_importer.go leaves alone when one resource changes: the others' parsed rules.

/** What the agent made of one policy object; a rejected one has no entries. */
export type ReadPolicy = {
  readonly status: { readonly policy: string } & Validity;
  readonly entries: readonly PolicyEntry[];
};

/** All that reading a policy object depends on besides the object. */
export type Surroundings = {
  readonly minor: CiliumMinor;
  readonly config: CiliumConfig;
  readonly inventory: Inventory;
};

/**
 * Reads each policy object once, for all engines of the same surroundings. Objects are told apart by identity: a changed
 * policy is a new object. Their selectors are interned in one cache, so what was selected is known to all engines.
 */
export class PolicyLibrary {
  readonly surroundings: Surroundings;
  readonly parse: ParseContext;
  readonly cache: SelectorCache;
  readonly ports: ClusterPorts;
  /** The local host, for the question which redirects take it. */
  readonly host: Identity;
  readonly #read = new WeakMap<PolicyObject, ReadPolicy>();

  constructor(surroundings: Surroundings) {
    const { minor, config, inventory } = surroundings;
    this.surroundings = surroundings;
    this.parse = parseContext(minor, config, inventory);
    this.cache = new SelectorCache(reachOf(config, this.parse));
    this.ports = clusterPorts(inventory.pods);
    this.host = this.cache.identity(hostIdentity(this.parse.semantics.aggregates));
  }

  read(policy: PolicyObject): ReadPolicy {
    const known = this.#read.get(policy);
    if (known !== undefined) return known;
    const { minor, config } = this.surroundings;
    const validity = validatePolicy(policy, minor, config);
    const entries = validity.valid ? policyEntries(policy, this.parse).map((entry) => this.#interned(entry)) : [];
    const read = { status: { policy: policyName(policy), ...validity }, entries };
    this.#read.set(policy, read);
    return read;
  }

  /** True while what was read for one set of policies holds for every other. */
  isShareable(): boolean {
    return !this.cache.isAmbiguous;
  }

  /** What tells the policies' addresses and names apart, under the policies of these entries. */
  endContext(entries: readonly PolicyEntry[]): EndContext {
    const { config, inventory } = this.surroundings;
    const { semantics } = this.parse;
    const selectors = [...new Set(entries.flatMap((entry) => entry.l3 ?? []))];
    const prefixes = selectors.flatMap(prefixesOf);
    const ipcache = createIpcache({ inventory, config, semantics, prefixes, fqdns: fqdnEntries(selectors, semantics) });
    return { inventory, config, semantics, ipcache };
  }

  #interned(entry: PolicyEntry): PolicyEntry {
    const selectors = (list: PolicyEntry["endpoints"]) => list.map((selector) => this.cache.peer(selector));
    return {
      ...entry,
      subject: this.cache.subject(entry.subject),
      l3: entry.l3 === null ? null : selectors(entry.l3),
      endpoints: selectors(entry.endpoints),
    };
  }
}

function hostIdentity(aggregates: boolean): Identity {
  const settings = { aggregates, nodesByCidr: false, nodesByLabel: false, otherCluster: false };
  return identityOf(parseLabels(["reserved:host"]), new Map(), settings);
}

/** What CIDR selectors may reach under the agent's settings. */
function reachOf(config: CiliumConfig, { semantics }: ParseContext): CidrReach {
  const modes = {
    nodes: config.policyCIDRMatchMode.includes("nodes"),
    pods: config.policyCIDRMatchMode.includes("pods"),
  };
  return { modes: semantics.cidrChecksReach ? modes : null, ipv4: config.ipv4, ipv6: config.ipv6 };
}
