import { isObject } from "#model/json.ts";
import type { PolicyObject } from "#model/policy.ts";
import type { Check, Found } from "../check.ts";
import { type Rejected, rejections, restsOn } from "../rejections.ts";

export const specsVoid: Check = {
  id: "specs-void",
  severity: "error",
  title: "one bad element of specs voids the object",
  why: "CiliumNetworkPolicy.Parse reads `spec` and every element of `specs`, and stops at the first that Sanitize refuses: nothing of the object is taken, the good elements neither. Whoever loses the object loses every isolation and every allow in it.",
  limits: "An object with a single rule is status-invalid.",
  needs: [],
  find: (world) => rejections(world).flatMap((one) => (restsOn(one, world) === "setting" ? [] : foundOf(one))),
  bad: `
name: the second of two
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: shop, namespace: shop}
    specs:
      - endpointSelector: {matchLabels: {app: web}}
        ingress: [{fromEntities: [cluster]}]
      - endpointSelector: {matchLabels: {app: api}}
        ingress: []
`,
  good: `
name: both are rules
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: shop, namespace: shop}
    specs:
      - endpointSelector: {matchLabels: {app: web}}
        ingress: [{fromEntities: [cluster]}]
      - endpointSelector: {matchLabels: {app: api}}
        ingress: [{}]
`,
};

function foundOf({ policy, path, error, help }: Rejected): readonly Found[] {
  const element = /^specs\[\d+\]|^spec(?=\.|$)/.exec(path)?.[0];
  const others = countRules(policy) - 1;
  if (element === undefined || others < 1) return [];
  const them = others === 1 ? "the other one is" : `the other ${others} are`;
  return [
    {
      policy,
      path,
      message: `${element} is rejected (${error}), and that voids the object: ${them} not in force either`,
      help,
    },
  ];
}

/** `spec` and the elements of `specs`. */
function countRules({ value }: PolicyObject): number {
  const several = Array.isArray(value["specs"]) ? value["specs"].length : 0;
  return several + (isObject(value["spec"]) ? 1 : 0);
}
