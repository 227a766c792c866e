import { isObject, type Json } from "#model/json.ts";
import { checkFieldMask } from "#hubble/flags/field-mask.ts";
import type { Message } from "#hubble/message.ts";

type Mask = Map<string, Mask>;

/**
 * Leaves of flows only the fields of a mask; node and time of the envelope are taken from what is left, so they go
 * unless the mask holds them. null for an empty mask, which leaves everything. Throws FlagError for a path that a Flow
 * does not have. Upstream: fieldmask.New, Copy; LocalObserverServer.GetFlows.
 */
export function flowMask(paths: readonly string[]): ((response: Message) => Message) | null {
  if (paths.length === 0) return null;
  checkFieldMask(paths);
  const mask: Mask = new Map();
  for (const path of paths) addPath(mask, path.split("."));
  return (response) => {
    const { flow } = response;
    if (!isObject(flow)) return response;
    const left = masked(flow, mask);
    const { node_name: node, time } = left;
    return {
      flow: left,
      ...(node === undefined ? {} : { node_name: node }),
      ...(time === undefined ? {} : { time }),
    };
  };
}

/** A whole field takes in what lies inside it. */
function addPath(mask: Mask, [name = "", ...rest]: readonly string[]): void {
  const inner = mask.get(name);
  if (rest.length === 0) mask.set(name, new Map());
  else if (inner === undefined) {
    const next: Mask = new Map();
    mask.set(name, next);
    addPath(next, rest);
  } else if (inner.size > 0) addPath(inner, rest);
}

function masked(message: Message, mask: Mask): Message {
  const left: Record<string, Json> = {};
  for (const [name, value] of Object.entries(message)) {
    const inner = mask.get(name);
    if (inner === undefined) continue;
    left[name] = inner.size > 0 && isObject(value) ? masked(value, inner) : value;
  }
  return left;
}
