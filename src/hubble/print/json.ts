import { type Message, partOf } from "../message.ts";
import { writeProtojson } from "../protojson/write.ts";
import type { Decide, Format, PrintOptions, PrintSink } from "./format.ts";
import { isTold } from "./node-status.ts";

/** The message itself, one a line. Upstream: JSONPBOutput. */
export function jsonpb({ isDebug }: PrintOptions, { out, err }: PrintSink, decide: Decide | null): Format {
  const line = (response: Message) => out(`${writeProtojson(response)}\n`);
  return {
    flow: (response) => line(decide === null ? response : { ...response, decision: decide(response) }),
    lostEvents: line,
    nodeStatus: (response) => {
      if (isTold(response, isDebug)) err(`${writeProtojson(response)}\n`);
    },
    agentEvent: line,
    debugEvent: line,
    serverStatus: line,
    close: () => {},
  };
}

/** What the message holds, without its envelope, as the hubble CLI printed up to 0.10. Node and server status are not printed. Upstream: JSONLegacyOutput. */
export function jsonLegacy({ out }: PrintSink): Format {
  const part = (name: string) => (response: Message) => out(`${writeProtojson(partOf(response, name) ?? {})}\n`);
  return {
    flow: part("flow"),
    lostEvents: part("lost_events"),
    nodeStatus: () => {},
    agentEvent: part("agent_event"),
    debugEvent: part("debug_event"),
    serverStatus: () => {},
    close: () => {},
  };
}
