import type { Check } from "./check.ts";
import { alwaysDeniesHost } from "./checks/always-denies-host.ts";
import { apiserverEgress } from "./checks/apiserver-egress.ts";
import { auditL7Live } from "./checks/audit-l7-live.ts";
import { auditModeLong } from "./checks/audit-mode-long.ts";
import { auditOpensEnforced } from "./checks/audit-opens-enforced.ts";
import { authConflict } from "./checks/auth-conflict.ts";
import { ccnpWide } from "./checks/ccnp-wide.ts";
import { cidrCluster } from "./checks/cidr-cluster.ts";
import { clustermeshScope } from "./checks/clustermesh-scope.ts";
import { coverageGap } from "./checks/coverage-gap.ts";
import { crdMissing } from "./checks/crd-missing.ts";
import { deadRule } from "./checks/dead-rule.ts";
import { defaultDenyConflict } from "./checks/default-deny-conflict.ts";
import { denyOnlyDefaultDeny } from "./checks/deny-only-default-deny.ts";
import { dnsFilterDepth } from "./checks/dns-filter-depth.ts";
import { dnsMissing } from "./checks/dns-missing.ts";
import { dnsNoTcp } from "./checks/dns-no-tcp.ts";
import { dnsResolverMismatch } from "./checks/dns-resolver-mismatch.ts";
import { dnsRuleByAccident } from "./checks/dns-rule-by-accident.ts";
import { emptyPeerOpens } from "./checks/empty-peer-opens.ts";
import { emptyRule } from "./checks/empty-rule.ts";
import { flipCutsOpen } from "./checks/flip-cuts-open.ts";
import { fqdnApex } from "./checks/fqdn-apex.ts";
import { fqdnManyIps } from "./checks/fqdn-many-ips.ts";
import { fqdnNoDnsRule } from "./checks/fqdn-no-dns-rule.ts";
import { fqdnSearchDomain } from "./checks/fqdn-search-domain.ts";
import { hairpinDead } from "./checks/hairpin-dead.ts";
import { hostBypass } from "./checks/host-bypass.ts";
import { hostRedundant } from "./checks/host-redundant.ts";
import { hostnetPeer } from "./checks/hostnet-peer.ts";
import { icmpBlocked } from "./checks/icmp-blocked.ts";
import { icmpTypeZero } from "./checks/icmp-type-zero.ts";
import { jobIdentity } from "./checks/job-identity.ts";
import { knpCase } from "./checks/knp-case.ts";
import { knpExceptPodCidr } from "./checks/knp-except-pod-cidr.ts";
import { l7OnOpaque } from "./checks/l7-on-opaque.ts";
import { l7Regex } from "./checks/l7-regex.ts";
import { l7Shadowed } from "./checks/l7-shadowed.ts";
import { l7WithoutDefaultDeny } from "./checks/l7-without-default-deny.ts";
import { labelNotIdentity } from "./checks/label-not-identity.ts";
import { labelNotText } from "./checks/label-not-text.ts";
import { lbIdentity } from "./checks/lb-identity.ts";
import { metricPolicyMissing } from "./checks/metric-policy-missing.ts";
import { multusNics } from "./checks/multus-nics.ts";
import { namedPort } from "./checks/named-port.ts";
import { negationTooWide } from "./checks/negation-too-wide.ts";
import { newlyDenied } from "./checks/newly-denied.ts";
import { nodeEntity } from "./checks/node-entity.ts";
import { nsScope } from "./checks/ns-scope.ts";
import { overBroad } from "./checks/over-broad.ts";
import { peerMatchesNothing } from "./checks/peer-matches-nothing.ts";
import { policyMapFull } from "./checks/policy-map-full.ts";
import { portService } from "./checks/port-service.ts";
import { portText } from "./checks/port-text.ts";
import { removedFeature } from "./checks/removed-feature.ts";
import { ruleShape } from "./checks/rule-shape.ts";
import { schema } from "./checks/schema.ts";
import { scrapeMissing } from "./checks/scrape-missing.ts";
import { selfLockout } from "./checks/self-lockout.ts";
import { servicesInDeny } from "./checks/services-in-deny.ts";
import { servicesToNobody } from "./checks/services-to-nobody.ts";
import { specsVoid } from "./checks/specs-void.ts";
import { statusInvalid } from "./checks/status-invalid.ts";
import { subjectMatchesNothing } from "./checks/subject-matches-nothing.ts";
import { subjectNamespaceOverridden } from "./checks/subject-namespace-overridden.ts";
import { svcRef } from "./checks/svc-ref.ts";
import { twoSided } from "./checks/two-sided.ts";
import { unknownAnnotation } from "./checks/unknown-annotation.ts";
import { unknownField } from "./checks/unknown-field.ts";
import { webhookIngress } from "./checks/webhook-ingress.ts";
import { wideWorld443 } from "./checks/wide-world-443.ts";

/** Every check, in the order of docs/checks. */
export const CHECKS: readonly Check[] = [
  fqdnNoDnsRule,
  newlyDenied,
  cidrCluster,
  denyOnlyDefaultDeny,
  emptyRule,
  dnsMissing,
  portService,
  statusInvalid,
  schema,
  unknownField,
  labelNotText,
  peerMatchesNothing,
  subjectMatchesNothing,
  fqdnSearchDomain,
  fqdnApex,
  ccnpWide,
  webhookIngress,
  apiserverEgress,
  twoSided,
  nsScope,
  hostnetPeer,
  nodeEntity,
  lbIdentity,
  defaultDenyConflict,
  auditL7Live,
  l7Shadowed,
  dnsResolverMismatch,
  hairpinDead,
  labelNotIdentity,
  namedPort,
  clustermeshScope,
  selfLockout,
  scrapeMissing,
  dnsNoTcp,
  ruleShape,
  svcRef,
  icmpBlocked,
  l7Regex,
  fqdnManyIps,
  l7OnOpaque,
  removedFeature,
  coverageGap,
  deadRule,
  overBroad,
  servicesToNobody,
  servicesInDeny,
  emptyPeerOpens,
  negationTooWide,
  l7WithoutDefaultDeny,
  dnsFilterDepth,
  dnsRuleByAccident,
  portText,
  icmpTypeZero,
  knpCase,
  jobIdentity,
  alwaysDeniesHost,
  authConflict,
  specsVoid,
  flipCutsOpen,
  policyMapFull,
  hostBypass,
  hostRedundant,
  metricPolicyMissing,
  auditModeLong,
  auditOpensEnforced,
  unknownAnnotation,
  multusNics,
  subjectNamespaceOverridden,
  wideWorld443,
  knpExceptPodCidr,
  crdMissing,
];
