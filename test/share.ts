/**
 * How much of the long suites runs: `npm test` takes one in three, in a fixed order, so that it stays quick; with
 * RINGFENCE_FULL=1, as in .ci/run, everything.
 */
export const SHARE = process.env["RINGFENCE_FULL"] === "1" ? 1 : 3;

/** True for what runs, by its place in its suite. */
export function isInShare(index: number): boolean {
  return index % SHARE === 0;
}
