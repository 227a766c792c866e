import type { Conversation } from "#model/conversation.ts";

/** Seconds that events of one connection may stand apart from what was measured of it. */
const SLACK_SECONDS = 1;
/** A connection that lives longer is in use, however few of them there are. */
const LONG_SECONDS = 60;

/** True when all of a conversation is one short connection: nothing says that it will ever come again. */
export function isSeenOnce(conversation: Conversation): boolean {
  const { firstSeen, lastSeen, longestSeconds, openBefore, openAtEnd } = conversation;
  if (openBefore || openAtEnd === true || longestSeconds > LONG_SECONDS) return false;
  return (lastSeen - firstSeen) / 1000 <= longestSeconds + SLACK_SECONDS;
}
