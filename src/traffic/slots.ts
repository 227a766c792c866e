/** Numbers a slot takes: its phase, first and last time, count. */
const STRIDE = 4;
const MOST_SLOTS = 16;
const FIRST_SPAN_MS = 10_000;
const LONGEST_SPAN_MS = 1e10;

/**
 * When something happened, as few stretches of time: `values` holds phase, first, last and count of each. A stretch lies
 * in one phase (see NodeTimeline), so that a change that is known while folding never falls inside one; of changes known
 * only later, stretches are kept short as long as they are few.
 */
export type Slots = { readonly values: number[]; spanMs: number; most: number };

export function newSlots(): Slots {
  return { values: [], spanMs: FIRST_SPAN_MS, most: MOST_SLOTS };
}

export function noteTime(slots: Slots, phase: number, time: number, count: number): void {
  const { values } = slots;
  const at = values.length - STRIDE;
  if (at >= 0 && values[at] === phase) {
    const first = values[at + 1] ?? time;
    const last = values[at + 2] ?? time;
    if (time - first <= slots.spanMs && last - time <= slots.spanMs) {
      if (time < first) values[at + 1] = time;
      if (time > last) values[at + 2] = time;
      values[at + 3] = (values[at + 3] ?? 0) + count;
      return;
    }
  }
  values.push(phase, time, time, count);
  if (values.length > slots.most * STRIDE) thin(slots);
}

/** The same for many events between two times of one phase. */
export function noteStretch(slots: Slots, slot: Slot): void {
  noteSlot(slots, slot);
  if (slots.values.length > slots.most * STRIDE) thin(slots);
}

/** Joins neighbours of one phase, making stretches longer until a quarter of the room is free. */
function thin(slots: Slots): void {
  while (slots.values.length > slots.most * STRIDE * 0.75 && slots.spanMs < LONGEST_SPAN_MS) {
    slots.spanMs *= 2;
    const old = slots.values.splice(0);
    for (const slot of eachSlot(old)) noteSlot(slots, slot);
  }
  // As many phases as that are the policies' doing: they need the room.
  if (slots.values.length > slots.most * STRIDE * 0.75) slots.most *= 2;
}

export type Slot = { readonly phase: number; readonly first: number; readonly last: number; readonly count: number };

function noteSlot(slots: Slots, slot: Slot): void {
  const { values } = slots;
  const at = values.length - STRIDE;
  const first = Math.min(values[at + 1] ?? slot.first, slot.first);
  const last = Math.max(values[at + 2] ?? slot.last, slot.last);
  if (at >= 0 && values[at] === slot.phase && last - first <= slots.spanMs) {
    values[at + 1] = first;
    values[at + 2] = last;
    values[at + 3] = (values[at + 3] ?? 0) + slot.count;
  } else values.push(slot.phase, slot.first, slot.last, slot.count);
}

export function* eachSlot(values: readonly number[]): Generator<Slot> {
  for (let at = 0; at < values.length; at += STRIDE) {
    yield {
      phase: values[at] ?? 0,
      first: values[at + 1] ?? 0,
      last: values[at + 2] ?? 0,
      count: values[at + 3] ?? 0,
    };
  }
}

/** Takes over the stretches of another worker, whose phases are its own: they are told apart by `phaseOffset`. */
export function mergeSlots(slots: Slots, other: Slots, phaseOffset: number): void {
  for (const slot of eachSlot(other.values)) {
    slots.values.push(slot.phase + phaseOffset, slot.first, slot.last, slot.count);
  }
}
