import { timestampText } from "../go-time.ts";
import type { Message } from "../message.ts";
import type { ObserveRequest } from "../observe-request.ts";

/** What of a request a server is asked for. */
export type AskedFlows = Pick<
  ObserveRequest,
  "number" | "isFirst" | "isFollow" | "filters" | "since" | "until" | "fieldMask"
>;

/** A GetFlowsRequest in canonical form. Upstream: getFlowsRequest. */
export function flowsRequest({ number, isFirst, isFollow, filters, since, until, fieldMask }: AskedFlows): Message {
  return {
    ...(number === 0n ? {} : { number: number.toString() }),
    ...(isFirst ? { first: true } : {}),
    ...(isFollow ? { follow: true } : {}),
    ...(filters.deny.length === 0 ? {} : { blacklist: filters.deny }),
    ...(filters.allow.length === 0 ? {} : { whitelist: filters.allow }),
    ...(since === null ? {} : { since: timestampText(since) }),
    ...(until === null ? {} : { until: timestampText(until) }),
    ...(fieldMask.length === 0 ? {} : { field_mask: fieldMask }),
  };
}
