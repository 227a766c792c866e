import { itemsAt } from "#analysis/element.ts";
import { isObject, type Json } from "#model/json.ts";
import { elementPath } from "#model/policy.ts";
import type { LintRule } from "./lint-world.ts";

/** A CIDR as a rule has it; a plain address is one of full length. `except`: prefixes taken out, with their paths. */
export type WrittenCidr = {
  readonly path: string;
  readonly cidr: string;
  readonly except: readonly { readonly path: string; readonly cidr: string }[];
};

/** The CIDRs of a rule: `fromCIDR`, `toCIDRSet` and their like, `ipBlock` of a NetworkPolicy. */
export function writtenCidrs({ policy, ref, direction }: LintRule): readonly WrittenCidr[] {
  const base = elementPath(ref.element);
  const side = direction === "egress" ? "to" : "from";
  const fields = policy.kind === "NetworkPolicy" ? [side] : [`${side}CIDR`, `${side}CIDRSet`];
  return fields.flatMap((field) =>
    itemsAt(policy.value, `${base}.${field}`).flatMap(({ path, value }) => cidrOf(path, value)),
  );
}

function cidrOf(path: string, value: Json): readonly WrittenCidr[] {
  if (typeof value === "string") {
    const cidr = value.includes("/") ? value : `${value}/${value.includes(":") ? 128 : 32}`;
    return [{ path, cidr, except: [] }];
  }
  if (!isObject(value)) return [];
  const isBlock = isObject(value["ipBlock"]);
  const block = isObject(value["ipBlock"]) ? value["ipBlock"] : value;
  const at = isBlock ? `${path}.ipBlock` : path;
  const except = itemsAt(block, "except").flatMap((item) =>
    typeof item.value === "string" ? [{ path: `${at}.${item.path}`, cidr: item.value }] : [],
  );
  return typeof block["cidr"] === "string" ? [{ path, cidr: block["cidr"], except }] : [];
}
