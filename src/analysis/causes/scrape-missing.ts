import type { Cause } from "../cause.ts";
import { endName } from "../end-name.ts";
import { nearestRule } from "../nearest-rule.ts";
import { isScraper } from "../pod-facts.ts";
import { allowingSteps } from "./no-rule.ts";

/** A monitoring system's scrape that no rule admits. */
export const scrapeMissing: Cause = {
  id: "scrape-missing",
  explain(denial, world) {
    const { from } = denial.conversation;
    if (denial.refused.length > 0 || denial.conversation.protocol !== "TCP" || !isScraper(from, world.snapshot))
      return null;
    if (denial.side !== "ingress") return null;
    return {
      sentence: `no rule admits the scrape by ${endName(from)}`,
      nearest: nearestRule(denial, world),
      steps: allowingSteps(denial, world),
    };
  },
};
