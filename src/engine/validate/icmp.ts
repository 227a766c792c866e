import type { JsonObject } from "#model/json.ts";
import { listOf, structsOf, textOf } from "./fields.ts";
import { firstRejection, type Rejection, reject } from "./rejection.ts";
import type { Agent } from "./versions.ts";

const FIELD_LIMIT = 40;

/** Whether a rule may have its icmps at all. Type names were looked up when the object was decoded. */
export function checkIcmpsAllowed(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  if (listOf(rule, "icmps").length === 0) return null;
  if (!agent.config.enableICMPRules) {
    const text = 'ICMP rules can only be applied when the "enable-icmp-rules" flag is set';
    return reject(`${path}.icmps`, text, "set enable-icmp-rules in the agent's configuration, or remove icmps");
  }
  if (listOf(rule, "toPorts").length === 0) return null;
  const text = "the ICMPs block may only be present without ToPorts. Define a separate rule to use ToPorts";
  return reject(`${path}.icmps`, text, "move icmps into a rule of its own, with the same peers");
}

/** Upstream: ICMPRule.verify. */
export function checkIcmps(rule: JsonObject, path: string): Rejection | null {
  return firstRejection(structsOf(rule, "icmps"), (icmp, index) => {
    const fields = structsOf(icmp, "fields");
    const at = `${path}.icmps[${index}]`;
    if (fields.length > FIELD_LIMIT) {
      const text = `too many types, the max is ${FIELD_LIMIT}`;
      return reject(`${at}.fields`, text, "spread the types over several elements of icmps");
    }
    return firstRejection(fields, (field, position) => {
      const family = textOf(field, "family");
      if (family === "" || family === "IPv4" || family === "IPv6") return null;
      return reject(`${at}.fields[${position}].family`, `wrong family: ${family}`, "the family is IPv4 or IPv6");
    });
  });
}
