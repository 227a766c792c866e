import { type Message, textsOf } from "../message.ts";
import { FilterError, type FlowPredicate } from "./filter.ts";

export type NamespacedName = readonly [namespace: string, name: string];

/** `ns/prefix`, `ns/`, `/prefix`, `prefix` in the namespace default. Upstream: pkg/hubble/filters/k8s.go, pkg/hubble/k8s ParseNamespaceName. */
export function byNamespacedName(
  filter: Message,
  field: string,
  nameOf: (flow: Message | undefined) => NamespacedName,
): readonly FlowPredicate[] {
  const wanted = textsOf(filter, field).map(parseName);
  if (wanted.length === 0) return [];
  return [
    (flow) => {
      const [namespace, name] = nameOf(flow);
      if (namespace === "" && name === "") return false;
      return wanted.some(([ns, prefix]) => name.startsWith(prefix) && (ns === "" || ns === namespace));
    },
  ];
}

/** Only the first two parts of `a/b/c` count. */
function parseName(text: string): NamespacedName {
  if (text === "") throw new FilterError("invalid filter, name must not be empty");
  const [first = "", second] = text.split("/");
  return second === undefined ? ["default", first] : [first, second];
}
