import { buildFilters } from "./filters.ts";
import type { FilterLog, FlowPredicate } from "./filters/filter.ts";
import { compareMoments, type Moment, momentOf } from "./go-time.ts";
import { type Message, partOf, textOf } from "./message.ts";
import { EVERY_FLOW, type ObserveRequest } from "./observe-request.ts";

/** What is done with a response that a request asks for. */
export type Choice = "print" | "keep" | "pass";

/** Flows of a recording without a time are of the epoch. */
const EPOCH: Moment = { seconds: 0, nanos: 0 };

/**
 * Which responses of a recording a request asks for, in the order of the recording. Throws FilterError when the request's
 * filters cannot be built. Upstream: hubble/cmd/observe ioReaderClient.
 */
export class Observation {
  private readonly isKept: FlowPredicate | undefined;
  private readonly since: Moment | null;
  private readonly until: Moment | null;
  private readonly isLast: boolean;
  /** How many are still to be printed; infinite without `--first`. */
  private left: number;

  constructor(request: ObserveRequest, log: FilterLog) {
    this.isKept = buildFilters(request.filters, log);
    this.since = request.since;
    this.until = request.until;
    const isBounded = request.number !== 0n && request.number !== EVERY_FLOW;
    this.isLast = isBounded && !request.isFirst;
    this.left = isBounded && request.isFirst ? Number(request.number) : Number.POSITIVE_INFINITY;
  }

  /** True when nothing more is asked for. */
  isDone(): boolean {
    return this.left === 0;
  }

  /** True when neither the flow nor its time matter. */
  takesAll(): boolean {
    return this.isKept === undefined && this.since === null && this.until === null;
  }

  /** `keep`: it is one of the last so far; they are printed when all has been read. */
  choose(response: Message): Choice {
    if (this.left === 0 || !this.isAsked(response)) return "pass";
    return this.chosen();
  }

  /** The same for a response that is known to be asked for. */
  chosen(): Choice {
    if (this.isLast) return "keep";
    this.left--;
    return "print";
  }

  private isAsked(response: Message): boolean {
    if ((this.since !== null || this.until !== null) && !this.isInTime(response)) return false;
    return this.isKept === undefined || this.isKept(partOf(response, "flow"));
  }

  private isInTime(response: Message): boolean {
    const text = textOf(response, "time");
    const time = text === "" ? EPOCH : momentOf(text);
    if (this.since !== null && compareMoments(time, this.since) < 0) return false;
    return this.until === null || compareMoments(time, this.until) <= 0;
  }
}
