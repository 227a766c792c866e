import { valueAt } from "#analysis/element.ts";
import { endName } from "#analysis/end-name.ts";
import { podEnds } from "#analysis/known-ends.ts";
import { SURPRISES } from "#analysis/surprises.ts";
import { CHECKS } from "#lint/checks.ts";
import type { LintWorld } from "#lint/lint-world.ts";
import { specsOf } from "#lint/subjects.ts";
import type { End } from "#model/conversation.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { LintFinding } from "#model/lint.ts";
import { policyName, type PolicyObject } from "#model/policy.ts";
import type { ElementAt } from "./element-at.ts";

/** So many names of pods. */
const NAMED = 8;

/** What an editor shows over an element, as markdown; null where there is nothing to say. */
export function hoverText(at: ElementAt, world: LintWorld, findings: readonly LintFinding[]): string | null {
  const object = policyName(at.policy);
  const here = findings.filter(({ place }) => place.object === object && isAbove(place.path ?? "", at.path));
  const parts = [selectorText(at, world), ...here.map(findingText)].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join("\n\n---\n\n");
}

/** The finding's element is the one under the cursor, or holds it. */
function isAbove(path: string, at: string): boolean {
  return path !== "" && (at === path || at.startsWith(`${path}.`) || at.startsWith(`${path}[`));
}

function findingText({ check, message, help }: LintFinding): string {
  const why = CHECKS.find(({ id }) => id === check)?.why ?? SURPRISES.find(({ id }) => id === check)?.id ?? "";
  return [`**${check}**: ${message}`, help, why].filter((text) => text !== "").join("\n\n");
}

const SUBJECT = /^(spec|specs\[\d+\])\.(?:endpointSelector|podSelector)/;
const PEER =
  /^((?:spec|specs\[\d+\])\.((?:ingress|egress)(?:Deny)?)\[\d+\])\.(fromEndpoints|toEndpoints|from|to)\[(\d+)\]/;
const OTHER_PEER =
  /^((?:spec|specs\[\d+\])\.((?:ingress|egress)(?:Deny)?)\[\d+\])\.((?:from|to)(?:Entities|CIDR|CIDRSet|FQDNs|Services|Nodes))/;

function selectorText({ policy, path }: ElementAt, world: LintWorld): string | null {
  const subject = SUBJECT.exec(path);
  if (subject !== null) return subjectText(policy, subject[1] ?? "spec", world);
  const peer = PEER.exec(path);
  if (peer !== null) return peerText(policy, peer, world);
  const other = OTHER_PEER.exec(path);
  return other === null ? null : otherPeerText(policy, other, world);
}

function subjectText(policy: PolicyObject, path: string, world: LintWorld): string | null {
  const spec = specsOf(policy).find((one) => one.path === path);
  if (spec === undefined) return null;
  const { isReal, ends } = world.subjects(spec);
  return isReal ? matchText(ends) : "which pods this selects is not known: no objects were given";
}

/** One selector of a rule's peers: asked of the engine by a policy that holds it alone. */
function peerText(policy: PolicyObject, found: RegExpExecArray, world: LintWorld): string | null {
  const [, rule = "", section = "", field = "", index = ""] = found;
  const selector = valueAt(policy.value, `${rule}.${field}[${index}]`);
  return selector === undefined ? null : matching(policy, { section, value: { [field]: [selector] } }, world);
}

function otherPeerText(policy: PolicyObject, found: RegExpExecArray, world: LintWorld): string | null {
  const [, rule = "", section = "", field = ""] = found;
  const list = valueAt(policy.value, `${rule}.${field}`);
  if (!Array.isArray(list)) return null;
  if (field === "toFQDNs") return namesText(list, world);
  return matching(policy, { section, value: { [field]: list } }, world);
}

type Alone = { readonly section: string; readonly value: JsonObject };

function matching(policy: PolicyObject, { section, value }: Alone, world: LintWorld): string | null {
  const element = `${section}[0]`;
  const spec = { endpointSelector: {}, podSelector: {}, [section]: [value] };
  const { specs: _, ...rest } = policy.value;
  const alone: PolicyObject = { ...policy, value: { ...rest, spec } };
  const engine = world.alone(alone);
  if (engine.policies.some(({ valid }) => !valid)) return null;
  const rule = { policy: policyName(policy), element };
  const ends = world.causes.ends.filter((end) => engine.selectsPeer(rule, end));
  return ends.length === 0 && world.causes.ends.length === 0
    ? "which peers this takes is not known: no objects and no recording were given"
    : matchText(ends);
}

/** `matches 3 pods: shop/web, …`. */
export function matchText(ends: readonly End[]): string {
  const pods = podEnds(ends);
  const others = [...new Set(ends.filter((end) => end.kind !== "pod").map(endName))].sort();
  const count = pods.reduce((sum, end) => sum + Math.max(1, end.podCount), 0);
  const names = [...new Set(pods.map(endName))].sort();
  const shown = names.slice(0, NAMED).map((name) => `\`${name}\``);
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : "";
  const podText =
    count === 0 ? "matches no pod" : `matches ${count} ${count === 1 ? "pod" : "pods"}: ${shown.join(", ")}${more}`;
  const rest = others.slice(0, NAMED).map((name) => `\`${name}\``);
  if (rest.length === 0) return podText;
  return count === 0 ? `matches ${rest.join(", ")}` : `${podText}; also ${rest.join(", ")}`;
}

function namesText(list: readonly Json[], world: LintWorld): string {
  const asked = [...new Set([...world.facts.askedBy.values()].flatMap((names) => [...names]))].sort();
  if (asked.length === 0) return "which names this takes is not known: no recording with DNS was given";
  const wanted = list.filter(isObject).flatMap((one) => [one["matchName"], one["matchPattern"]]);
  const shown = wanted.filter((text) => typeof text === "string").map((text) => `\`${text}\``);
  return `${shown.join(", ")}: ${asked.length} names were asked for in the recording`;
}
