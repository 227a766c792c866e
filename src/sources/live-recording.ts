import { setTimeout as sleep } from "node:timers/promises";
import type { Moment } from "#hubble/go-time.ts";
import { count } from "#model/count.ts";
import type { Finding } from "#model/finding.ts";
import { ringFindings } from "./live-rings.ts";
import { type EventTaker, RecordingFold } from "./recording-fold.ts";
import { RelayConnection } from "./relay-connection.ts";
import type { RelayOptions } from "./relay-options.ts";
import { type LivePiece, livePieces } from "./relay-source.ts";

const NEWLINE = 10;

/** A Hubble server as a recording: what its rings hold now. */
export type LiveSource = {
  /** As the user named it. */
  readonly name: string;
  readonly relay: RelayOptions;
  readonly since: Moment | null;
  readonly until: Moment | null;
  /** No more are read; the oldest come first. */
  readonly mostFlows: number;
  readonly mostSeconds: number;
};

export type LiveTold = {
  readonly say: (finding: Finding) => void;
  readonly onProgress?: (progress: { readonly file: string; readonly lines: number }) => void;
};

/** Folds what the rings of servers hold, as recordings are folded: what two of them tell alike counts once. */
export async function foldLive(
  sources: readonly LiveSource[],
  taker: EventTaker,
  { onProgress }: Pick<LiveTold, "onProgress"> = {},
): Promise<void> {
  const reader = new RecordingFold(taker);
  for (const source of sources) {
    const cutter = reader.begin(source.name);
    const told = { say: taker.say.bind(taker), ...(onProgress === undefined ? {} : { onProgress }) };
    for await (const bytes of liveLines(source, told)) cutter.push(bytes);
    reader.finish(cutter);
  }
  reader.summarize();
}

/**
 * What the rings of a server hold, oldest first, as whole lines of JSON; the lines are the taker's only until it asks for
 * more. Does not follow, and ends at the source's bounds, which is then said. Throws UserError.
 */
export async function* liveLines(source: LiveSource, told: LiveTold): AsyncGenerator<Uint8Array> {
  const connection = await RelayConnection.open(source.relay, {
    onNewer: ({ message, attributes }) => told.say(newer(source, message, attributes)),
  });
  try {
    for (const finding of await ringFindings(connection, source.name)) told.say(finding);
    yield* boundedLines(source, connection, told);
  } finally {
    connection.close();
  }
}

async function* boundedLines(
  source: LiveSource,
  connection: RelayConnection,
  told: LiveTold,
): AsyncGenerator<Uint8Array> {
  const signal = AbortSignal.timeout(source.mostSeconds * 1000);
  let lines = 0;
  for await (const piece of livePieces(optionsOf(source, connection, signal))) {
    if (piece.kind === "note") {
      const finding = noteFinding(source, piece);
      if (finding !== null) told.say(finding);
      continue;
    }
    const bytes = piece.kind === "lines" ? piece.bytes : new TextEncoder().encode(`${JSON.stringify(piece.message)}\n`);
    const { end, found } = cutAfter(bytes, source.mostFlows - lines);
    lines += found;
    yield bytes.subarray(0, end);
    told.onProgress?.({ file: source.name, lines });
    if (end === bytes.length) continue;
    told.say(bounded(source, `${count(lines)} flows`, `?flows=${source.mostFlows * 4}`));
    return;
  }
  if (signal.aborted) told.say(bounded(source, `${source.mostSeconds} s`, `?seconds=${source.mostSeconds * 4}`));
}

function optionsOf({ since, until, relay, mostFlows }: LiveSource, connection: RelayConnection, signal: AbortSignal) {
  const isBounded = since !== null || until !== null;
  const filters = { allow: [], deny: [] };
  // Of each node the last ones. A window is given whole.
  const number = isBounded ? 0n : BigInt(mostFlows);
  return {
    connection,
    asked: { number, isFirst: false, isFollow: false, filters, since, until, fieldMask: [] },
    slowSeconds: relay.requestTimeoutSeconds,
    now: () => Date.now(),
    wait: (milliseconds: number) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
    signal,
  };
}

/** Where the first `most` lines of whole lines end, and how many there are. */
function cutAfter(bytes: Uint8Array, most: number): { readonly end: number; readonly found: number } {
  let found = 0;
  let end = 0;
  while (found < most && end < bytes.length) {
    const next = bytes.indexOf(NEWLINE, end);
    end = next < 0 ? bytes.length : next + 1;
    found++;
  }
  return { end, found };
}

function bounded({ name }: LiveSource, what: string, query: string): Finding {
  return {
    id: "live-bound",
    severity: "warn",
    message: `${name}: no more than ${what} were read; the newest flows are not in it`,
    help: `ask for a shorter time (?since=10m), or for more (${query})`,
  };
}

function noteFinding({ name }: LiveSource, { about, text }: Extract<LivePiece, { kind: "note" }>): Finding | null {
  if (about === "missing") {
    return { id: "live-interrupted", severity: "warn", message: `${name}: ${text}`, help: "read it once more" };
  }
  return about === "unknown" ? { id: "newer-hubble", severity: "info", message: `${name}: ${text}` } : null;
}

function newer({ name }: LiveSource, message: string, attributes: readonly (readonly [string, string])[]): Finding {
  const facts = attributes.map(([key, value]) => `${key}=${value}`).join(" ");
  return { id: "newer-hubble", severity: "info", message: `${name}: ${message} (${facts})` };
}
