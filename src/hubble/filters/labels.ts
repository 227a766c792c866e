import { type Label, parseLabels, requirementMatcher } from "../labels/match.ts";
import { parseSelector } from "../labels/selector.ts";
import { translateSelector } from "../labels/translate.ts";
import { type Message, partOf, textsOf } from "../message.ts";
import { type FilterField, type FlowPredicate, prefixed } from "./filter.ts";

/** Kubernetes selectors over labels with their sources. Upstream: pkg/hubble/filters/labels.go. */
export const labels: FilterField = (filter) => [
  ...byLabels(filter, "source_label", "source", (flow) => labelTexts(flow, "source")),
  ...byLabels(filter, "destination_label", "destination", (flow) => labelTexts(flow, "destination")),
  ...byLabels(filter, "node_labels", "node", (flow) => textsOf(flow, "node_labels")),
];

function labelTexts(flow: Message | undefined, end: string): readonly string[] {
  return textsOf(partOf(flow, end), "labels");
}

/** Recordings repeat their labels: so many answers are kept. */
const KEPT_ANSWERS = 1 << 14;

function byLabels(
  filter: Message,
  field: string,
  what: string,
  textsIn: (flow: Message | undefined) => readonly string[],
): readonly FlowPredicate[] {
  const selectors = textsOf(filter, field);
  if (selectors.length === 0) return [];
  const matchers = prefixed(`invalid ${what} label filter`, () => selectors.map(selectorMatcher));
  const known = new Map<string, boolean>();
  return [
    (flow) => {
      const texts = textsIn(flow);
      const key = texts.join("\u0000");
      const answer = known.get(key);
      if (answer !== undefined) return answer;
      const found = parseLabels(texts);
      const isMatch = matchers.some((matches) => matches(found));
      if (known.size >= KEPT_ANSWERS) known.clear();
      known.set(key, isMatch);
      return isMatch;
    },
  ];
}

function selectorMatcher(selector: string): (found: readonly Label[]) => boolean {
  const matchers = parseSelector(translateSelector(selector)).map(requirementMatcher);
  return (found) => matchers.every((matches) => matches(found));
}
