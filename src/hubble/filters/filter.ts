import type { Message } from "../message.ts";

/** Whether a flow matches; undefined is an event that is no flow, whose fields read as zero. */
export type FlowPredicate = (flow: Message | undefined) => boolean;

/** What one field (or several that belong together) of a FlowFilter asks of a flow: all of the predicates. Throws FilterError. */
export type FilterField = (filter: Message, log: FilterLog) => readonly FlowPredicate[];

/** Takes what goes wrong while a flow is asked about. */
export type FilterLog = (message: string, error: string) => void;

/** A FlowFilter that cannot be built. The text is that of pkg/hubble/filters. */
export class FilterError extends Error {}

/** Puts `prefix: ` before the text of a FilterError that `build` throws. */
export function prefixed<T>(prefix: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    throw error instanceof FilterError ? new FilterError(`${prefix}: ${error.message}`) : error;
  }
}
