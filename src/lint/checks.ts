import type { Check } from "./check.ts";
import { icmpTypeZero } from "./checks/icmp-type-zero.ts";
import { labelNotText } from "./checks/label-not-text.ts";
import { portService } from "./checks/port-service.ts";
import { removedFeature } from "./checks/removed-feature.ts";
import { ruleShape } from "./checks/rule-shape.ts";
import { schema } from "./checks/schema.ts";
import { specsVoid } from "./checks/specs-void.ts";
import { statusInvalid } from "./checks/status-invalid.ts";
import { unknownField } from "./checks/unknown-field.ts";

/** Every check, in the order of docs/checks. */
export const CHECKS: readonly Check[] = [
  portService,
  statusInvalid,
  ruleShape,
  removedFeature,
  icmpTypeZero,
  specsVoid,
  labelNotText,
  schema,
  unknownField,
];
