import type { JsonObject } from "#model/json.ts";

/** A selector that policies are written with: labels it must have, keys it must not have, keys with one of several values. */
export type LabelSelector = {
  readonly labels: Readonly<Record<string, string>>;
  readonly absent: readonly string[];
  readonly oneOf: Readonly<Record<string, readonly string[]>>;
};

export const EVERY_POD: LabelSelector = { labels: {}, absent: [], oneOf: {} };

/** As Kubernetes writes it, keys in order; `{}` selects everything. */
export function selectorJson({ labels, absent, oneOf }: LabelSelector): JsonObject {
  const matchLabels = Object.fromEntries(Object.entries(labels).sort(byKey));
  const matchExpressions = [
    ...Object.entries(oneOf)
      .sort(byKey)
      .map(([key, values]) => ({ key, operator: "In", values: [...values].sort() })),
    ...[...absent].sort().map((key) => ({ key, operator: "DoesNotExist" })),
  ];
  return {
    ...(Object.keys(matchLabels).length === 0 ? {} : { matchLabels }),
    ...(matchExpressions.length === 0 ? {} : { matchExpressions }),
  };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
