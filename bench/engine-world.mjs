// The world of the engine's benchmark: 1,000 pods of 1,000 identities, 3,000 policies of one ingress and one egress rule.
// Plain Kubernetes objects; the same shape on every run.

export function engineWorld(identities = 1000, policies = 3000) {
  const pods = Array.from({ length: identities }, (_, i) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `p${i}`, namespace: `ns${i % 10}`, labels: { app: `a${i % 50}`, id: `i${i}` } },
    spec: { nodeName: "n1", containers: [] },
  }));
  const policyObjects = Array.from({ length: policies }, (_, i) => {
    const toPorts = [{ ports: [{ port: `${1000 + (i % 100)}`, protocol: "TCP" }] }];
    return {
      apiVersion: "cilium.io/v2",
      kind: "CiliumNetworkPolicy",
      metadata: { name: `c${i}`, namespace: `ns${i % 10}` },
      spec: {
        endpointSelector: { matchLabels: { app: `a${Math.floor(i / 10) % 50}` } },
        ingress: [{ fromEndpoints: [{ matchLabels: { app: `a${(i * 7) % 50}` } }], toPorts }],
        egress: [{ toEndpoints: [{ matchLabels: { app: `a${(i * 11) % 50}` } }], toPorts }],
      },
    };
  });
  return [...pods, ...policyObjects];
}
