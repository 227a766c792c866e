import type { ClientReadableStream } from "@grpc/grpc-js";
import { compareMoments, type Moment } from "#hubble/go-time.ts";
import { type AskedFlows, flowsRequest } from "#hubble/wire/flows-request.ts";
import { Transcriber } from "#hubble/wire/transcriber.ts";
import { WireError } from "#hubble/wire/wire-cursor.ts";
import { wirePlan } from "#hubble/wire/wire-plan.ts";
import { UserError } from "#model/finding.ts";
import { RelayBatches, type WriteText } from "./relay-batches.ts";
import { METHODS, type RelayConnection } from "./relay-connection.ts";
import { GrpcCode, type RelayStatus } from "./relay-fault.ts";

const NEWLINE = 10;
const RESPONSE = wirePlan("GetFlowsResponse");
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;
/** Faults that the same request meets again, wherever a message that cannot be taken lies in the ring. */
const STUCK = ["message-too-large", "message-broken"];

/** What a server tells a recorder, and how the connection to it fares. */
export type RecordPiece =
  /** Responses of every kind, whole lines of JSON in canonical form; the taker's only until it asks for more. */
  | { readonly kind: "lines"; readonly bytes: Uint8Array }
  /** `isAgain`: after a break; then events may come that came before it. */
  | { readonly kind: "connected"; readonly connection: RelayConnection; readonly isAgain: boolean }
  /** The connection broke, or could not be made; it is tried again until it can. `attempt` counts from 1. */
  | { readonly kind: "broken"; readonly fault: UserError; readonly attempt: number }
  /** To be told once. */
  | { readonly kind: "note"; readonly text: string };

export type RecordOptions = {
  /** Made anew for every attempt: certificates are renewed, addresses change. */
  readonly connect: () => Promise<RelayConnection>;
  /** From when on to ask; null for all that the server holds. */
  readonly since: () => Moment | null;
  readonly now: () => Moment;
  /** How long nothing may come at first until that is told. */
  readonly slowSeconds: number;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
};

/**
 * All that a Hubble server tells, for ever: a connection that breaks, for whatever reason, is made again and asked from
 * `since` on. The server waits while nobody takes. Ends by the signal alone. Throws a UserError when the first connection
 * meets what waiting does not mend: a certificate, a server that is none of Hubble's.
 */
export async function* recordPieces(options: RecordOptions): AsyncGenerator<RecordPiece> {
  const state: State = { hasConnected: false, isSkipping: false, stuckAt: null, notes: [] };
  for (let attempt = 1; !options.signal.aborted; attempt++) {
    const before = performance.now();
    const fault = yield* connected(options, state);
    if (fault === null) return;
    // A connection that stood for a while begins a new count.
    if (fault.hasTaken || performance.now() - before > LONGEST_WAIT_MS) attempt = 1;
    if (!state.hasConnected && !fault.isPassing) throw fault.error;
    noteStuck(state, fault.error, options.since());
    yield { kind: "broken", fault: fault.error, attempt };
    await options.wait(Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS), options.signal);
  }
}

type State = {
  hasConnected: boolean;
  /** The next request leaves out what the server holds. */
  isSkipping: boolean;
  /** Where the stream stood when a message could not be taken. */
  stuckAt: Moment | null;
  readonly notes: string[];
};

/** The same message in the way twice: what lies behind it in the ring cannot be had. */
function noteStuck(state: State, { code }: UserError, at: Moment | null): void {
  const isStuck = STUCK.includes(code);
  state.isSkipping = isStuck && at !== null && state.stuckAt !== null && compareMoments(at, state.stuckAt) === 0;
  state.stuckAt = isStuck ? at : null;
}

type Broken = { readonly error: UserError; readonly isPassing: boolean; readonly hasTaken: boolean };

/** One connection, from its beginning to its end; answers why it ended, null by the signal. */
async function* connected(options: RecordOptions, state: State): AsyncGenerator<RecordPiece, Broken | null> {
  let connection: RelayConnection;
  try {
    connection = await options.connect();
  } catch (error) {
    if (error instanceof UserError) return { error, isPassing: state.hasConnected, hasTaken: false };
    throw error;
  }
  const call = connection.stream(METHODS.getFlows, flowsRequest(askedOf(options, state)));
  const cancel = () => call.cancel();
  options.signal.addEventListener("abort", cancel);
  try {
    return yield* followed({ connection, call }, options, state);
  } finally {
    options.signal.removeEventListener("abort", cancel);
    cancel();
    connection.close();
  }
}

type Call = { readonly connection: RelayConnection; readonly call: ClientReadableStream<Uint8Array> };

async function* followed(
  { connection, call }: Call,
  { signal, slowSeconds }: RecordOptions,
  state: State,
): AsyncGenerator<RecordPiece, Broken | null> {
  const over = new Promise<null>((resolve) => {
    for (const event of ["end", "error"]) call.once(event, () => resolve(null));
  });
  const batches = new RelayBatches(call, lineWriter(state.notes));
  const unready = await Promise.race([connection.isReady(), over.then(() => OVER)]);
  if (unready === null) {
    yield { kind: "connected", connection, isAgain: state.hasConnected };
    state.hasConnected = true;
    if ((await batches.isSlow(slowSeconds * 1000)) && !signal.aborted) {
      yield { kind: "note", text: `${connection.server} has sent nothing for ${slowSeconds} s; still waiting` };
    }
  } else if (unready !== OVER) call.cancel();
  for (let hasTaken = false; ; ) {
    const next = await taken(batches, connection);
    for (const text of state.notes.splice(0)) yield { kind: "note", text };
    if (signal.aborted) return null;
    if (next instanceof UserError) return { error: next, isPassing: true, hasTaken };
    if (!(next instanceof Uint8Array)) return ended(connection, unready === OVER ? next : (unready ?? next), hasTaken);
    if (next.length === 0) continue;
    hasTaken = true;
    yield { kind: "lines", bytes: next };
  }
}

/** The call ended before the connection stood. */
const OVER: RelayStatus = { code: GrpcCode.unavailable, details: "" };

function lineWriter(notes: string[]): WriteText {
  const transcriber = new Transcriber(({ message, what }) => {
    notes.push(`${what} of ${message} is not known to this version of ringfence: a newer Hubble; update ringfence`);
  });
  return (bytes, out) => {
    transcriber.write(RESPONSE, bytes, out);
    out.byte(NEWLINE);
  };
}

function askedOf({ since, now }: RecordOptions, { isSkipping }: State): AskedFlows {
  return {
    number: 0n,
    isFirst: false,
    isFollow: true,
    filters: { allow: [], deny: [] },
    // Without a time a server gives what comes from now on, not what it holds.
    since: isSkipping ? now() : (since() ?? { seconds: 0, nanos: 0 }),
    until: null,
    fieldMask: [],
  };
}

async function taken(
  batches: RelayBatches,
  connection: RelayConnection,
): Promise<Uint8Array | RelayStatus | UserError> {
  try {
    return await batches.next();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return new UserError("message-broken", `${connection.server} sent what is no flow: ${error.message}`, {
      help: "is it a Hubble server? look at its version with: ringfence status",
      cause: error,
    });
  }
}

function ended(connection: RelayConnection, status: RelayStatus, hasTaken: boolean): Broken {
  // A server that ends a stream without an end goes down.
  const isDown = status.code === GrpcCode.ok;
  const told = isDown ? { code: GrpcCode.unavailable, details: "the stream ended" } : status;
  return { error: connection.fault(told), isPassing: connection.isPassing(told), hasTaken };
}
