import { isObject, type Json } from "#model/json.ts";
import type { Difference } from "./judge.ts";
import { changeAt, pathsOf } from "./odd.ts";
import type { FuzzWorld } from "./world.ts";

/** Says of each candidate whether the difference is still there. */
export type StillDiffers = (candidates: readonly FuzzWorld[]) => Promise<readonly boolean[]>;

/** At once: the oracle answers a batch in little more time than one world. */
const BATCH = 24;
/** Rounds without end would be a bug of the shrinker: each takes something away. */
const MAX_ROUNDS = 40;

/**
 * The smallest world in which the difference remains: its connection alone, and nothing that could be left out, be it
 * an object, a rule or an element of a list.
 */
export async function shrink(
  world: FuzzWorld,
  { of }: Pick<Difference, "of">,
  differs: StillDiffers,
): Promise<FuzzWorld> {
  const only = typeof of === "number" ? world.connections.slice(of, of + 1) : [];
  let small =
    (await firstThatDiffers(
      [
        { ...world, connections: only, dns: [] },
        { ...world, connections: only },
      ],
      differs,
    )) ?? world;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const smaller = await sweep(small, differs);
    if (smaller === small) return small;
    small = smaller;
  }
  return small;
}

/** One pass over everything that could go, the largest first. What went makes the list of the rest anew. */
async function sweep(world: FuzzWorld, differs: StillDiffers): Promise<FuzzWorld> {
  let small = world;
  for (let at = 0; at < smallerWorlds(small).length; ) {
    const candidates = smallerWorlds(small).slice(at, at + BATCH);
    const found = (await differs(candidates)).indexOf(true);
    const next = candidates[found];
    if (next === undefined) at += BATCH;
    else {
      small = next;
      at += found;
    }
  }
  return small;
}

async function firstThatDiffers(
  candidates: readonly FuzzWorld[],
  differs: StillDiffers,
): Promise<FuzzWorld | undefined> {
  return candidates[(await differs(candidates)).indexOf(true)];
}

/** Each with one element less: halves of the objects first, then element by element, the outer before the inner. */
function smallerWorlds(world: FuzzWorld): readonly FuzzWorld[] {
  const { objects, dns, connections, config } = world;
  const half = Math.ceil(objects.length / 2);
  const halves = objects.length > 3 ? [objects.slice(half), objects.slice(0, half)] : [];
  const parts: Json = { objects, dns, config: { ...config }, connections };
  const paths = pathsOf(parts)
    .filter((path) => path.length > 1)
    .sort((a, b) => a.length - b.length);
  return [
    ...halves.map((kept) => ({ ...world, objects: kept })),
    ...paths.flatMap((path): FuzzWorld[] => {
      const less = changeAt(parts, path, () => undefined);
      return isObject(less) ? [{ ...world, ...(less as object) }] : [];
    }),
  ];
}
