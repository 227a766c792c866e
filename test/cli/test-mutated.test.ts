import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { inProcess } from "./in-process.ts";

const directory = mkdtempSync(join(tmpdir(), "ringfence-mutated-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** `RUNS=2500 npx vitest run test/cli/test-mutated.test.ts` looks longer. */
const RUNS = Number(process.env["RUNS"] ?? 60);
const TIMEOUT = Math.max(60_000, RUNS * 300);

type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

/** A test that uses every part of the format, and policies of every kind. */
const WHOLE: Value = parse(`
name: everything
cilium: "1.20"
config: {ipv6: true, policyCIDRMatchMode: [nodes, pods], enableNodeSelectorLabels: true, enableExtendedIPProtocols: true}
objects:
  - {apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {team: red}}}
  - {apiVersion: v1, kind: Node, metadata: {name: n1, labels: {zone: z}}, status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
  - {apiVersion: v1, kind: Pod, metadata: {namespace: a, name: x, labels: {app: x}}, spec: {nodeName: n1, containers: [{name: c, ports: [{name: web, containerPort: 80, protocol: TCP}]}]}, status: {podIP: 10.0.0.1}}
  - {apiVersion: apps/v1, kind: Deployment, metadata: {namespace: a, name: y}, spec: {template: {metadata: {labels: {app: y}}, spec: {serviceAccountName: y}}}}
  - {apiVersion: v1, kind: Service, metadata: {namespace: a, name: s}, spec: {selector: {app: x}, clusterIP: 10.96.0.1, ports: [{port: 80, targetPort: web}]}}
  - {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {namespace: a, name: s-1, labels: {kubernetes.io/service-name: s}}, endpoints: [{addresses: [10.0.0.1]}], ports: [{port: 80}]}
  - {apiVersion: cilium.io/v2, kind: CiliumCIDRGroup, metadata: {name: g, labels: {k: v}}, spec: {externalCIDRs: [203.0.113.0/24]}}
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {namespace: a, name: p}
    spec:
      endpointSelector: {matchLabels: {app: x}, matchExpressions: [{key: app, operator: In, values: [x, z]}]}
      enableDefaultDeny: {ingress: true}
      ingress:
        - {fromEndpoints: [{matchLabels: {app: y}}], toPorts: [{ports: [{port: web, protocol: TCP}, {port: "90", endPort: 95}], rules: {http: [{method: GET, path: /a.*, headerMatches: [{name: X-A, value: b, mismatch: LOG}]}]}}]}
        - {fromCIDRSet: [{cidr: 198.51.100.0/24, except: [198.51.100.7/32]}, {cidrGroupRef: g}], icmps: [{fields: [{type: 8, family: IPv4}]}]}
      ingressDeny: [{fromEntities: [world]}]
      egress:
        - {toFQDNs: [{matchName: a.example}, {matchPattern: "*.b.example"}], toPorts: [{ports: [{port: "443"}], serverNames: [a.example]}]}
        - {toEndpoints: [{}], toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]}
        - {toServices: [{k8sService: {serviceName: s, namespace: a}}], authentication: {mode: required}}
        - {toNodes: [{matchLabels: {zone: z}}]}
  - {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: a, name: k}, spec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: web}, {port: 80, endPort: 90}]}]}}
  - {apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: t}, spec: {tier: Admin, priority: 5, subject: {namespaces: {}}, ingress: [{name: r, action: Deny, from: [{namespaces: {matchLabels: {team: red}}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}]}}
dns: [{name: a.example, ips: [203.0.113.9], seenBy: a/x}]
connections:
  - {name: web, from: a/y, to: a/x, port: 80, http: {method: GET, path: /a, host: h, headers: {X-A: [b]}}, expect: {verdict: denied, ingress: allowed, ingressPolicies: [CiliumNetworkPolicy/a/p]}}
  - {from: a/x, to: 203.0.113.9, port: 443, serverName: a.example, expect: {verdict: denied, egressRedirect: none}}
  - {from: a/x, to: a/y, port: 53, protocol: UDP, dnsQuery: {name: c.example}, expect: {egressL7: denied, verdict: denied}}
  - {from: 198.51.100.8, to: a/x, protocol: ICMP, icmpType: 8, icmpCode: 0, expect: {verdict: denied}}
  - {from: reserved:host, to: a/x, port: 99, expect: {verdict: allowed}}
expectPolicies: [{policy: CiliumNetworkPolicy/a/p, valid: false, error: nothing}]
`);

const ODD: readonly Value[] = [
  null,
  true,
  0,
  -1,
  1e21,
  65536,
  "",
  "x",
  "a/x",
  "*",
  "(",
  "0.0.0.0/0",
  "::/0",
  "10.0.0.1/99",
  "\u0000",
  "__proto__",
  [],
  {},
  [null],
  [[]],
  { "": "" },
  [{ a: [] }],
];

type Step = { readonly at: number; readonly how: "delete" | "replace" | "twice" | "rename"; readonly odd: number };

const steps = fc.array(
  fc.record({
    at: fc.nat(1000),
    how: fc.constantFrom("delete" as const, "replace" as const, "twice" as const, "rename" as const),
    odd: fc.nat(ODD.length - 1),
  }),
  { minLength: 1, maxLength: 4 },
);

type Slot = { readonly owner: Value[] | { [key: string]: Value }; readonly key: string | number };

/** Every place in a value that holds something. */
function slots(value: Value): Slot[] {
  if (value === null || typeof value !== "object") return [];
  const keys: readonly (string | number)[] = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  return keys.flatMap((key) => [
    { owner: value, key },
    ...slots((value as Record<string | number, Value>)[key] ?? null),
  ]);
}

function mutated(value: Value, wanted: readonly Step[]): Value {
  const copy = structuredClone(value);
  for (const { at, how, odd } of wanted) {
    const all = slots(copy);
    const slot = all[at % Math.max(1, all.length)];
    if (slot === undefined) continue;
    const owner = slot.owner as Record<string | number, Value>;
    if (how === "replace") owner[slot.key] = structuredClone(ODD[odd] ?? null);
    else if (how === "twice" && Array.isArray(slot.owner)) slot.owner.push(structuredClone(owner[slot.key] ?? null));
    else if (how === "rename" && !Array.isArray(slot.owner)) owner[`${slot.key}x`] = owner[slot.key] ?? null;
    else if (Array.isArray(slot.owner)) slot.owner.splice(Number(slot.key), 1);
    else delete owner[slot.key];
  }
  return copy;
}

describe("no test file makes it throw", () => {
  it(
    "whatever is missing, doubled or of another type: a result, or an error with its place",
    async () => {
      const path = join(directory, "mutated.test.json");
      const codes = new Set<number | null>();
      await fc.assert(
        fc.asyncProperty(steps, fc.constantFrom("1.18", "1.19", "1.20"), async (wanted, cilium) => {
          const whole = { ...(structuredClone(WHOLE) as { [key: string]: Value }), cilium };
          writeFileSync(path, JSON.stringify(mutated(whole, wanted)));
          const run = await inProcess(["test", path]);
          codes.add(run.status);
          expect(run.stderr).not.toMatch(/internal error|\n {4}at /);
          if (run.status === 2) expect(run.stderr).toMatch(/mutated\.test\.json:1:\d+: /);
        }),
        { numRuns: RUNS },
      );
      expect(codes).toContain(1);
      expect(codes).toContain(2);
    },
    TIMEOUT,
  );

  it(
    "whatever is cut out of its text",
    async () => {
      const text = readFileSync(join(import.meta.dirname, "fixture/tests/shop.yaml"), "utf8");
      const path = join(directory, "cut.test.yaml");
      await fc.assert(
        fc.asyncProperty(fc.nat(text.length), fc.nat(40), async (start, length) => {
          writeFileSync(path, (text.slice(0, start) + text.slice(start + length)).replace(/^files:.*$/m, ""));
          const run = await inProcess(["test", path]);
          expect(run.stderr).not.toMatch(/internal error|\n {4}at /);
        }),
        { numRuns: RUNS },
      );
    },
    TIMEOUT,
  );
});
