// Worlds that are large in one way each: nothing may take time that grows with the square of them.
const podObject = (i) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: `p${i}`, namespace: "one", labels: { app: `a${i % 50}`, id: `i${i}` } },
  spec: { nodeName: "n1", containers: [] },
  status: { podIPs: [{ ip: `10.0.${i >> 8}.${i & 255}` }] },
});
const policyObject = (name, spec, kind = "CiliumNetworkPolicy") => ({
  apiVersion: "cilium.io/v2",
  kind,
  metadata: { name, namespace: "one" },
  spec,
});
const everyone = { endpointSelector: {} };
const portsFrom = (first, count) =>
  Array.from({ length: count }, (_, i) => ({ port: String(first + i), protocol: "TCP" }));

/** 10,000 ports in 250 rules of 40, to whom half of the pods connect. */
function manyPorts() {
  const rules = Array.from({ length: 250 }, (_, i) => ({
    toEndpoints: [{ matchLabels: { app: `a${i % 50}` } }],
    toPorts: [{ ports: portsFrom(1000 + i * 40, 40) }],
  }));
  const objects = [
    ...Array.from({ length: 200 }, (_, i) => podObject(i)),
    policyObject("ports", { ...everyone, egress: rules }),
  ];
  return { objects, ask: (i) => ({ from: i % 200, to: (i * 7) % 200, port: 1000 + ((i * 13) % 10_000) }) };
}

/** 50,000 CIDRs in a rule and 50,000 in a group. */
function manyCidrs() {
  const cidr = (i) => `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`;
  const own = Array.from({ length: 50_000 }, (_, i) => cidr(i));
  const group = {
    apiVersion: "cilium.io/v2",
    kind: "CiliumCIDRGroup",
    metadata: { name: "many" },
    spec: { externalCIDRs: Array.from({ length: 50_000 }, (_, i) => cidr(i + 60_000)) },
  };
  const egress = [{ toCIDR: own }, { toCIDRSet: [{ cidrGroupRef: "many" }], toPorts: [{ ports: portsFrom(443, 1) }] }];
  const objects = [
    ...Array.from({ length: 20 }, (_, i) => podObject(i)),
    group,
    policyObject("cidrs", { ...everyone, egress }),
  ];
  const address = (i) => `${20 + ((i * 7) % 2)}.${(i * 31) & 255}.${(i * 17) & 255}.9`;
  return { objects, ask: (i) => ({ from: i % 20, address: address(i), port: 443 }) };
}

/** 5,000 policies that are all about every pod of one namespace. */
function manyPolicies() {
  const policies = Array.from({ length: 5000 }, (_, i) =>
    policyObject(`c${i}`, {
      ...everyone,
      ingress: [
        {
          fromEndpoints: [{ matchLabels: { id: `i${i % 1000}` } }],
          toPorts: [{ ports: portsFrom(1000 + (i % 100), 1) }],
        },
      ],
    }),
  );
  const objects = [...Array.from({ length: 500 }, (_, i) => podObject(i)), ...policies];
  return { objects, ask: (i) => ({ from: i % 500, to: (i * 7) % 500, port: 1000 + (i % 100) }) };
}

const WORLDS = [
  ["10,000 ports", manyPorts(), 10_000, 50],
  ["100,000 CIDRs", manyCidrs(), 10_000, 50],
  ["5,000 policies about every pod", manyPolicies(), 10_000, 50],
];

/** Figures of both engines: made, and so many different connections decided. Only the plain one decides fewer. */
export function largeWorldFigures(modules, timed) {
  return WORLDS.flatMap(([name, { objects, ask }, count, plainCount]) => {
    const world = worldOf(modules, objects);
    const asked = Array.from({ length: count }, (_, i) => connectionOf(world, ask(i)));
    const run = (make, number) =>
      timed(() => {
        const engine = make(world.given);
        if (engine.policies.some((policy) => !policy.valid)) throw new Error(`${name}: a policy is not valid`);
        return asked.slice(0, number).map((one) => engine.decide(one));
      });
    const fast = run(modules.createFastEngine, count);
    const plain = run(modules.createEngine, plainCount);
    const isLike = (decision, i) => JSON.stringify(decision) === JSON.stringify(fast.result[i]);
    if (!plain.result.every(isLike)) throw new Error(`${name}: the engines differ`);
    const seconds = ({ milliseconds }) => `${(milliseconds / 1000).toFixed(1)} s`;
    return [
      {
        what: `fast: ${name}, made and ${count} decisions`,
        value: seconds(fast),
        limit: "5 s",
        ok: fast.milliseconds < 5000,
      },
      {
        what: `plain: ${name}, made and ${plainCount} decisions`,
        value: seconds(plain),
        limit: "30 s",
        ok: plain.milliseconds < 30_000,
      },
    ];
  });
}

function worldOf({ podEnd, manifestsOf, readInventory, defaultConfig }, objects) {
  const minor = "1.20";
  const config = defaultConfig(minor);
  const { inventory, policies } = readInventory(manifestsOf(objects, null));
  const ends = inventory.pods.map((pod) => podEnd(pod, inventory, minor, config));
  return { given: { minor, config, inventory, policies }, ends };
}

function connectionOf({ ends }, { from, to, address, port }) {
  const outside = { kind: "address", address, names: [], labels: ["reserved:world"] };
  const names = { learned: [], complete: true };
  const peer = address === undefined ? ends[to] : outside;
  return { from: ends[from], to: peer, protocol: "TCP", port, icmpType: null, icmpCode: null, request: null, names };
}
