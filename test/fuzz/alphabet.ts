/** The words that worlds are made of: few of each, so that selectors, ports and prefixes meet. */

export const NAMESPACES = ["a", "b", "kube-system", "default"] as const;
export const NODES = ["n1", "n2", "n3", "n4"] as const;
export const CLUSTERS = ["default", "east"] as const;
export const ACCOUNTS = ["default", "sa1"] as const;

/** Label values by key; the odd keys are those that a label filter drops, or that a minor takes for something else. */
export const POD_LABELS: Readonly<Record<string, readonly string[]>> = {
  app: ["web", "api", "db"],
  tier: ["front", "back"],
  "k8s-app": ["kube-dns"],
  "app.kubernetes.io/name": ["web", "api"],
  empty: [""],
  host: ["x"],
  world: ["x"],
  "pod-template-hash": ["123"],
  "io.cilium.k8s.own": ["x"],
};
export const NAMESPACE_LABELS: Readonly<Record<string, readonly string[]>> = {
  env: ["dev", "prod"],
  team: ["red", "blue"],
  "a.very.long.label.key/indeed": ["x"],
};
export const NODE_LABELS: Readonly<Record<string, readonly string[]>> = {
  zone: ["z1", "z2"],
  role: ["cp"],
  "kubernetes.io/hostname": ["n1", "n2"],
};
export const GROUP_LABELS: Readonly<Record<string, readonly string[]>> = { kind: ["ext", "int"], lvl: ["one", "two"] };
export const SERVICE_LABELS: Readonly<Record<string, readonly string[]>> = { svc: ["x", "y"], app: ["web"] };

export const WORLD_ADDRESSES = {
  v4: ["1.1.1.1", "8.8.8.8", "8.8.8.9", "20.1.1.1", "20.1.2.3", "0.0.0.0", "255.255.255.255", "10.0.9.9"],
  v6: ["2001:db8::1", "2001:db8:1::5", "2606:4700::1111", "fd00:99::1"],
} as const;

export const CIDRS = {
  v4: [
    ...["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.0.1.0/24", "10.0.1.1/32", "10.10.0.0/16"],
    ...["10.10.0.2/32", "8.8.8.8/32", "8.8.8.8", "8.8.8.0/24", "8.8.8.8/31", "20.0.0.0/8", "20.1.0.0/16"],
    ...["20.1.2.3/16", "1.1.1.1/32", "20.1.2.3/32"],
  ],
  v6: ["::/0", "fd00::/8", "fd00:10::/64", "fd00:10::1/128", "fd00:20::2/128", "2001:db8::/32", "2001:db8::1/128"],
  mapped: ["::ffff:8.8.8.8/128", "::ffff:8.8.8.0/120", "::ffff:0:0/96"],
} as const;
export const GROUPS = ["g1", "g2", "g3"] as const;

export const PORTS = [53, 79, 80, 81, 90, 443, 8080] as const;
export const PORT_NAMES = ["http", "web", "dns", "metrics"] as const;

export const NAMES = [
  ...["github.com", "api.github.com", "x.y.github.com", "example.com", "a_b.example.com", "xn--bcher-kva.example"],
  ...["web.a.svc.cluster.local", "github.com.example.com"],
] as const;
export const PATTERNS = [
  ...["*", "*.github.com", "api.*.com", "git*.com", "*hub.com", "*.*", "*.*.com", "*.", "a_b.*", "*.svc.cluster.local"],
  ...["**", "**.github.com", "**.com", "**.*.com", "*.**.com", "***.com", "*.GitHub.com", "github.com.", "github.com"],
] as const;
export const SERVER_NAMES = [
  ...["github.com", "api.github.com", "*.github.com", "**.github.com", "*", "**", "GitHub.com", "git*.com", "*.*.com"],
] as const;

export const ENTITIES = [
  ...["all", "world", "cluster", "host", "remote-node", "kube-apiserver", "health", "ingress", "init", "unmanaged"],
  ...["world-ipv4", "world-ipv6", "none"],
] as const;
