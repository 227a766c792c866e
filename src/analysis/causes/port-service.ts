import type { Candidate } from "#model/connection.ts";
import type { Cause, CauseWorld, Denial } from "../cause.ts";
import { servicesOf, targetPort } from "../pod-facts.ts";
import { rulePorts } from "../rule-ports.ts";

/** toPorts names the Service's port; policy sees the packet after translation, with the container's port. */
export const portService: Cause = {
  id: "port-service",
  explain(denial, world) {
    const { conversation } = denial;
    if (conversation.port === null || conversation.to.kind !== "pod") return null;
    for (const candidate of denial.walk.candidates) {
      if (candidate.deny || !candidate.peerMatches || candidate.portMatches) continue;
      const found = mistakenPort(candidate, denial, world);
      if (found !== null) return found;
    }
    return null;
  },
};

function mistakenPort(candidate: Candidate, denial: Denial, world: CauseWorld) {
  const policy = world.policies.get(candidate.rule.policy);
  const { to, port } = denial.conversation;
  if (policy === undefined) return null;
  for (const named of rulePorts(policy, candidate.rule)) {
    const number = Number(named.port);
    const service = servicesOf(to, world.snapshot).find((one) => targetPort(one, number, to, world.snapshot) === port);
    if (service === undefined || number === port) continue;
    return {
      sentence: `${named.port} is the port of Service ${service.namespace}/${service.name}; the container listens on ${port}, and policy is enforced there`,
      nearest: candidate.rule,
      steps: [
        {
          policy: candidate.rule.policy,
          path: named.path,
          op: "replace" as const,
          value: policy.kind === "NetworkPolicy" ? Number(port) : String(port),
        },
      ],
    };
  }
  return null;
}
