import { isObject } from "#model/json.ts";
import type { Surprise } from "./surprise.ts";
import { isCiliumPolicy, itemsOf, writtenRules } from "./written-rules.ts";

/** The ICMP type stands in the port's place, and port 0 is every port. Upstream: pkg/policy/api/icmp.go. */
export const icmpTypeZero: Surprise = {
  id: "icmp-type-zero",
  find(policy) {
    if (!isCiliumPolicy(policy)) return [];
    return writtenRules(policy)
      .filter(({ value }) =>
        itemsOf(value["icmps"])
          .flatMap((item) => (isObject(item) ? itemsOf(item["fields"]) : []))
          .some((field) => isObject(field) && isZero(field["type"], field["family"])),
      )
      .map(({ ref, deny }) => ({
        rule: ref,
        when: "decides",
        sentence: `ICMP type 0 stands for every type: the rule ${deny ? "denies" : "allows"} all ICMP of that family, not only echo replies`,
      }));
  },
};

function isZero(type: unknown, family: unknown): boolean {
  return String(type) === "0" || (type === "EchoReply" && family !== "IPv6");
}
