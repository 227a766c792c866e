import type { Json } from "#model/json.ts";
import type { Position } from "#model/place.ts";

/** A mapping that names one key twice; kubectl takes the last one without a word. */
export type DuplicateKey = { readonly key: string; readonly position: Position };

/**
 * One value read from YAML or JSON text that still knows where its parts stand. Positions are worked out when they are
 * asked for: a cluster dump of many megabytes needs those of its policies only.
 */
export type SourceObject = {
  readonly value: Json;
  readonly position: Position;
  /** Element path below this value (`spec.egress[0].toFQDNs[1]`; "" is the value itself) → its position. */
  readonly positions: () => Readonly<Record<string, Position>>;
  /** Keys given twice anywhere below. */
  readonly duplicates: () => readonly DuplicateKey[];
  /** The elements of the list at `key`, as values of their own. Empty when it is no list. */
  readonly elements: (key: string) => readonly SourceObject[];
};

/** A text that cannot be read, with the offset at which reading stopped. Turned into a UserError by `readObjects`. */
export class TextProblem extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.name = "TextProblem";
    this.offset = offset;
  }
}

/** Sets a key that may be `__proto__` without touching the prototype. */
export function setKey(target: Record<string, Json>, key: string, value: Json): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}
