import type { EdgeReport, EndReport, RulePlace } from "#model/rehearsal.ts";

/**
 * An end by the name a person knows: `namespace/workload` (a bare pod by its own name), a reserved entity, the DNS name
 * of an address, the address where there is nothing better. `within` leaves that namespace's name out.
 */
export function endName(end: EndReport, within: string | null = null): string {
  switch (end.kind) {
    case "pod": {
      const name = end.workload?.name ?? end.pods[0] ?? "(a pod without name)";
      if (end.namespace === "") return name;
      return end.namespace === within ? name : `${end.namespace}/${name}`;
    }
    case "reserved":
      return end.entity;
    case "address":
      return end.names[0] ?? end.address;
    case "unknown":
      return end.address === null ? "unknown" : `${end.address} (unknown)`;
  }
}

const ICMP_ECHO: Readonly<Record<string, number>> = { ICMPv4: 8, ICMPv6: 128 };

type Destination = Pick<EdgeReport, "protocol" | "port" | "icmpType" | "icmpCode">;

/** `:443`, `:53/UDP`, `ping`, `ICMPv4 type 3 code 4`, `GRE`: where a conversation goes, beside its destination. */
export function portName(edge: Destination): string {
  if (edge.port !== null) return edge.protocol === "TCP" ? `:${edge.port}` : `:${edge.port}/${edge.protocol}`;
  if (edge.icmpType === null) return edge.protocol;
  if (ICMP_ECHO[edge.protocol] === edge.icmpType) return "ping";
  const code = edge.icmpCode === null ? "" : ` code ${edge.icmpCode}`;
  return `${edge.protocol} type ${edge.icmpType}${code}`;
}

/** `argocd/repo-server → github.com :443`. */
export function edgeName(edge: EdgeReport, within: string | null = null): string {
  return `${endName(edge.from, within)} → ${endName(edge.to, within)} ${portName(edge)}`;
}

/** `argocd.yaml:31`, else the policy and element: where a rule stands. */
export function ruleName(rule: RulePlace): string {
  if (rule.file === null) return `${rule.policy} ${rule.element}`;
  return rule.line === null ? `${rule.file} ${rule.element}` : `${rule.file}:${rule.line}`;
}

/** A conversation as `Edit.newlyAllows` writes it. */
export function allowedName(edge: EdgeReport): string {
  return `${endName(edge.from)} → ${endName(edge.to)} ${edge.port ?? edge.protocol}`;
}
