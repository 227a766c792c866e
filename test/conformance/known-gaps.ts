/** A key known to differ from the recording, and why it is left so. Each is run, and must still differ. */
export type KnownGap = {
  readonly file: string;
  readonly test: string;
  readonly of: string | number;
  readonly key: string;
  readonly why: string;
};

const GROUPS =
  "before 1.20 the agent skips an object with groups and the operator writes another; the recording applied the object itself";
const HOST_SELECTED =
  "in 1.19 a redirect spares the host only if its selector is known from an endpoint resolved earlier: the answer depends on the order of events; the engine answers for the first endpoint";

export const KNOWN_GAPS: readonly KnownGap[] = [
  { file: "topic-p-sanitize", test: "p-sanitize/ports-FromGroups@1.18", of: 0, key: "ingressPolicies", why: GROUPS },
  { file: "topic-p-sanitize", test: "p-sanitize/ports-FromGroups@1.19", of: 0, key: "ingressPolicies", why: GROUPS },
  { file: "worlds-1.19", test: "world-7-321@1.19", of: 21, key: "verdict", why: HOST_SELECTED },
  { file: "worlds-1.19", test: "world-7-321@1.19", of: 21, key: "ingressL7", why: HOST_SELECTED },
];
