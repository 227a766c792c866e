import { elementPath } from "#model/policy.ts";
import { itemsAt } from "#analysis/element.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { LintRule } from "./lint-world.ts";

/** One entry of a rule's ports as it is written. `listPath`: the `ports` list that holds it. */
export type WrittenPort = {
  readonly path: string;
  readonly listPath: string;
  readonly value: JsonObject;
  /** As text; "" when it names none. */
  readonly port: string;
  /** `ANY` when it names none; a NetworkPolicy's default is TCP. */
  readonly protocol: string;
  readonly endPort: number | null;
};

/** The ports of a rule: `toPorts[].ports[]`, of a NetworkPolicy `ports[]`. */
export function writtenPorts({ policy, ref }: Pick<LintRule, "policy" | "ref">): readonly WrittenPort[] {
  const base = elementPath(ref.element);
  const isKnp = policy.kind === "NetworkPolicy";
  const lists = isKnp ? [`${base}.ports`] : itemsAt(policy.value, `${base}.toPorts`).map(({ path }) => `${path}.ports`);
  return lists.flatMap((listPath) =>
    itemsAt(policy.value, listPath).flatMap(({ path, value }) => portOf(path, listPath, value, isKnp)),
  );
}

function portOf(path: string, listPath: string, value: Json, isKnp: boolean): readonly WrittenPort[] {
  if (!isObject(value)) return [];
  const { port, endPort, protocol } = value;
  return [
    {
      ...{ path, listPath, value },
      port: port === undefined ? "" : String(port),
      protocol: typeof protocol === "string" && protocol !== "" ? protocol : isKnp ? "TCP" : "ANY",
      endPort: typeof endPort === "number" ? endPort : null,
    },
  ];
}

/** The number of a port that is written as one and no range; null otherwise. 0 stands for every port. */
export function plainNumber({ port, endPort }: WrittenPort): number | null {
  return /^[1-9]\d*$/.test(port) && endPort === null ? Number(port) : null;
}
