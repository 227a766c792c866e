import type { Cause } from "./cause.ts";
import { cidrCluster } from "./causes/cidr-cluster.ts";
import { denyOnlyDefaultDeny } from "./causes/deny-only-default-deny.ts";
import { denyRule } from "./causes/deny-rule.ts";
import { dnsMissing } from "./causes/dns-missing.ts";
import { dnsResolverMismatch } from "./causes/dns-resolver-mismatch.ts";
import { fqdnApex } from "./causes/fqdn-apex.ts";
import { fqdnNoDnsRule } from "./causes/fqdn-no-dns-rule.ts";
import { fqdnSearchDomain } from "./causes/fqdn-search-domain.ts";
import { hairpinDead } from "./causes/hairpin-dead.ts";
import { hostnetPeer } from "./causes/hostnet-peer.ts";
import { noRule } from "./causes/no-rule.ts";
import { nodeEntity, webhookIngress } from "./causes/node-peer.ts";
import { nsScope } from "./causes/ns-scope.ts";
import { peerMatchesNothing } from "./causes/peer-matches-nothing.ts";
import { portService } from "./causes/port-service.ts";
import { scrapeMissing } from "./causes/scrape-missing.ts";

/**
 * Every cause, in the order in which they are to be mended: what must change first stands first, and the most specific
 * before the general. `no-rule` takes whatever is left.
 */
export const CAUSES: readonly Cause[] = [
  denyRule,
  denyOnlyDefaultDeny,
  fqdnNoDnsRule,
  fqdnSearchDomain,
  fqdnApex,
  hairpinDead,
  dnsResolverMismatch,
  portService,
  nsScope,
  webhookIngress,
  hostnetPeer,
  cidrCluster,
  nodeEntity,
  peerMatchesNothing,
  dnsMissing,
  scrapeMissing,
  noRule,
];
