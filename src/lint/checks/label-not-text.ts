import type { Check, Found } from "../check.ts";
import type { LintWorld } from "../lint-world.ts";
import { foundOfSaid, type Said, saidOf } from "../said.ts";

export const labelNotText: Check = {
  id: "label-not-text",
  severity: "error",
  title: "a label value that YAML reads as a number or a truth value",
  why: "kubectl, Helm and GitOps read YAML 1.1: `y`, `yes`, `on`, `no` and `off` are truth values there, `1.10` is the number 1.1. Labels are texts, so the API server refuses the object; a template that quotes the printed value instead asks for the label `true`.",
  limits: "Labels, annotations, names and selectors alone; other fields of the wrong type are `schema`.",
  needs: [],
  claims: ["not-text"],
  find: (world) => [...saidOf(world, "not-text").map(foundOfText), ...selectorValues(world)],
  bad: `
name: a bare y
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {metrics: true}}
      ingress: [{fromEntities: [cluster]}]
`,
  good: `
name: quoted
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {metrics: "true"}}
      ingress: [{fromEntities: [cluster]}]
`,
};

/** True for what the schema says of a value in a selector or among labels that is no text. */
export function isLabelNotText({ finding, path }: Said): boolean {
  const isType = /is the (number|boolean) .*, not a text/.test(finding.message);
  return isType && /(?:matchLabels\.|matchExpressions\[\d+\]\.values\[|^metadata\.(?:labels|annotations)\.)/.test(path);
}

function selectorValues(world: LintWorld): readonly Found[] {
  const known = new Set(saidOf(world, "not-text").map(({ policy, path }) => `${policy?.name} ${path}`));
  return saidOf(world, "schema")
    .filter((one) => isLabelNotText(one) && !known.has(`${one.policy?.name} ${one.path}`))
    .map(foundOfText);
}

/** What was written is not known any more: only what YAML made of it. */
function foundOfText(said: Said): Found {
  const { message } = said.finding;
  const found = foundOfSaid(said);
  if (/the boolean true/.test(message))
    return { ...found, help: "put it in quotes as it is written: y, yes, on and true all read as true" };
  if (/the boolean false/.test(message))
    return { ...found, help: "put it in quotes as it is written: n, no, off and false all read as false" };
  return { ...found, help: "put it in quotes as it is written: 1.10 reads as 1.1, and 010 as 8" };
}
