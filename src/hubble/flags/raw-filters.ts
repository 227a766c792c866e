import type { Message } from "../message.ts";
import { ProtoError, parseFirstNode } from "../protojson/parse.ts";
import { readProtojsonNode } from "../protojson/read.ts";
import { FlagError } from "./flag.ts";

/** FlowFilters from the JSON of `--allowlist` or `--denylist`: any number of objects in each text. Upstream: parseRawFilters. */
export function parseRawFilters(texts: readonly string[], flag: "allowlist" | "denylist"): readonly Message[] {
  return texts.flatMap((text) => {
    try {
      return filtersIn(text);
    } catch (error) {
      if (!(error instanceof ProtoError)) throw error;
      throw new FlagError(`invalid --${flag} flag: failed to decode '${text}': ${error.message}`);
    }
  });
}

function filtersIn(text: string): readonly Message[] {
  const filters: Message[] = [];
  for (let rest = text.trimStart(); rest !== ""; ) {
    const { node, end } = parseFirstNode(rest);
    filters.push(readProtojsonNode(node, "FlowFilter", { text: rest, discardUnknown: false }));
    rest = rest.slice(end).trimStart();
  }
  return filters;
}
