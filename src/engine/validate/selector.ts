import { isObject, type JsonObject } from "#model/json.ts";
import { structsOf, textOf, textsOf } from "./fields.ts";
import { byKey, jsonString, quote } from "./go-text.ts";
import { labelKeyErrors, labelValueErrors, sourcedKeyErrors } from "./label-syntax.ts";
import { type Rejection, reject } from "./rejection.ts";
import type { Agent } from "./versions.ts";

/** A label selector whose keys stand as they are validated, with the place of each in the object. */
export type Selector = {
  readonly labels: readonly SelectorLabel[];
  readonly expressions: readonly SelectorExpression[];
};

export type SelectorLabel = { readonly key: string; readonly value: string; readonly path: string };

export type SelectorExpression = {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
  readonly path: string;
};

/**
 * Reads a decoded selector; `keyOf` turns a key as written into the key that is validated. Of two keys that become one
 * (`any:app`, `app`) upstream keeps one at random, mostly the last in sorted order: so does this.
 */
export function selectorOf(value: JsonObject, path: string, keyOf: (key: string) => string): Selector {
  const matchLabels = value["matchLabels"];
  const labels = new Map<string, SelectorLabel>();
  for (const [written, text] of isObject(matchLabels) ? Object.entries(matchLabels).sort(byKey) : []) {
    const key = keyOf(written);
    labels.set(key, { key, value: typeof text === "string" ? text : "", path: `${path}.matchLabels.${written}` });
  }
  return {
    labels: [...labels].sort(byKey).map(([, label]) => label),
    expressions: structsOf(value, "matchExpressions").map((expression, index) => ({
      key: keyOf(textOf(expression, "key")),
      operator: textOf(expression, "operator"),
      values: textsOf(expression, "values"),
      path: `${path}.matchExpressions[${index}]`,
    })),
  };
}

/** A selector of a Cilium policy. Upstream: EndpointSelector.Sanitize. */
export function checkEndpointSelector(value: JsonObject, path: string, agent: Agent): Rejection | null {
  const keyOf = agent.differs.selectorKeys === "extended" ? extendedKey : (key: string): string => key;
  return checkSelector(selectorOf(value, path, keyOf), agent);
}

/**
 * A key with its source in front, as selectors held it before 1.20: `app` → `any.app`, `k8s:app` → `k8s.app`,
 * `$host` → `reserved.host`. What follows `=` is cut. Upstream: pkg/labels GetExtendedKeyFrom.
 */
export function extendedKey(key: string): string {
  const [source, name] = isDottedReserved(key) ? ["reserved", key.slice("reserved.".length)] : splitSource(key);
  const end = name.indexOf("=");
  return `${source === "" ? "any" : source}.${end < 0 ? name : name.slice(0, end)}`;
}

/** `reserved.host` is written with its source too. Upstream: pkg/labels parseSource before 1.20. */
function isDottedReserved(key: string): boolean {
  return key.startsWith("reserved.") && !key.includes(":");
}

/** Upstream: pkg/labels parseSource. */
export function splitSource(key: string): readonly [source: string, name: string] {
  if (key.startsWith("$")) return ["reserved", key.slice(1)];
  const colon = key.indexOf(":");
  return colon < 0 ? ["", key] : [key.slice(0, colon), key.slice(colon + 1)];
}

/**
 * Everything wrong with a selector, in one text as apimachinery joins it. Where two labels are wrong, upstream names
 * them in random order; here sorted. Upstream: ValidateLabelSelector.
 */
export function checkSelector(selector: Selector, agent: Agent): Rejection | null {
  const errors = [...labelErrors(selector, agent), ...expressionErrors(selector, agent)];
  const first = errors[0];
  if (first === undefined) return null;
  const texts = [...new Set(errors.map((error) => error.text))];
  const joined = texts.length === 1 ? first.text : `[${texts.join(", ")}]`;
  return reject(first.path, `invalid label selector: ${joined}`, first.help);
}

type SelectorError = { readonly text: string; readonly help: string; readonly path: string };

const KEY_HELP =
  "a label key is a name of letters, digits, - _ . (63 at most), after an optional DNS domain and /, after an optional source as in k8s:";
const EXTENDED_KEY_HELP = `${KEY_HELP}; this version counts its own prefix any. too, so the name may have 59`;
const VALUE_HELP = "a label value has 63 letters, digits, - _ . at most, and begins and ends with a letter or digit";

function labelErrors(selector: Selector, agent: Agent): readonly SelectorError[] {
  return selector.labels.flatMap(({ key, value, path }) => [
    ...keyErrors(key, agent).map((text) => invalid("matchLabels", quote(key), text, keyHelp(agent), path)),
    ...labelValueErrors(value, agent.differs).map((text) =>
      invalid("matchLabels", quote(value), text, VALUE_HELP, path),
    ),
  ]);
}

function expressionErrors(selector: Selector, agent: Agent): readonly SelectorError[] {
  return selector.expressions.flatMap((expression, index) => {
    const { key, values, path } = expression;
    const field = `matchExpressions[${index}]`;
    return [
      ...operatorErrors(field, expression, agent),
      ...keyErrors(key, agent).map((text) => invalid(`${field}.key`, quote(key), text, keyHelp(agent), `${path}.key`)),
      ...values.flatMap((value, at) =>
        labelValueErrors(value, agent.differs).map((text) =>
          invalid(`${field}.values[${at}]`, quote(value), text, VALUE_HELP, `${path}.values[${at}]`),
        ),
      ),
    ];
  });
}

function keyHelp(agent: Agent): string {
  return agent.differs.selectorKeys === "extended" ? EXTENDED_KEY_HELP : KEY_HELP;
}

function keyErrors(key: string, agent: Agent): readonly string[] {
  const check = agent.differs.selectorKeys === "extended" ? labelKeyErrors : sourcedKeyErrors;
  return check(key, agent.differs);
}

function invalid(field: string, printed: string, text: string, help: string, path: string): SelectorError {
  return { text: `${field}: Invalid value: ${printed}: ${text}`, help, path };
}

function operatorErrors(field: string, expression: SelectorExpression, agent: Agent): readonly SelectorError[] {
  const { operator, values, path } = expression;
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length > 0) return [];
      return [
        {
          text: `${field}.values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
          help: "give at least one value, or use Exists or DoesNotExist",
          path,
        },
      ];
    case "Exists":
    case "DoesNotExist":
      if (values.length === 0) return [];
      return [
        {
          text: `${field}.values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
          help: "remove the values, or use In or NotIn",
          path: `${path}.values`,
        },
      ];
    default: {
      const printed = agent.differs.operatorPrinted === "json" ? jsonString(operator) : quote(operator);
      const help = "the operators are In, NotIn, Exists and DoesNotExist";
      return [invalid(`${field}.operator`, printed, "not a valid selector operator", help, `${path}.operator`)];
    }
  }
}
