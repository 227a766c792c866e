import type { Candidate, L7Check, PortCheck } from "#model/connection.ts";
import type { Conversation } from "#model/conversation.ts";
import type { ClauseExplanation } from "#model/explanation.ts";
import { clausesOf } from "./stage.ts";

/** The ports of a rule and the connection's; every port where it names none. */
export function portClause(candidate: Candidate, conversation: Conversation): ClauseExplanation {
  const { ports } = clausesOf(candidate);
  const holding = ports.filter((port) => port.fails === "none");
  const shown = candidate.portMatches && holding.length > 0 ? holding : ports;
  const asks = shown.length === 0 ? "every port" : listed(shown.map((port) => portWords(port)));
  return {
    clause: "port",
    field: ports.length === 0 ? "" : isIcmp(conversation.protocol) ? "icmps" : "toPorts",
    holds: candidate.portMatches,
    asks,
    found: candidate.portMatches ? "" : portOf(conversation),
    note: candidate.portMatches ? null : noteOf(ports),
    labels: [],
  };
}

function listed(texts: readonly string[]): string {
  const all = [...new Set(texts)];
  return all.length > 4 ? `${all.slice(0, 4).join(", ")} and ${all.length - 4} more` : all.join(", ");
}

/** `5432/TCP`, `80-90`, `http (80)`, `ICMP type 8`. */
function portWords({ port, endPort, protocol, numbers }: PortCheck): string {
  if (isIcmp(protocol))
    return `${protocol === "ICMPV6" ? "ICMPv6" : "ICMP"} ${port === "0" ? "every type" : `type ${port}`}`;
  const named =
    numbers === null ? "" : numbers.length === 0 ? " (no number)" : ` (${[...new Set(numbers)].join(", ")})`;
  const end = endPort > Number(port) ? `-${endPort}` : "";
  const plain = port === "0" && end === "" ? "every port" : port;
  return `${plain}${end}${named}${protocol === "ANY" ? "" : `/${protocol}`}`;
}

function isIcmp(protocol: string): boolean {
  return protocol.toUpperCase().startsWith("ICMP");
}

/** The connection's port as people write it: `8080/TCP`, `ICMPv4 type 8`. */
export function portOf({ port, protocol, icmpType }: Conversation): string {
  if (port !== null) return `${port}/${protocol}`;
  return icmpType === null ? protocol : `${protocol} type ${icmpType}`;
}

function noteOf(ports: readonly PortCheck[]): string | null {
  const unresolved = ports.find((port) => port.fails === "not-resolved");
  return unresolved === undefined ? null : `port name ${unresolved.port} has no number here: the rule does nothing`;
}

/** The L7 rules on the port, and the part in which the nearest differs from the request; null when there are none. */
export function l7Clause(candidate: Candidate): ClauseExplanation | null {
  const { l7 } = clausesOf(candidate);
  const [first] = l7;
  if (candidate.fails !== "none" || first === undefined) return null;
  const taking = l7.find((rule) => rule.fails === null);
  const seen = l7.filter((rule) => rule.fails !== "unseen");
  const shown = taking === undefined ? l7 : [taking];
  return {
    clause: "l7",
    field: first.kind,
    holds: taking !== undefined || seen.length === 0,
    asks: listed(shown.map((rule) => rule.text)),
    found: taking !== undefined || seen.length === 0 ? "" : partsOf(seen),
    note: seen.length === 0 ? "no such request was given" : null,
    labels: [],
  };
}

/** `another path`: the parts that differ, of all rules. */
function partsOf(rules: readonly L7Check[]): string {
  const parts = [...new Set(rules.map((rule) => rule.fails))].filter((part) => part !== null && part !== "unseen");
  return `another ${parts.join(" or ")}`;
}
