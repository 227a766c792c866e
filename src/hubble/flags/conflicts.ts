/** Filter flags that do not go together within one list. Upstream: hubble/cmd/observe newFlowFilter. */
const CONFLICTS: readonly (readonly string[])[] = [
  ["from-fqdn", "from-ip", "ip", "fqdn", "from-namespace", "namespace", "from-all-namespaces", "all-namespaces"],
  ["from-fqdn", "from-ip", "ip", "fqdn", "from-pod", "pod"],
  ["to-fqdn", "to-ip", "ip", "fqdn", "to-namespace", "namespace", "to-all-namespaces", "all-namespaces"],
  ["to-fqdn", "to-ip", "ip", "fqdn", "to-pod", "pod"],
  ["to-pod", "namespace", "all-namespaces"],
  ["from-pod", "namespace", "all-namespaces"],
  ["to-service", "namespace", "all-namespaces"],
  ["from-service", "namespace", "all-namespaces"],
  ["label", "from-label"],
  ["label", "to-label"],
  ["service", "from-service"],
  ["service", "to-service"],
  ["port", "to-port"],
  ["port", "from-port"],
  ["identity", "to-identity"],
  ["identity", "from-identity"],
  ["workload", "to-workload"],
  ["workload", "from-workload"],
  ["encrypted", "unencrypted"],
  ["reply", "not-reply"],
];

/** The first two of the flags used that cannot be combined, in the order in which they are told; null for none. */
export function conflictOf(used: ReadonlySet<string>): readonly [string, string] | null {
  for (const group of CONFLICTS) {
    const [first, second] = group.filter((flag) => used.has(flag));
    if (first !== undefined && second !== undefined) return [first, second];
  }
  return null;
}
