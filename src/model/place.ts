/** Line and column in a source text, both from 1. */
export type Position = readonly [line: number, column: number];

/**
 * Where something stands: a file and position, an object, an element of it, or any part of these that is known.
 * `object` is kind/namespace/name (kind/name when cluster-scoped); `path` is the element as in
 * `spec.egress[0].toFQDNs[1]`. `byte` is an offset into a recording, from 0.
 */
export type Place = {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly byte?: number;
  readonly object?: string;
  readonly path?: string;
};

/** `file:line:column`, or the object, whichever is known; "" when neither is. */
export function placeText(place: Place): string {
  if (place.file === undefined) return place.object ?? "";
  if (place.line !== undefined) {
    return place.column === undefined ? `${place.file}:${place.line}` : `${place.file}:${place.line}:${place.column}`;
  }
  return place.byte === undefined ? place.file : `${place.file}: byte ${place.byte}`;
}
