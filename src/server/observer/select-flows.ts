import { buildFilters } from "#hubble/filters.ts";
import type { FlowPredicate } from "#hubble/filters/filter.ts";
import { compareMoments, type Moment, momentOf } from "#hubble/go-time.ts";
import { flagOf, integerTextOf, type Message, partOf, partsOf, textOf, textsOf } from "#hubble/message.ts";
import { EVERY_FLOW } from "#hubble/observe-request.ts";
import { flowMask } from "./apply-mask.ts";
import type { FlowHistory, HistoryRequest } from "./flow-history.ts";

/** So many of the last flows are kept in memory; for more the history is read twice. */
const MOST_KEPT = 4096;

/** A GetFlowsRequest made ready. */
type Selection = {
  readonly isKept: FlowPredicate | undefined;
  readonly since: Moment | null;
  readonly until: Moment | null;
  /** Infinite for no limit. */
  readonly number: number;
  readonly isFirst: boolean;
  readonly isFollow: boolean;
  readonly mask: ((response: Message) => Message) | null;
};

/**
 * What a GetFlowsRequest in canonical form asks of a history, as an agent answers from its ring: `number` counts from the
 * end, or with `first` or `since` from there; lost events are told wherever they lie in between, and never counted. Throws
 * FilterError and FlagError. Upstream: newRingReader, eventsReader, LocalObserverServer.GetFlows.
 */
export async function* selectFlows(
  history: FlowHistory,
  request: Message,
  signal: AbortSignal,
): AsyncGenerator<Message> {
  const selection = selectionOf(request);
  const mask = selection.mask ?? ((response: Message) => response);
  for await (const response of selected(history, selection, signal)) yield mask(response);
}

function selectionOf(request: Message): Selection {
  const number = BigInt(integerTextOf(request, "number"));
  const moment = (name: string) => {
    const text = textOf(request, name);
    return text === "" ? null : momentOf(text);
  };
  const filters = { allow: partsOf(request, "whitelist"), deny: partsOf(request, "blacklist") };
  return {
    isKept: buildFilters(filters, () => {}),
    since: moment("since"),
    until: moment("until"),
    number: number === 0n || number === EVERY_FLOW ? Number.POSITIVE_INFINITY : Number(number),
    isFirst: flagOf(request, "first"),
    isFollow: flagOf(request, "follow"),
    mask: flowMask(textsOf(request, "field_mask")),
  };
}

async function* selected(history: FlowHistory, selection: Selection, signal: AbortSignal): AsyncGenerator<Message> {
  const { number, since, isFirst, isFollow } = selection;
  const isLimited = number !== Number.POSITIVE_INFINITY;
  if (since === null && !isFirst && isLimited) {
    yield* lastOnes(history, selection, signal);
    if (isFollow) yield* asked(history, selection, { since, isFollow, isFromEnd: true, signal });
    return;
  }
  const isFromEnd = isFollow && since === null && !isFirst;
  const all = asked(history, selection, { since, isFollow, isFromEnd, signal });
  // With follow a number limits only how far back it begins.
  if (!isLimited || isFollow) return yield* all;
  let left = number;
  for await (const response of all) {
    if (response["flow"] !== undefined && left-- === 0) return;
    yield response;
    if (left === 0) return;
  }
}

/** Flows that match, and lost events of the time asked for. */
async function* asked(
  history: FlowHistory,
  { isKept, since, until }: Selection,
  request: HistoryRequest,
): AsyncGenerator<Message> {
  for await (const piece of history.pieces(request)) {
    for (const response of piece) {
      const isFlow = response["flow"] !== undefined;
      if (!isFlow && response["lost_events"] === undefined) continue;
      if (!isWithin(response, since, until)) continue;
      if (isFlow && isKept !== undefined && !isKept(partOf(response, "flow"))) continue;
      yield response;
    }
  }
}

function isWithin(response: Message, since: Moment | null, until: Moment | null): boolean {
  const text = textOf(response, "time");
  if ((since === null && until === null) || text === "") return true;
  const time = momentOf(text);
  return (since === null || compareMoments(time, since) >= 0) && (until === null || compareMoments(time, until) <= 0);
}

/** The last flows, with the lost events from the first of them on. */
async function* lastOnes(history: FlowHistory, selection: Selection, signal: AbortSignal): AsyncGenerator<Message> {
  const request = { since: null, isFollow: false, isFromEnd: false, signal };
  if (selection.number <= MOST_KEPT) return yield* lastKept(asked(history, selection, request), selection.number);
  let count = 0;
  for await (const response of asked(history, selection, request)) if (response["flow"] !== undefined) count++;
  let passed = Math.max(0, count - selection.number);
  let left = Math.min(count, selection.number);
  for await (const response of asked(history, selection, request)) {
    const isFlow = response["flow"] !== undefined;
    if (passed > 0) passed -= isFlow ? 1 : 0;
    else {
      if (isFlow && left-- === 0) return;
      yield response;
    }
  }
}

async function* lastKept(responses: AsyncIterable<Message>, number: number): AsyncGenerator<Message> {
  let kept: string[] = [];
  let flows = 0;
  let start = 0;
  const isFlow = (text: string | undefined) => text?.startsWith('{"flow"') === true;
  for await (const response of responses) {
    // As text: a message may be good until the next one only.
    kept.push(JSON.stringify(response));
    if (response["flow"] !== undefined) flows++;
    while (flows > number || (start < kept.length - 1 && !isFlow(kept[start]))) if (isFlow(kept[start++])) flows--;
    if (start > MOST_KEPT) {
      kept = kept.slice(start);
      start = 0;
    }
  }
  for (const text of kept.slice(start)) {
    const message: Message = JSON.parse(text);
    yield message;
  }
}
