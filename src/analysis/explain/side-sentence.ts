import type { Direction, Ruling } from "#model/decision.ts";
import type { RulePlace } from "#model/rehearsal.ts";
import { endName } from "../end-name.ts";
import { rulePlace } from "../report-edge.ts";
import type { ExplainedSide, ExplainStage } from "./stage.ts";

/** Why a side that is not denied decides as it does. A denial's sentence is its cause's. */
export function sideSentence(side: ExplainedSide, stage: ExplainStage): string {
  const { ruling } = side;
  switch (ruling.decision) {
    case "allowed":
      return `${allowedBy(ruling, side, stage)}${proxyWords(ruling)}${authWords(ruling)}`;
    case "denied":
      return ruling.by.length > 0 ? "a deny rule takes it" : "no rule allows it";
    case "undecided":
      return ruling.missing.what;
  }
}

type Allowed = Extract<Ruling, { readonly decision: "allowed" }>;

function allowedBy(ruling: Allowed, side: ExplainedSide, { set }: ExplainStage): string {
  const [first] = ruling.by;
  if (first === undefined) return implicitWords(ruling.implicit, side);
  const more = ruling.by.length === 1 ? "" : ` and ${ruling.by.length - 1} more`;
  return `${placeWords(rulePlace(first, set.policies))}${more} ${ruling.by.length === 1 ? "allows" : "allow"} it`;
}

/** `api.yaml:12`, else the policy and element. */
export function placeWords(rule: RulePlace): string {
  if (rule.file === null || /\.json(\.gz)?$/.test(rule.file))
    return `${rule.policy.slice(rule.policy.indexOf("/") + 1)} ${rule.element}`;
  return rule.line === null ? `${rule.file} ${rule.element}` : `${rule.file}:${rule.line}`;
}

function implicitWords(implicit: string | null, { side, subject, walk }: ExplainedSide): string {
  const name = endName(subject);
  switch (implicit) {
    case "allow-localhost":
      return "a pod's own node is always let in (allow-localhost)";
    case "icmp-fragmentation-needed":
      return "path MTU discovery passes before any policy";
    case "default-allow":
      return `its policies leave ${side} open (enableDefaultDeny: false)`;
    default:
      return walk.selecting.length === 0 || walk.defaultDeny.length === 0
        ? `no policy isolates ${name} in ${side}`
        : "policy is not enforced there";
  }
}

function proxyWords({ redirect, l7, l7Reason }: Allowed): string {
  if (redirect === null) return "";
  const proxy = redirect === "unknown" ? "a proxy" : `the ${redirect} proxy`;
  switch (l7) {
    case "allowed":
      return `, and ${proxy} lets the request through`;
    case "denied":
      return `, but ${proxy} refuses the request: ${l7Reason ?? "no L7 rule takes it"}`;
    case "unseen":
    case null:
      return ` at L4, and ${proxy} decides each request${unseenHelp(redirect)}`;
  }
}

const REQUEST_FLAGS: Readonly<Record<string, string>> = { http: "--http", dns: "--dns", tls: "--sni" };

function unseenHelp(redirect: string): string {
  const flag = REQUEST_FLAGS[redirect];
  return flag === undefined ? "" : ` (give one with ${flag})`;
}

function authWords({ auth }: Allowed): string {
  if (auth === "required") return "; it needs mutual authentication";
  return auth === "test-always-fail" ? "; its authentication always fails" : "";
}

/** `egress of shop/web`. */
export function sideName(side: Direction, { subject }: Pick<ExplainedSide, "subject">): string {
  return `${side} of ${endName(subject)}`;
}
