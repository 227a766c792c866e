import type { Check } from "../check.ts";
import { foundOfSaid, saidOf } from "../said.ts";
import { isLabelNotText } from "./label-not-text.ts";

export const schema: Check = {
  id: "schema",
  severity: "error",
  title: "what the API server refuses",
  why: "Every policy kind has a schema that the API server holds it against: types, enumerations, patterns of ports and names, required fields. `kubectl apply` fails on such an object, and a sync stops there with whatever came after it.",
  limits:
    "Placeholders that Flux or envsubst fill in are not judged. Unknown fields are not refused: see unknown-field.",
  needs: [],
  yieldsTo: ["rule-shape", "removed-feature"],
  claims: ["schema"],
  find: (world) =>
    saidOf(world, "schema")
      .filter((one) => !isLabelNotText(one))
      .map(foundOfSaid),
  bad: `
name: an entity in capitals
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress: [{toEntities: [World]}]
`,
  good: `
name: as the schema has it
objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      endpointSelector: {matchLabels: {app: web}}
      egress: [{toEntities: [world]}]
`,
};
