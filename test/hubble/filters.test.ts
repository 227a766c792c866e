import { FilterError } from "#hubble/filters/filter.ts";
import { buildFilters } from "#hubble/filters.ts";
import { type Message, partOf, textOf } from "#hubble/message.ts";
import { readProtojson } from "#hubble/protojson/read.ts";
import { describe, expect, it } from "vitest";
import { fixtureCases, fixtureLines } from "./cases.ts";

type FilterCase = {
  readonly id: string;
  readonly whitelist: readonly Message[];
  readonly blacklist: readonly Message[];
  readonly runs: { readonly a: { readonly match?: readonly string[]; readonly error?: string } };
};

const flows = fixtureLines("flows-a.jsonl.gz").map((line) =>
  readProtojson(line, "GetFlowsResponse", { discardUnknown: false }),
);

function filterOf(filter: Message): Message {
  return readProtojson(JSON.stringify(filter), "FlowFilter", { discardUnknown: false });
}

/** What pkg/hubble/filters of Cilium 1.20.2 kept. */
describe("filters keep what Hubble's own keep", () => {
  const cases = fixtureCases<FilterCase>("filter-cases.jsonl.gz");
  it.each(cases.map((one) => [one.id, one] as const))("%s", (_, { whitelist, blacklist, runs }) => {
    const lists = { allow: whitelist.map(filterOf), deny: (blacklist ?? []).map(filterOf) };
    if (runs.a.error !== undefined) {
      expect(() => buildFilters(lists, () => {})).toThrow(FilterError);
      return;
    }
    const isKept = buildFilters(lists, () => {});
    const kept = flows
      .map((response) => partOf(response, "flow"))
      .filter((flow) => flow !== undefined && (isKept === undefined || isKept(flow)));
    expect(kept.map((flow) => textOf(flow, "uuid"))).toEqual(runs.a.match);
  });
});
