import { type ConversationKey, RawConversation } from "./raw-conversation.ts";
import type { RequestBudget } from "./requests.ts";

const FIRST_SLOTS = 1 << 12;

/** The conversations of a recording, found by their ends and L4. */
export class ConversationTable {
  readonly list: RawConversation[] = [];
  private slots = new Int32Array(FIRST_SLOTS);
  private readonly most: number;
  private readonly budget: RequestBudget;

  constructor(most: number, budget: RequestBudget) {
    this.most = most;
    this.budget = budget;
  }

  /** The conversation of a key, undefined when there is none yet. */
  find(key: ConversationKey): RawConversation | undefined {
    return this.list[(this.slots[this.slotOf(key)] ?? 0) - 1];
  }

  /** Its number in `list`, made (with a copy of the key) if it is new; -1 when there is no room for another. */
  indexOf(key: ConversationKey): number {
    const slot = this.slotOf(key);
    const known = (this.slots[slot] ?? 0) - 1;
    if (known >= 0) return known;
    if (this.list.length >= this.most) return -1;
    this.list.push(new RawConversation({ ...key }, this.budget));
    this.slots[slot] = this.list.length;
    if (this.list.length * 2 > this.slots.length) this.grow();
    return this.list.length - 1;
  }

  /** The slot that holds the key, or the free one where it belongs. */
  private slotOf(key: ConversationKey): number {
    const mask = this.slots.length - 1;
    let slot = hashKey(key) & mask;
    for (;;) {
      const index = this.slots[slot] ?? 0;
      const known = this.list[index - 1];
      if (index === 0 || known === undefined || isSame(known.key, key)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    this.slots = new Int32Array(this.slots.length * 2);
    this.list.forEach((conversation, index) => {
      this.slots[this.slotOf(conversation.key)] = index + 1;
    });
  }
}

function isSame(a: ConversationKey, b: ConversationKey): boolean {
  return (
    a.from === b.from &&
    a.to === b.to &&
    a.port === b.port &&
    a.protocol === b.protocol &&
    a.icmpType === b.icmpType &&
    a.icmpCode === b.icmpCode
  );
}

function hashKey(key: ConversationKey): number {
  let hash = Math.imul(key.from, 0x9e3779b1) ^ Math.imul(key.to + 0x7f4a7c15, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ Math.imul(key.port + 1, 0x297a2d39);
  hash ^= Math.imul(key.icmpType * 256 + key.icmpCode, 0x5bd1e995) ^ (key.protocol.length << 20);
  return (hash ^ (hash >>> 13)) >>> 0;
}
