import { timestampText } from "#hubble/go-time.ts";
import type { Message } from "#hubble/message.ts";
import { type AskedFlows, flowsRequest } from "#hubble/wire/flows-request.ts";
import type { JsonBuffer } from "#hubble/wire/json-buffer.ts";
import { readMessage } from "#hubble/wire/read-message.ts";
import { ResponseHead, ResponseKind } from "#hubble/wire/response-head.ts";
import { Transcriber } from "#hubble/wire/transcriber.ts";
import { WireError } from "#hubble/wire/wire-cursor.ts";
import { wirePlan } from "#hubble/wire/wire-plan.ts";
import { UserError } from "#model/finding.ts";
import { RelayBatches } from "./relay-batches.ts";
import { METHODS, type RelayConnection } from "./relay-connection.ts";
import { GrpcCode, type RelayStatus } from "./relay-fault.ts";
import { RelayResume } from "./relay-resume.ts";

const NEWLINE = 10;
const RESPONSE = wirePlan("GetFlowsResponse");
/** Nothing is lost by trying: a server that comes back is found, one that does not is told. */
const MOST_ATTEMPTS = 12;
const FIRST_WAIT_MILLISECONDS = 250;
const LONGEST_WAIT_MILLISECONDS = 15_000;

/** What a stream from a server gives. */
export type LivePiece =
  /** Flows and lost events, whole lines of JSON in canonical form; the taker's only until it asks for more. */
  | { readonly kind: "lines"; readonly bytes: Uint8Array }
  /** A GetFlowsResponse with the status of nodes. */
  | { readonly kind: "status"; readonly message: Message }
  /** Something to be told once. */
  | LiveNote;

/** The server is slow, the stream broke and is begun again, it goes on, flows are missing, the server is newer. */
export type LiveNote = {
  readonly kind: "note";
  readonly about: "slow" | "broken" | "mended" | "missing" | "unknown";
  readonly text: string;
};

export type LiveOptions = {
  readonly connection: RelayConnection;
  readonly asked: AskedFlows;
  /** How long to wait before the first answer until the wait is told; streams have no deadline. */
  readonly slowSeconds: number;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Ends the stream. */
  readonly signal?: AbortSignal;
};

/**
 * Flows from a Hubble server, as it selects them. When the connection breaks it is made again and the stream goes on
 * where it stood: nothing comes twice, and where something may be missing that is told. Throws UserError.
 */
export async function* livePieces(options: LiveOptions): AsyncGenerator<LivePiece> {
  const live = new LiveStream(options);
  let asked = options.asked;
  for (let attempt = 0; ; ) {
    const status = yield* live.stream(asked);
    if (live.hasAnswered) attempt = 0;
    if (status === null || options.signal?.aborted === true) return;
    const isLast = ++attempt > MOST_ATTEMPTS;
    const { connection } = options;
    if (isLast || !live.resume.canResume() || !connection.isPassing(status)) throw connection.fault(status);
    if (attempt === 1) yield { kind: "note", about: "broken", text: live.brokenText(status) };
    await options.wait(Math.min(FIRST_WAIT_MILLISECONDS * 2 ** (attempt - 1), LONGEST_WAIT_MILLISECONDS));
    asked = live.resume.resume();
  }
}

/** One after the other, the connections of a stream. */
class LiveStream {
  hasAnswered = false;
  readonly resume: RelayResume;
  private readonly options: LiveOptions;
  private readonly head = new ResponseHead();
  private readonly transcriber: Transcriber;
  private readonly statuses: Message[] = [];
  private readonly notes: LiveNote[] = [];

  constructor(options: LiveOptions) {
    this.options = options;
    const now = options.now();
    this.resume = new RelayResume(options.asked, { seconds: Math.floor(now / 1000), nanos: (now % 1000) * 1_000_000 });
    this.transcriber = new Transcriber(({ message, what }) => {
      const text = `${what} of ${message} is not known to this version of ringfence: a newer Hubble; update ringfence`;
      this.notes.push({ kind: "note", about: "unknown", text });
    });
  }

