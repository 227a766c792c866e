import { RE2JS } from "re2js";
import { itemsOf } from "#analysis/surprises/written-rules.ts";
import type { Conversation } from "#model/conversation.ts";
import { isObject } from "#model/json.ts";
import { elementPath, type PolicyObject } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";

export const l7Regex: Check = {
  id: "l7-regex",
  severity: "warn",
  title: "an HTTP path that does not match what it is meant to",
  why: "method, path and host of an HTTP rule are RE2 expressions that Envoy matches against the whole text, and the path is the raw one with its query string: `/api` takes neither `/api/items` nor `/api?page=2`. A path that does not begin with a slash matches no request, and `^` and `$` add nothing.",
  limits:
    "Whether more was meant is told by recorded requests alone; without flows only what can match nothing, and the superfluous anchors.",
  needs: [],
  find: (world) => [...httpRules(world).flatMap(written), ...refused(world)],
  bad: `
name: no slash in front
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEntities: [cluster]
          toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET, path: "api/.*"}]}}]
`,
  good: `
name: the whole path
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      ingress:
        - fromEntities: [cluster]
          toPorts: [{ports: [{port: "8080", protocol: TCP}], rules: {http: [{method: GET, path: "/api/.*"}]}}]
`,
};

type HttpRule = {
  readonly policy: PolicyObject;
  readonly path: string;
  readonly rule: string;
  readonly pattern: string;
};

/** Every HTTP rule with a path. */
function httpRules(world: LintWorld): readonly HttpRule[] {
  return world.rules.flatMap(({ policy, ref, value }) =>
    itemsOf(value["toPorts"]).flatMap((item, port) => {
      const rules = isObject(item) ? item["rules"] : undefined;
      return itemsOf(isObject(rules) ? rules["http"] : undefined).flatMap((http, index) => {
        if (!isObject(http) || typeof http["path"] !== "string" || http["path"] === "") return [];
        const path = `${elementPath(ref.element)}.toPorts[${port}].rules.http[${index}].path`;
        return [{ policy, path, rule: `${ref.policy} ${ref.element}`, pattern: http["path"] }];
      });
    }),
  );
}

function written({ policy, path, pattern }: HttpRule): readonly Found[] {
  if (/^\^?[A-Za-z0-9_-]/.test(pattern) && !pattern.includes("|")) {
    const message = `\`${pattern}\` matches no request: paths begin with a slash, and the expression has to match the whole path`;
    return [{ policy, path, severity: "error", message, help: `write \`/${pattern.replace(/^\^/, "")}\`` }];
  }
  if (!/^\^|[^\\]\$$/.test(pattern) || pattern.includes("|")) return [];
  const message = `\`${pattern}\` matches the whole path anyway: the anchors add nothing`;
  return [
    { policy, path, severity: "info", message, help: `write \`${pattern.replace(/^\^/, "").replace(/\$$/, "")}\`` },
  ];
}

/** Recorded requests that are refused, and that a rule of the endpoint nearly takes. */
function refused(world: LintWorld): readonly Found[] {
  if (world.conversations.every((one) => one.requests.every(({ request }) => request.kind !== "http"))) return [];
  const rules = new Map<string, HttpRule[]>();
  for (const rule of httpRules(world)) rules.set(rule.rule, [...(rules.get(rule.rule) ?? []), rule]);
  const groups = new Map<
    string,
    { readonly rule: HttpRule; readonly why: string; readonly path: string; readonly conversations: Set<Conversation> }
  >();
  for (const { denial } of world.denied()) {
    const taking = denial.walk.candidates.filter((one) => !one.deny && one.fails === "none");
    const nearby = taking.flatMap(({ rule }) => rules.get(`${rule.policy} ${rule.element}`) ?? []);
    for (const { request } of denial.refused) {
      if (request.kind !== "http") continue;
      for (const rule of nearby) {
        const why = nearMiss(rule.pattern, request.path);
        if (why === null) continue;
        const key = `${rule.rule} ${rule.path} ${why}`;
        const group = groups.get(key) ?? { rule, why, path: request.path, conversations: new Set<Conversation>() };
        group.conversations.add(denial.conversation);
        groups.set(key, group);
      }
    }
  }
  return [...groups.values()].map(({ rule, why, path, conversations }) => ({
    ...{ policy: rule.policy, path: rule.path, conversations: [...conversations] },
    message: `\`${rule.pattern}\` does not match \`${path}\`: ${why}`,
    help: why.includes("query")
      ? `write \`${rule.pattern}(\\?.*)?\``
      : `write \`${rule.pattern.replace(/\/$/, "")}(/.*)?\` if all below it is meant`,
  }));
}

function nearMiss(pattern: string, path: string): string | null {
  const [plain = "", query] = path.split("?");
  if (query !== undefined && matches(pattern, plain)) return "the query string is part of the path that is matched";
  const isLiteral = /^\/[\w/.-]*$/.test(pattern) && pattern.length > 1;
  return isLiteral && plain.startsWith(`${pattern.replace(/\/$/, "")}/`)
    ? "the expression has to match the whole path, not its beginning"
    : null;
}

function matches(pattern: string, text: string): boolean {
  try {
    return RE2JS.compile(pattern).matches(text);
  } catch {
    return false;
  }
}
