import type { Check } from "./check.ts";
import { emptyPeerOpens } from "./checks/empty-peer-opens.ts";
import { icmpTypeZero } from "./checks/icmp-type-zero.ts";
import { knpCase } from "./checks/knp-case.ts";
import { labelNotText } from "./checks/label-not-text.ts";
import { portService } from "./checks/port-service.ts";
import { portText } from "./checks/port-text.ts";
import { removedFeature } from "./checks/removed-feature.ts";
import { ruleShape } from "./checks/rule-shape.ts";
import { schema } from "./checks/schema.ts";
import { servicesInDeny } from "./checks/services-in-deny.ts";
import { servicesToNobody } from "./checks/services-to-nobody.ts";
import { specsVoid } from "./checks/specs-void.ts";
import { statusInvalid } from "./checks/status-invalid.ts";
import { unknownField } from "./checks/unknown-field.ts";

/** Every check, in the order of docs/checks. */
export const CHECKS: readonly Check[] = [
  portService,
  statusInvalid,
  ruleShape,
  removedFeature,
  servicesToNobody,
  servicesInDeny,
  emptyPeerOpens,
  portText,
  icmpTypeZero,
  knpCase,
  specsVoid,
  labelNotText,
  schema,
  unknownField,
];
