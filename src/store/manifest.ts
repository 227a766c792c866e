import type { Gap } from "#model/coverage.ts";

/** The form of segments that this version writes; it reads this one only. */
export const FORMAT = 1;
export const MANIFEST = "manifest.json";

/** One segment's own account: a directory is one when its manifest is whole and its files are as long as it says. */
export type Manifest = {
  readonly format: number;
  readonly name: string;
  /** Hours since 1970. */
  readonly hour: number;
  /** Which run of the recorder wrote it, and its place among that run's segments. */
  readonly run: number;
  readonly sequence: number;
  /** True when nothing more of this hour came in that run. */
  readonly isFinal: boolean;
  /** Earlier segments whose conversations it holds as well: theirs are out of date, their events are not. */
  readonly supersedes: readonly string[];
  /** Earlier segments of which it holds everything. */
  readonly replaces: readonly string[];
  readonly from: number | null;
  readonly to: number | null;
  readonly flows: number;
  readonly conversations: number;
  readonly events: number;
  /** Events that should have been kept and were not, for lack of room. */
  readonly eventsDropped: number;
  /** Noticed by the recorder; those that the events tell stand in the state. */
  readonly gaps: readonly Gap[];
  /** When each node was heard. */
  readonly nodes: readonly { readonly name: string; readonly from: number; readonly to: number }[];
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly writtenAt: number;
};

/** The manifest in a text; null when it is none of this format. */
export function readManifest(text: string): Manifest | null {
  const value = jsonOf(text);
  const isWhole = typeof value === "object" && value !== null && value.format === FORMAT && Array.isArray(value.files);
  return isWhole ? value : null;
}

function jsonOf(text: string): Manifest | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * The segments that count, oldest first: those that others hold everything of are passed over, whatever still lies about
 * (the writer died between writing the one and removing the others).
 */
export function currentSegments(manifests: readonly Manifest[]): readonly Manifest[] {
  const replaced = new Set(manifests.flatMap(({ replaces }) => replaces));
  return manifests
    .filter(({ name }) => !replaced.has(name))
    .sort((a, b) => a.hour - b.hour || a.run - b.run || a.sequence - b.sequence);
}

/** Those among them whose conversations are not held by a later one. */
export function stateSegments(current: readonly Manifest[]): readonly Manifest[] {
  const superseded = new Set(current.flatMap(({ supersedes }) => supersedes));
  return current.filter(({ name }) => !superseded.has(name));
}

export function bytesOf({ files }: Manifest): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
