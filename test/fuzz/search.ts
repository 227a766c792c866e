import type { CiliumMinor } from "#model/profile.ts";
import { type Difference, type Judgement, judge } from "./judge.ts";
import { type Oracle, type OracleAnswer, stableAnswer } from "./oracle.ts";
import { shrink } from "./shrink.ts";
import { type FuzzWorld, makeWorld } from "./world.ts";

export type Tally = {
  worlds: number;
  decisions: number;
  unanswered: number;
  keys: number;
  differences: number;
  /** Keys that Cilium's engine itself answers now so, now otherwise. */
  unstable: number;
  /** Keys that Cilium's engine answers otherwise when the world's other connections are left out: what it resolved before counts. */
  ordered: number;
  /** Batches that an oracle did not survive. */
  lost: number;
};

export const NO_TALLY: Tally = {
  ...{ worlds: 0, decisions: 0, unanswered: 0, keys: 0 },
  ...{ differences: 0, unstable: 0, ordered: 0, lost: 0 },
};

/** A difference in its smallest world, with Cilium's answer as the expectation. */
export type Found = { readonly difference: Difference; readonly world: FuzzWorld; readonly answer: OracleAnswer };

export type Search = {
  readonly seed: number;
  readonly minor?: CiliumMinor | undefined;
  /** This search is number `part` of `parts`, each of which takes its own batches. */
  readonly part: number;
  readonly parts: number;
  readonly oracle: Oracle;
  /** Asked before each batch. */
  readonly isOver: () => boolean;
  readonly onFound: (found: Found) => void;
  readonly onTally: (tally: Tally) => void;
};

const BATCH = 48;
/** Asked so often, an answer that depends on the order of Go's maps has shown both its faces. */
const TIMES = 8;
/** More differences than that are counted and not shrunk: somebody has to look at these first. */
const MAX_SHRUNK = 40;

/** Asks the oracle for batch after batch, while the batch before is compared, until it is over. */
export async function search(options: Search): Promise<Tally> {
  const tally = { ...NO_TALLY };
  const shrunk = { count: 0 };
  let batch = options.part;
  let asked = askBatch(options, batch);
  while (!options.isOver()) {
    const current = asked;
    batch += options.parts;
    asked = askBatch(options, batch);
    const { worlds, answers } = await current;
    if (answers === null) tally.lost += 1;
    for (const [index, answer] of (answers ?? []).entries()) {
      await compare(worlds[index] as FuzzWorld, answer, { options, tally, shrunk });
    }
    options.onTally(tally);
  }
  await asked;
  return tally;
}

async function askBatch({ seed, minor, oracle }: Search, batch: number) {
  const worlds = Array.from({ length: BATCH }, (_, at) => makeWorld({ seed, index: batch * BATCH + at, minor }));
  try {
    return { worlds, answers: await oracle.ask(worlds) };
  } catch (error) {
    console.error(`batch ${batch} is lost: ${error instanceof Error ? error.message : String(error)}`);
    return { worlds, answers: null };
  }
}

type State = { readonly options: Search; readonly tally: Tally; readonly shrunk: { count: number } };

async function compare(world: FuzzWorld, answer: OracleAnswer, { options, tally, shrunk }: State): Promise<void> {
  const judgement = judge(world, answer);
  count(tally, judgement);
  if (judgement.differences.length === 0) return;
  const stable = judge(world, await askOften(world, options.oracle)).differences;
  tally.unstable += judgement.differences.length - stable.length;
  const own = await withoutOrder(world, stable, options.oracle);
  tally.ordered += stable.length - own.length;
  tally.differences += own.length;
  const [difference] = own;
  if (difference === undefined || shrunk.count >= MAX_SHRUNK) return;
  shrunk.count += 1;
  const small = await shrink(world, difference, (candidates) => differ(candidates, difference.key, options.oracle));
  const smallAnswer = await askOften(small, options.oracle);
  const left = judge(small, smallAnswer).differences.find(({ key }) => key === difference.key);
  options.onFound({ difference: left ?? difference, world: small, answer: smallAnswer });
}

function count(tally: Tally, { decisions, unanswered, keys }: Judgement): void {
  tally.worlds += 1;
  tally.decisions += decisions;
  tally.unanswered += unanswered;
  tally.keys += keys;
}

/** The differences that a connection has alone, too: of the others, endpoints that were resolved before its own decided. */
async function withoutOrder(
  world: FuzzWorld,
  differences: readonly Difference[],
  oracle: Oracle,
): Promise<readonly Difference[]> {
  const own: Difference[] = [];
  for (const difference of differences) {
    const { of, key } = difference;
    const only = typeof of === "number" ? world.connections.slice(of, of + 1) : world.connections;
    const alone = { ...world, connections: only };
    const left = judge(alone, await askOften(alone, oracle)).differences;
    if (left.some((one) => one.key === key)) own.push(difference);
  }
  return own;
}

async function askOften(world: FuzzWorld, oracle: Oracle): Promise<OracleAnswer> {
  return stableAnswer(await oracle.ask(Array.from({ length: TIMES }, () => ({ ...world }))));
}

/** Which candidates still have a difference of this key; one that Cilium's engine does not answer has none. */
async function differ(candidates: readonly FuzzWorld[], key: string, oracle: Oracle): Promise<readonly boolean[]> {
  const answers = await oracle.ask(candidates);
  return candidates.map((world, index) => {
    const answer = answers[index];
    return answer !== undefined && judge(world, answer).differences.some((difference) => difference.key === key);
  });
}
