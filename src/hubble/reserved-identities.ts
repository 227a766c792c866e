/** Names of the reserved identities by number. Upstream: pkg/identity reservedIdentityNames. */
export const RESERVED_IDENTITIES: ReadonlyMap<number, string> = new Map([
  [0, "unknown"],
  [1, "host"],
  [2, "world"],
  [3, "unmanaged"],
  [4, "health"],
  [5, "init"],
  [6, "remote-node"],
  [7, "kube-apiserver"],
  [8, "ingress"],
  [9, "world-ipv4"],
  [10, "world-ipv6"],
  [11, "aggregate-cluster"],
  [12, "aggregate-cluster-mesh"],
  [13, "aggregate-world"],
  [14, "aggregate-remote-node"],
]);

/** Names that a filter takes, in the order of their numbers. Upstream: identity.GetAllReservedIdentities. */
export const RESERVED_NAMES: readonly string[] = [...RESERVED_IDENTITIES.values()].slice(1);

/** Numbers of those names. */
export const RESERVED_NUMBERS: ReadonlyMap<string, number> = new Map(
  RESERVED_NAMES.map((name, index): [string, number] => [name, index + 1]),
);
