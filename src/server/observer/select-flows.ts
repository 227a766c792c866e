import { buildFilters } from "#hubble/filters.ts";
import type { FlowPredicate } from "#hubble/filters/filter.ts";
import { compareMoments, type Moment, momentOf } from "#hubble/go-time.ts";
import { flagOf, integerTextOf, listOf, type Message, partOf, partsOf, textOf, textsOf } from "#hubble/message.ts";
import { EVERY_FLOW } from "#hubble/observe-request.ts";
import { flowMask } from "./apply-mask.ts";
import type { FlowHistory, HistoryPiece, HistoryRequest, HistoryView } from "./flow-history.ts";

/** So many of the last flows are kept in memory; for more the history is read twice. */
const MOST_KEPT = 4096;

/** A GetFlowsRequest made ready. */
type Selection = {
  readonly isKept: FlowPredicate | undefined;
  readonly since: Moment | null;
  readonly until: Moment | null;
  /** Those that filters let through; null: all. */
  readonly verdicts: readonly string[] | null;
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
  const view = await history.view();
  for await (const response of selected(view, selection, signal)) yield mask(response);
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
    verdicts: verdictsOf(filters.allow),
    number: number === 0n || number === EVERY_FLOW ? Number.POSITIVE_INFINITY : Number(number),
    isFirst: flagOf(request, "first"),
    isFollow: flagOf(request, "follow"),
    mask: flowMask(textsOf(request, "field_mask")),
  };
}

/** The verdicts that filters let through together, where each of them names some that we know. */
function verdictsOf(filters: readonly Message[]): readonly string[] | null {
  const known = filters.map((filter) => textsOf(filter, "verdict"));
  const areAll = filters.every((filter, index) => {
    const all = listOf(filter, "verdict");
    return all.length > 0 && all.length === known[index]?.length;
  });
  return filters.length > 0 && areAll ? [...new Set(known.flat())] : null;
}

async function* selected(view: HistoryView, selection: Selection, signal: AbortSignal): AsyncGenerator<Message> {
  const { number, since, until, verdicts, isFirst, isFollow } = selection;
  const isLimited = number !== Number.POSITIVE_INFINITY;
  if (since === null && !isFirst && isLimited) {
    yield* lastOnes(view, selection, signal);
    if (isFollow) yield* wanted(view.pieces({ since, until, verdicts, isFollow, isFromEnd: true, signal }), selection);
    return;
  }
  const isFromEnd = isFollow && since === null && !isFirst;
  const all = wanted(view.pieces({ since, until, verdicts, isFollow, isFromEnd, signal }), selection);
  // With follow a number limits only how far back it begins.
  if (!isLimited || isFollow) return yield* all;
  let left = number;
  for await (const response of all) {
    if (isFlow(response) && left-- === 0) return;
    yield response;
    if (left === 0) return;
  }
}

/** Flows that match, and lost events of the time asked for. */
async function* wanted(
  pieces: AsyncIterable<HistoryPiece>,
  { isKept, since, until }: Selection,
): AsyncGenerator<Message> {
  for await (const piece of pieces) {
    for (const response of piece) {
      if (!isFlow(response) && response["lost_events"] === undefined) continue;
      if (!isWithin(response, since, until)) continue;
      if (isFlow(response) && isKept !== undefined && !isKept(partOf(response, "flow"))) continue;
      yield response;
    }
  }
}

function isFlow(response: Message): boolean {
  return response["flow"] !== undefined;
}

function isWithin(response: Message, since: Moment | null, until: Moment | null): boolean {
  const text = textOf(response, "time");
  if ((since === null && until === null) || text === "") return true;
  const time = momentOf(text);
  return (since === null || compareMoments(time, since) >= 0) && (until === null || compareMoments(time, until) <= 0);
}

/** The last flows, with the lost events from the first of them on. */
async function* lastOnes(view: HistoryView, selection: Selection, signal: AbortSignal): AsyncGenerator<Message> {
  const { number, until, verdicts } = selection;
  const request = { since: null, until, verdicts, isFollow: false, isFromEnd: false, signal };
  const { pieces, newestFirst } = view;
  if (newestFirst !== undefined) return yield* lastBackwards({ pieces, newestFirst }, selection, request);
  if (number <= MOST_KEPT) return yield* lastKept(wanted(view.pieces(request), selection), number);
  let count = 0;
  for await (const response of wanted(view.pieces(request), selection)) if (isFlow(response)) count++;
  yield* stretch(wanted(view.pieces(request), selection), Math.max(0, count - number), Math.min(count, number));
}

/** So many flows after so many others, with the lost events in between. */
async function* stretch(responses: AsyncIterable<Message>, passed: number, number: number): AsyncGenerator<Message> {
  let [before, left] = [passed, number];
  for await (const response of responses) {
    if (before > 0) before -= isFlow(response) ? 1 : 0;
    else {
      if (isFlow(response) && left-- === 0) return;
      yield response;
      if (left === 0) return;
    }
  }
}

/**
 * The same, read from the end as far as it takes. What is too much to be kept is read again forwards, from the time of the
 * first of them: others may be of the same time, and are passed over.
 */
async function* lastBackwards(
  { pieces, newestFirst }: Required<HistoryView>,
  selection: Selection,
  request: HistoryRequest,
): AsyncGenerator<Message> {
  const { number } = selection;
  let kept: string[] | null = [];
  let [flows, beside] = [0, 0];
  let since = "";
  for await (const response of wanted(newestFirst(request), selection)) {
    if (flows === number && textOf(response, "time") !== since) break;
    if (!isFlow(response)) kept?.push(JSON.stringify(response));
    else if (flows === number) beside++;
    else {
      flows++;
      since = textOf(response, "time");
      // As text: a message may be good until the next one only.
      kept?.push(JSON.stringify(response));
    }
    if (kept !== null && kept.length > MOST_KEPT) kept = null;
    if (kept !== null && flows === number) break;
  }
  if (flows === 0) return;
  if (kept !== null) return yield* fromText(kept.slice(0, kept.findLastIndex(isFlowText) + 1).reverse());
  const from = since === "" ? null : momentOf(since);
  const again = wanted(pieces({ ...request, since: from }), { ...selection, since: from });
  yield* stretch(again, beside, flows);
}

function* fromText(texts: readonly string[]): Generator<Message> {
  for (const text of texts) {
    const message: Message = JSON.parse(text);
    yield message;
  }
}

function isFlowText(text: string): boolean {
  return text.startsWith('{"flow"');
}

async function* lastKept(responses: AsyncIterable<Message>, number: number): AsyncGenerator<Message> {
  let kept: string[] = [];
  let flows = 0;
  let start = 0;
  for await (const response of responses) {
    // As text: a message may be good until the next one only.
    kept.push(JSON.stringify(response));
    if (response["flow"] !== undefined) flows++;
    while (flows > number || (start < kept.length - 1 && !isFlowText(kept[start] ?? "")))
      if (isFlowText(kept[start++] ?? "")) flows--;
    if (start > MOST_KEPT) {
      kept = kept.slice(start);
      start = 0;
    }
  }
  yield* fromText(kept.slice(start));
}
