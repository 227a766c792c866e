import type { Json } from "#model/json.ts";
import { timestampText } from "./go-time.ts";
import type { ObserveRequest } from "./observe-request.ts";
import { prototext } from "./prototext.ts";

/** The request in protobuf's text format, as `--debug` tells it. */
export function requestText(request: ObserveRequest): string {
  const { number, isFirst, isFollow, filters, since, until, fieldMask } = request;
  const fields: Readonly<Record<string, Json | null>> = {
    number: number === 0n ? null : number.toString(),
    first: isFirst ? true : null,
    follow: isFollow ? true : null,
    blacklist: filters.deny.length === 0 ? null : filters.deny,
    whitelist: filters.allow.length === 0 ? null : filters.allow,
    since: since === null ? null : timestampText(since),
    until: until === null ? null : timestampText(until),
    field_mask: fieldMask.length === 0 ? null : fieldMask,
  };
  const given = Object.entries(fields).flatMap(([name, value]): [string, Json][] =>
    value === null ? [] : [[name, value]],
  );
  return prototext(Object.fromEntries(given), "GetFlowsRequest");
}
