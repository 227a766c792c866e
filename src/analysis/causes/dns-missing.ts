import type { Cause } from "../cause.ts";
import { dnsProxySteps } from "../dns-steps.ts";
import { isDns } from "../resolver-ports.ts";

/** Egress is isolated and nothing lets the subject ask its resolver: every name it needs fails. */
export const dnsMissing: Cause = {
  id: "dns-missing",
  explain(denial, world) {
    if (denial.side !== "egress" || denial.refused.length > 0 || !isDns(denial.conversation)) return null;
    const dns = denial.walk.candidates.some(
      (candidate) => !candidate.deny && candidate.peerMatches && candidate.peerField !== null,
    );
    if (dns) return null;
    return {
      sentence: "egress is isolated and no rule lets it ask its resolver: every name fails",
      nearest: null,
      steps: dnsProxySteps(denial, world),
    };
  },
};
