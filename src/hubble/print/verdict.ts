import { enumTextOf, type Message, partsOf, textOf } from "../message.ts";
import type { Colors } from "./color.ts";
import { isPolicyVerdict } from "./flow-type.ts";

/** Upstream: Printer.getVerdict: a policy verdict is in words of its own, and may name its policies. */
export function verdictText(flow: Message | undefined, isNamed: boolean, colors: Colors): string {
  const verdict = enumTextOf(flow, "verdict", "VERDICT_UNKNOWN");
  const text = (word: string, by: "allowed" | "denied") => {
    if (!isPolicyVerdict(flow)) return verdict;
    return isNamed ? word + policyNames(flow, by) : word;
  };
  switch (verdict) {
    case "FORWARDED":
    case "REDIRECTED":
      return colors.forwarded(text("ALLOWED", "allowed"));
    case "DROPPED":
    case "ERROR":
      return colors.dropped(text("DENIED", "denied"));
    case "AUDIT":
      return colors.audit(text("AUDITED", "denied"));
    case "TRACED":
      return colors.traced(verdict);
    case "TRANSLATED":
      return colors.translated(verdict);
    default:
      return verdict;
  }
}

/** ` BY name (kind), name (kind)`; policies without a name or kind are left out. */
function policyNames(flow: Message | undefined, by: "allowed" | "denied"): string {
  const direction = textOf(flow, "traffic_direction");
  if (direction !== "EGRESS" && direction !== "INGRESS") return "";
  const policies = partsOf(flow, `${direction.toLowerCase()}_${by}_by`);
  const names = policies
    .map((policy) => ({ name: textOf(policy, "name"), kind: textOf(policy, "kind") }))
    .filter(({ name, kind }) => name !== "" && kind !== "");
  return names.length === 0 ? "" : ` BY ${names.map(({ name, kind }) => `${name} (${kind})`).join(", ")}`;
}