  /** Answers null when the server has given all that was asked for. */
  async *stream(asked: AskedFlows): AsyncGenerator<LivePiece, RelayStatus | null> {
    const { connection, slowSeconds, signal } = this.options;
    this.hasAnswered = false;
    const call = connection.stream(METHODS.getFlows, flowsRequest(asked));
    const unreachable = connection.isReady().then((status) => {
      if (status !== null && !this.hasAnswered) call.cancel();
      return status;
    });
    call.once("metadata", () => {
      this.hasAnswered = true;
    });
    const cancel = () => call.cancel();
    signal?.addEventListener("abort", cancel);
    const batches = new RelayBatches(call, (bytes, out) => this.write(bytes, out));
    try {
      yield* this.awaitFirst(batches, slowSeconds);
      for (;;) {
        const next = await this.next(batches);
        yield* this.told();
        if (!(next instanceof Uint8Array)) return await this.ended(next, asked, unreachable);
        if (next.length > 0) yield { kind: "lines", bytes: next };
      }
    } finally {
      signal?.removeEventListener("abort", cancel);
      cancel();
    }
  }

  /** A server may search long before it finds what was asked for; that it is being waited for is told once. */
  private async *awaitFirst(batches: RelayBatches, slowSeconds: number): AsyncGenerator<LivePiece> {
    if (this.options.asked.isFollow) return;
    const isSlow = await batches.isSlow(slowSeconds * 1000);
    if (!isSlow || !this.hasAnswered) return;
    const { server } = this.options.connection;
    yield {
      kind: "note",
      about: "slow",
      text: `${server} has not answered for ${slowSeconds} s; still waiting: ^C ends, a narrower --since may help`,
    };
  }

  private async next(batches: RelayBatches): Promise<Uint8Array | RelayStatus> {
    try {
      return await batches.next();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      throw new UserError(
        "message-broken",
        `${this.options.connection.server} sent what is no flow: ${error.message}`,
        {
          help: "is it a Hubble server? look at its version with: ringfence status",
          cause: error,
        },
      );
    }
  }

  private *told(): Generator<LivePiece> {
    for (const message of this.statuses.splice(0)) yield { kind: "status", message };
    yield* this.notes.splice(0);
  }

  private async ended(
    status: RelayStatus,
    asked: AskedFlows,
    unreachable: Promise<RelayStatus | null>,
  ): Promise<RelayStatus | null> {
    // A server that ends a stream without an end goes down.
    if (status.code === GrpcCode.ok) {
      return asked.isFollow && asked.until === null
        ? { code: GrpcCode.unavailable, details: "the stream ended" }
        : null;
    }
    if (status.code === GrpcCode.cancelled && !this.hasAnswered) return (await unreachable) ?? status;
    return status;
  }

  /** Each response as a line; those of other kinds are kept aside. */
  private write(bytes: Uint8Array, out: JsonBuffer): void {
    const { head } = this;
    this.hasAnswered = true;
    head.read(bytes);
    if (head.kind === ResponseKind.nodeStatus) this.statuses.push(readMessage("GetFlowsResponse", bytes));
    if (head.kind === ResponseKind.flow) {
      if (this.resume.take(head) !== "new") return;
      if (this.resume.isPastBreak()) this.afterBreak();
    } else if (head.kind !== ResponseKind.lostEvents) return;
    this.transcriber.write(RESPONSE, bytes, out);
    out.byte(NEWLINE);
  }

  private afterBreak(): void {
    const { resume } = this;
    const note: Omit<LiveNote, "kind"> = resume.isContinuous()
      ? { about: "mended", text: "connected again; nothing is missing, nothing comes twice" }
      : {
          about: "missing",
          text: `flows are missing after ${this.brokenAt}: the server no longer holds those that came while it was not connected`,
        };
    this.notes.push({ kind: "note", ...note });
    resume.settle();
  }

  private brokenAt = "";

  brokenText(status: RelayStatus): string {
    const last = this.resume.lastTime();
    this.brokenAt = last === null ? "the beginning" : timestampText(last);
    const { server } = this.options.connection;
    return `the connection to ${server} broke after ${this.brokenAt} (${status.details}); connecting again`;
  }
}
