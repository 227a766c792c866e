import { type Cause, connectionFor, type CauseWorld, type Denial } from "../cause.ts";
import { dnsProxySteps, openDnsEntries } from "../dns-steps.ts";
import { fqdnRules } from "../nearest-rule.ts";
import { fqdnApex } from "./fqdn-apex.ts";

/**
 * toFQDNs for a subject whose DNS does not pass Cilium's DNS proxy: nothing makes the addresses of the names known, so
 * the rules match only by accident, when a neighbour on the node looks the name up (upstream: pkg/fqdn/dnsproxy).
 * Where the names are known and no rule means them, the missing name comes first and this second.
 */
export const fqdnNoDnsRule: Cause = {
  id: "fqdn-no-dns-rule",
  explain(denial, world) {
    if (denial.side !== "egress" || denial.peer.kind !== "address" || denial.refused.length > 0) return null;
    const rules = fqdnRules(denial);
    const rule = rules.find((candidate) => candidate.portMatches) ?? rules[0];
    if (rule === undefined || world.names.isProxied(denial.subject)) return null;
    const lack =
      openDnsEntries(denial.subject, world).length > 0
        ? "the DNS rule has no rules.dns"
        : "no rule sends its DNS through Cilium's proxy";
    const neighbour = world.names.neighbour(denial.subject, denial.peer, denial.conversation);
    const accident =
      neighbour === null ? "" : ` (while ${neighbour.askedBy ?? "another pod"} on its node looks ${neighbour.name} up)`;
    return {
      sentence: `${lack}: nothing makes names known to Cilium, so the toFQDNs rules match only by accident${accident}`,
      nearest: rule.rule,
      steps: dnsProxySteps(denial, world),
      secondary: !isMeant(denial, world),
    };
  },
};

/** No name of the address is known, or a rule means one of them (exactly, or by a near miss that is told apart). */
function isMeant(denial: Denial, world: CauseWorld): boolean {
  const learned = denial.peer.kind === "address" ? (world.facts.byAddress.get(denial.peer.address) ?? []) : [];
  if (learned.length === 0) return true;
  const egress = world.engine.decide({
    ...connectionFor(denial, denial.peer),
    names: { learned, complete: true },
  }).egress;
  return egress?.decision === "allowed" || fqdnApex.explain(denial, world) !== null;
}
