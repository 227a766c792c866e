import type { Check } from "./check.ts";
import { auditL7Live } from "./checks/audit-l7-live.ts";
import { authConflict } from "./checks/auth-conflict.ts";
import { defaultDenyConflict } from "./checks/default-deny-conflict.ts";
import { dnsFilterDepth } from "./checks/dns-filter-depth.ts";
import { dnsMissing } from "./checks/dns-missing.ts";
import { dnsNoTcp } from "./checks/dns-no-tcp.ts";
import { dnsRuleByAccident } from "./checks/dns-rule-by-accident.ts";
import { emptyPeerOpens } from "./checks/empty-peer-opens.ts";
import { flipCutsOpen } from "./checks/flip-cuts-open.ts";
import { fqdnNoDnsRule } from "./checks/fqdn-no-dns-rule.ts";
import { fqdnSearchDomain } from "./checks/fqdn-search-domain.ts";
import { icmpTypeZero } from "./checks/icmp-type-zero.ts";
import { knpCase } from "./checks/knp-case.ts";
import { l7Shadowed } from "./checks/l7-shadowed.ts";
import { l7WithoutDefaultDeny } from "./checks/l7-without-default-deny.ts";
import { labelNotText } from "./checks/label-not-text.ts";
import { negationTooWide } from "./checks/negation-too-wide.ts";
import { newlyDenied } from "./checks/newly-denied.ts";
import { portService } from "./checks/port-service.ts";
import { portText } from "./checks/port-text.ts";
import { removedFeature } from "./checks/removed-feature.ts";
import { ruleShape } from "./checks/rule-shape.ts";
import { schema } from "./checks/schema.ts";
import { selfLockout } from "./checks/self-lockout.ts";
import { servicesInDeny } from "./checks/services-in-deny.ts";
import { servicesToNobody } from "./checks/services-to-nobody.ts";
import { specsVoid } from "./checks/specs-void.ts";
import { statusInvalid } from "./checks/status-invalid.ts";
import { unknownField } from "./checks/unknown-field.ts";

/** Every check, in the order of docs/checks. */
export const CHECKS: readonly Check[] = [
  fqdnNoDnsRule,
  newlyDenied,
  dnsMissing,
  portService,
  statusInvalid,
  fqdnSearchDomain,
  defaultDenyConflict,
  auditL7Live,
  l7Shadowed,
  selfLockout,
  dnsNoTcp,
  ruleShape,
  removedFeature,
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
  authConflict,
  specsVoid,
  flipCutsOpen,
  schema,
  unknownField,
  labelNotText,
];
