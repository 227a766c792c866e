import { itemsOf } from "#analysis/surprises/written-rules.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import type { L7Request } from "#model/conversation.ts";
import type { LintRule, LintWorld } from "./lint-world.ts";

/** One element of toPorts with L7 rules that refuse something. `request`: one that it refuses by itself. */
export type L7Item = {
  readonly rule: LintRule;
  /** `spec.ingress[0].toPorts[1].rules.http`. */
  readonly path: string;
  readonly kind: "http" | "dns";
  readonly item: JsonObject;
  readonly request: L7Request;
};

/** Every HTTP and DNS rule list of accepted policies that refuses something. */
export function refusingL7(world: LintWorld): readonly L7Item[] {
  return world.rules.flatMap((rule) =>
    rule.deny ? [] : itemsOf(rule.value["toPorts"]).flatMap((item, index) => refusing(rule, item, index)),
  );
}

/** A name and a path that nobody writes a rule for. */
const NAME = "ringfence-probe.invalid";
const REQUEST: L7Request = { kind: "http", method: "RINGFENCE", path: "/ringfence-probe", host: NAME, headers: {} };

function refusing(rule: LintRule, item: Json, index: number): readonly L7Item[] {
  const rules = isObject(item) ? item["rules"] : undefined;
  if (!isObject(item) || !isObject(rules)) return [];
  const path = `${elementPath(rule.ref.element)}.toPorts[${index}].rules`;
  const http = itemsOf(rules["http"]);
  if (http.length > 0 && !http.some(takesEveryRequest))
    return [{ rule, item, path: `${path}.http`, kind: "http", request: REQUEST }];
  const dns = itemsOf(rules["dns"]);
  if (dns.length > 0 && !dns.some(takesEveryName))
    return [{ rule, item, path: `${path}.dns`, kind: "dns", request: { kind: "dns", name: NAME } }];
  return [];
}

/** Method and path are expressions over the whole text; headers with a mismatch action refuse nothing. */
function takesEveryRequest(http: Json): boolean {
  if (!isObject(http)) return true;
  const isOpen = (key: string) => ["", ".*", "/.*", "^.*$", "^/.*$", "^/.*"].includes(String(http[key] ?? ""));
  const matches = itemsOf(http["headerMatches"]).filter((one) => isObject(one) && (one["mismatch"] ?? "") === "");
  return isOpen("method") && isOpen("path") && isOpen("host") && itemsOf(http["headers"]).length + matches.length === 0;
}

/** `**` is every name from 1.19 on, and one label before: taken for every name here. */
function takesEveryName(dns: Json): boolean {
  return !isObject(dns) || ["*", "**", "*.", "**."].includes(String(dns["matchPattern"] ?? ""));
}
