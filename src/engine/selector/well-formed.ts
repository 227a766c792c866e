import type { EndpointSelector } from "./selector.ts";
import { labelKeyErrors, labelValueErrors } from "../validate/label-syntax.ts";

/** True for a selector that Kubernetes takes, its keys written `k8s.name`. Upstream: apimachinery labels.NewRequirement. */
export function isWellFormed({ labels, expressions }: EndpointSelector): boolean {
  const wording = { labelKeyNoun: "a qualified name", lengthUnit: "bytes" } as const;
  const isKey = (key: string) => labelKeyErrors(key.replace(":", "."), wording).length === 0;
  const isValue = (value: string) => labelValueErrors(value, wording).length === 0;
  return (
    [...labels].every(([key, value]) => isKey(key) && isValue(value)) &&
    expressions.every(({ key, operator, values }) => {
      const counts = operator === "In" || operator === "NotIn" ? values.length > 0 : values.length === 0;
      return operator !== "unknown" && counts && isKey(key) && values.every(isValue);
    })
  );
}
