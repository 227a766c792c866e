import type { Surprise } from "./surprise.ts";
import { isCiliumPolicy, peerFields, portsText, writtenRules } from "./written-rules.ts";

/** A rule that names ports and no peer is about everybody, outside the cluster too. */
export const portsWithoutPeer: Surprise = {
  id: "ports-without-peer",
  find(policy) {
    if (!isCiliumPolicy(policy)) return [];
    return writtenRules(policy).flatMap((rule) => {
      const ports = portsText(rule);
      if (ports === "" || peerFields(rule).length > 0) return [];
      const word = rule.deny ? "denied to" : "open to";
      const sentence = `the rule names no peer: ${ports} is ${word} everybody, the world included`;
      return [{ rule: rule.ref, when: "decides", sentence }];
    });
  },
};
