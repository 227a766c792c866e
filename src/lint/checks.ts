import type { Check } from "./check.ts";
import { icmpTypeZero } from "./checks/icmp-type-zero.ts";
import { portService } from "./checks/port-service.ts";

/** Every check, in the order of docs/checks. */
export const CHECKS: readonly Check[] = [portService, icmpTypeZero];
