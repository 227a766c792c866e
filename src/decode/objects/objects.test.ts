import { describe, expect, it } from "vitest";
import type { Inventory } from "#model/objects.ts";
import { manifestsOf, readInventory } from "./objects.ts";
import { templatePods } from "./template-pods.ts";
import { readManifests } from "../yaml/yaml.ts";

function read(text: string, file = "f.yaml") {
  return readInventory(readManifests(text, file).manifests);
}

function inventory(text: string): Inventory {
  return read(text).inventory;
}

describe("every kind is read into what an analysis may ask for", () => {
  it("Namespace: the name label is on every one, given or not", () => {
    const text = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: lone}
`;
    expect(inventory(text).namespaces).toEqual([
      { name: "shop", labels: { team: "web", "kubernetes.io/metadata.name": "shop" }, annotations: {} },
      { name: "default", labels: { "kubernetes.io/metadata.name": "default" }, annotations: {} },
    ]);
  });

  it("Pod", () => {
    const text = `
apiVersion: v1
kind: Pod
metadata:
  name: web-1
  namespace: shop
  generateName: web-
  labels: {app: web, release: 1, canary: true}
  ownerReferences: [{kind: ReplicaSet, name: web, controller: true, uid: x}]
  deletionTimestamp: "2026-01-01T00:00:00Z"
spec:
  nodeName: n1
  hostNetwork: true
  dnsPolicy: None
  dnsConfig: {searches: [corp.example]}
  initContainers:
    - {name: sidecar, restartPolicy: Always, ports: [{name: metrics, containerPort: 15020}]}
  containers:
    - {name: a, ports: [{name: http, containerPort: 8080}, {containerPort: 9000, protocol: UDP}]}
    - {name: b, ports: [{name: http, containerPort: 8081, protocol: TCP}]}
status:
  phase: Running
  startTime: "2025-12-31T00:00:00Z"
  podIP: 10.0.0.7
  podIPs: [{ip: 10.0.0.7}, {ip: "fd00::7"}]
`;
    expect(inventory(text).pods).toEqual([
      {
        namespace: "shop",
        name: "web-1",
        fromTemplate: false,
        labels: { app: "web", release: "1", canary: "true" },
        annotations: {},
        serviceAccount: "default",
        nodeName: "n1",
        hostNetwork: true,
        addresses: ["10.0.0.7", "fd00::7"],
        ports: [
          { name: "http", port: 8080, protocol: "TCP" },
          { name: "", port: 9000, protocol: "UDP" },
          { name: "http", port: 8081, protocol: "TCP" },
        ],
        owners: [{ kind: "ReplicaSet", name: "web", controller: true }],
        generateName: "web-",
        phase: "Running",
        startTime: "2025-12-31T00:00:00Z",
        deletionTime: "2026-01-01T00:00:00Z",
        dnsPolicy: "None",
        dnsSearches: ["corp.example"],
      },
    ]);
  });

  it("Service: a headless one has no address, an absent selector is not an empty one", () => {
    const text = `
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Service, metadata: {name: a, namespace: s}, spec: {clusterIP: None, selector: {}}}
  - apiVersion: v1
    kind: Service
    metadata: {name: b, namespace: s}
    spec:
      type: LoadBalancer
      externalTrafficPolicy: Local
      clusterIP: 10.96.0.1
      clusterIPs: [10.96.0.1, "fd00::1"]
      externalIPs: [203.0.113.1]
      ports: [{port: 80, targetPort: http, nodePort: 30080}, {name: dns, port: 53, protocol: UDP}]
    status: {loadBalancer: {ingress: [{ip: 192.0.2.200}, {hostname: lb.example}]}}
  - apiVersion: v1
    kind: Service
    metadata: {name: c, namespace: s, annotations: {lbipam.cilium.io/ips: "192.0.2.201, 192.0.2.202"}}
    spec: {type: LoadBalancer}
`;
    const services = inventory(text).services;
    expect(services.map(({ selector }) => selector)).toEqual([{}, null, null]);
    expect(services.map(({ clusterIPs }) => clusterIPs)).toEqual([[], ["10.96.0.1", "fd00::1"], []]);
    expect(services.map(({ loadBalancerAddresses }) => loadBalancerAddresses)).toEqual([
      [],
      ["192.0.2.200"],
      ["192.0.2.201", "192.0.2.202"],
    ]);
    expect(services[1]).toMatchObject({
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      externalIPs: ["203.0.113.1"],
      ports: [
        { name: "", port: 80, targetPort: "http", protocol: "TCP", nodePort: 30080 },
        { name: "dns", port: 53, targetPort: null, protocol: "UDP", nodePort: null },
      ],
    });
  });

  it("EndpointSlice: endpoints that are ready, or serving while they terminate", () => {
    const text = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-x, namespace: shop, labels: {kubernetes.io/service-name: web}}
endpoints:
  - {addresses: [10.0.0.1]}
  - {addresses: [10.0.0.2], conditions: {ready: true}}
  - {addresses: [10.0.0.3], conditions: {ready: false}}
  - {addresses: [10.0.0.4], conditions: {ready: false, serving: true, terminating: true}}
  - {addresses: [10.0.0.5], conditions: {ready: false, serving: false}}
  - {addresses: [name.example]}
ports: [{name: http, port: 8080}, {port: 9, protocol: UDP}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: web, namespace: shop}
subsets: [{addresses: [{ip: 10.9.9.9}], ports: [{port: 1}]}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: old, namespace: shop}
subsets: [{addresses: [{ip: 10.0.1.1}], notReadyAddresses: [{ip: 10.0.1.2}], ports: [{name: x, port: 1}]}]
`;
    expect(inventory(text).endpointSlices).toMatchObject([
      {
        service: "web",
        addresses: ["10.0.0.1", "10.0.0.2", "10.0.0.4"],
        ports: [
          { name: "http", port: 8080, protocol: "TCP" },
          { name: "", port: 9, protocol: "UDP" },
        ],
      },
      { service: "old", addresses: ["10.0.1.1"], ports: [{ name: "x", port: 1, protocol: "TCP" }] },
    ]);
  });

  it("Node and CiliumNode: addresses with their types, host names left out", () => {
    const text = `
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {zone: a}}
spec: {podCIDR: 10.0.0.0/24}
status: {addresses: [{type: InternalIP, address: 192.0.2.1}, {type: Hostname, address: n1}]}
---
apiVersion: cilium.io/v2
kind: CiliumNode
metadata: {name: n1}
spec:
  addresses: [{type: InternalIP, ip: 192.0.2.1}, {type: CiliumInternalIP, ip: 10.0.0.1}]
  ipam: {podCIDRs: [10.0.0.0/24]}
  health: {ipv4: 10.0.0.2}
  ingress: {}
`;
    const { nodes, ciliumNodes } = inventory(text);
    expect(nodes).toEqual([
      {
        name: "n1",
        labels: { zone: "a" },
        addresses: [{ type: "InternalIP", address: "192.0.2.1" }],
        podCIDRs: ["10.0.0.0/24"],
      },
    ]);
    expect(ciliumNodes).toEqual([
      {
        name: "n1",
        labels: {},
        addresses: [
          { type: "InternalIP", address: "192.0.2.1" },
          { type: "CiliumInternalIP", address: "10.0.0.1" },
        ],
        podCIDRs: ["10.0.0.0/24"],
        healthAddresses: ["10.0.0.2"],
        ingressAddresses: [],
      },
    ]);
  });

  it("CiliumEndpoint and CiliumIdentity", () => {
    const text = `
apiVersion: cilium.io/v2
kind: CiliumEndpoint
metadata: {name: web-1, namespace: shop}
status:
  id: 1303
  identity: {id: 4711, labels: ["k8s:app=web", "gen:io.cilium.k8s.named-ports=http.TCP.80"]}
  networking: {addressing: [{ipv4: 10.0.0.7, ipv6: "fd00::7"}], node: 192.0.2.1}
  named-ports: [{name: http, port: 80, protocol: TCP}]
---
apiVersion: cilium.io/v2
kind: CiliumIdentity
metadata: {name: "4711"}
security-labels: {"k8s:app": web, "k8s:empty": "", "reserved:health": ""}
`;
    const { ciliumEndpoints, ciliumIdentities } = inventory(text);
    expect(ciliumEndpoints).toEqual([
      {
        namespace: "shop",
        name: "web-1",
        identity: 4711,
        labels: ["gen:io.cilium.k8s.named-ports=http.TCP.80", "k8s:app=web"],
        addresses: ["10.0.0.7", "fd00::7"],
        nodeAddress: "192.0.2.1",
        namedPorts: [{ name: "http", port: 80, protocol: "TCP" }],
        endpointId: 1303,
      },
    ]);
    expect(ciliumIdentities).toEqual([{ id: 4711, labels: ["k8s:app=web", "k8s:empty=", "reserved:health"] }]);
  });

  it("CiliumCIDRGroup of both versions", () => {
    const group = (version: string, name: string) =>
      `{apiVersion: cilium.io/${version}, kind: CiliumCIDRGroup, metadata: {name: ${name}, labels: {a: b}}, spec: {externalCIDRs: [10.0.0.0/8]}}`;
    expect(inventory(`${group("v2", "a")}\n---\n${group("v2alpha1", "b")}`).cidrGroups).toEqual([
      { name: "a", labels: { a: "b" }, cidrs: ["10.0.0.0/8"] },
      { name: "b", labels: { a: "b" }, cidrs: ["10.0.0.0/8"] },
    ]);
  });

  it("what the API server calls: webhooks, aggregated APIs, CRD conversion", () => {
    const text = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: v}
webhooks:
  - {name: a, clientConfig: {service: {namespace: cert, name: hook}}}
  - {name: b, clientConfig: {service: {namespace: cert, name: hook}}}
  - {name: c, clientConfig: {service: {namespace: cert, name: hook, port: 10250}}}
  - {name: d, clientConfig: {url: "https://x"}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec: {service: {namespace: kube-system, name: metrics-server, port: 443}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.apps}
spec: {}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: a.example}
spec: {conversion: {strategy: Webhook, webhook: {clientConfig: {service: {namespace: x, name: hook}}}}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: b.example}
spec: {conversion: {strategy: None}}
`;
    expect(inventory(text).webhooks).toEqual([
      {
        kind: "ValidatingWebhookConfiguration",
        name: "v",
        services: [
          { namespace: "cert", name: "hook", port: 443 },
          { namespace: "cert", name: "hook", port: 10250 },
        ],
      },
      {
        kind: "APIService",
        name: "v1beta1.metrics.k8s.io",
        services: [{ namespace: "kube-system", name: "metrics-server", port: 443 }],
      },
      { kind: "APIService", name: "v1.apps", services: [] },
      { kind: "CustomResourceDefinition", name: "a.example", services: [{ namespace: "x", name: "hook", port: 443 }] },
    ]);
  });
});

describe("policies are read as the agent gets them", () => {
  it("nulls of fields go, absent and empty stay apart, the namespace is filled in", () => {
    const text = `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, annotations: null}
spec: {endpointSelector: {}, ingress: [], egress: null, labels: [null]}
`;
    expect(read(text).policies).toMatchObject([
      {
        kind: "CiliumNetworkPolicy",
        namespace: "default",
        name: "p",
        file: "f.yaml",
        value: {
          apiVersion: "cilium.io/v2",
          kind: "CiliumNetworkPolicy",
          metadata: { name: "p", namespace: "default" },
          spec: { endpointSelector: {}, ingress: [], labels: [null] },
        },
      },
    ]);
    expect(read(text).policies[0]?.value["spec"]).not.toHaveProperty("egress");
  });

  it.each([
    ["cilium.io/v2", "CiliumClusterwideNetworkPolicy"],
    ["policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"],
  ])("%s %s has no namespace", (apiVersion, kind) => {
    const text = `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: p, namespace: x}, spec: {}}`;
    expect(read(text).policies[0]).toMatchObject({ kind, namespace: null, name: "p" });
  });
});

describe("workloads stand for one pod of their template", () => {
  const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {not: this}}
spec: {replicas: 3, template: {metadata: {labels: {app: web}}, spec: {serviceAccountName: web, containers: [{ports: [{containerPort: 80}]}]}}}
`;
  const cronJob = `
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, namespace: shop}
spec:
  schedule: "0 3 * * *"
  timeZone: Europe/Oslo
  suspend: true
  jobTemplate: {spec: {template: {metadata: {labels: {job: backup}}, spec: {}}}}
`;
  const owned = (kind: string, name: string, owner: string, label = "") =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop, labels: {${label}}, ownerReferences: [{kind: ${kind}, name: ${owner}, controller: true}]}\n`;

  it("when no Pod of theirs was given", () => {
    const found = inventory(`${deployment}---${cronJob}`);
    expect(found.workloads).toMatchObject([
      { kind: "Deployment", name: "web", replicas: 3, schedule: null, suspended: false },
      {
        kind: "CronJob",
        name: "backup",
        replicas: null,
        schedule: "0 3 * * *",
        timeZone: "Europe/Oslo",
        suspended: true,
      },
    ]);
    expect(templatePods(found)).toMatchObject([
      {
        namespace: "shop",
        name: "web",
        labels: { app: "web" },
        serviceAccount: "web",
        fromTemplate: true,
        ports: [{ port: 80 }],
      },
      { namespace: "shop", name: "backup", labels: { job: "backup" }, serviceAccount: "default", nodeName: null },
    ]);
  });

  it.each([
    ["its own pod", owned("Deployment", "web-1", "web"), ["backup"]],
    [
      "a ReplicaSet's pod, the ReplicaSet known by its name alone",
      owned("ReplicaSet", "web-5d-1", "web-5d", "pod-template-hash: 5d"),
      ["backup"],
    ],
    ["a ReplicaSet's pod without the label", owned("ReplicaSet", "web-5d-1", "web-5d"), ["web", "backup"]],
    ["a CronJob's run", owned("Job", "backup-29401234-x", "backup-29401234"), ["web"]],
    ["a Job of a name of its own", owned("Job", "backup-now-x", "backup-now"), ["web", "backup"]],
  ])("not when there is %s", (_, pod, expected) => {
    const found = inventory(`${deployment}---${cronJob}---\n${pod}`);
    expect(templatePods(found).map((one) => one.name)).toEqual(expected);
  });

  it("nor when another workload owns them", () => {
    const replicaSet = deployment
      .replace("kind: Deployment", "kind: ReplicaSet")
      .replace("name: web,", "name: web-5d, ownerReferences: [{kind: Deployment, name: web}],");
    expect(templatePods(inventory(`${deployment}---${replicaSet}`)).map((one) => one.name)).toEqual(["web"]);
  });
});

describe("what is odd is said", () => {
  const findings = (text: string) => read(text).findings.map(({ id, severity, help }) => ({ id, severity, help }));

  it.each([
    ["a version that is not served", "cilium.io/v1", "CiliumNetworkPolicy", "cilium.io/v2"],
    ["no apiVersion", '""', "Pod", "v1"],
    ["a former group", "extensions/v1beta1", "NetworkPolicy", "networking.k8s.io/v1"],
    ["another group", "networking.k8s.io/v1", "CiliumNetworkPolicy", "cilium.io/v2"],
    ["a version to come", "policy.networking.k8s.io/v1", "ClusterNetworkPolicy", "policy.networking.k8s.io/v1alpha2"],
  ])("%s is an error", (_, apiVersion, kind, wanted) => {
    const text = `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: x}}`;
    expect(findings(text)).toEqual([
      { id: "wrong-api-version", severity: "error", help: `write \`apiVersion: ${wanted}\`` },
    ]);
    expect(read(text).policies).toEqual([]);
    expect(
      readInventory(manifestsOf([{ kind, metadata: { name: "x" } }], null), { anyVersion: true }).findings,
    ).toEqual([]);
  });

  it.each([
    ["extensions/v1beta1", "Deployment"],
    ["batch/v1beta1", "CronJob"],
    ["discovery.k8s.io/v1beta1", "EndpointSlice"],
    ["v1", "ConfigMap"],
    ["v1", "Secret"],
    ["rbac.authorization.k8s.io/v1", "Role"],
    ["helm.toolkit.fluxcd.io/v2", "HelmRelease"],
    ["networking.k8s.io/v1", "Ingress"],
  ])("%s %s is passed over without a word", (apiVersion, kind) => {
    expect(findings(`{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: x}}`)).toEqual([]);
  });

  it.each([
    ["cilium.io/v2", "CiliumNetworkPolcy", "did you mean CiliumNetworkPolicy?"],
    ["crd.projectcalico.org/v1", "NetworkPolicy", "cilium does not enforce the NetworkPolicy of crd.projectcalico.org"],
    [
      "policy.networking.k8s.io/v1alpha1",
      "AdminNetworkPolicy",
      "cilium does not enforce the AdminNetworkPolicy of policy.networking.k8s.io",
    ],
    ["example.org/v1", "Widget", "nothing to do if they hold no policy"],
  ])("%s %s is unknown, once a kind", (apiVersion, kind, help) => {
    const one = `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: x}}`;
    expect(read(`${one}\n---\n${one}`).findings).toMatchObject([
      { id: "unknown-kind", severity: "warn", help, count: 2 },
    ]);
  });

  it("an object given twice: the last one counts, in the place of the first", () => {
    const policy = (name: string, ports: string) =>
      `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}}, spec: {podSelector: ${ports}}}`;
    const { policies, findings: said } = read(
      [policy("a", "{}"), policy("b", "{}"), policy("a", "{matchLabels: {x: z}}"), policy("b", "{}")].join("\n---\n"),
    );
    expect(policies.map(({ name, value }) => [name, value["spec"]])).toEqual([
      ["a", { podSelector: { matchLabels: { x: "z" } } }],
      ["b", { podSelector: {} }],
    ]);
    expect(said).toMatchObject([
      { id: "duplicate-object", severity: "warn", place: { line: 5, object: "NetworkPolicy/default/a" } },
    ]);
    expect(said).toHaveLength(1);
  });

  it("names and labels that YAML reads as something else", () => {
    const text =
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: 12\n  namespace: on\n  labels: {version: 1.10, on: 'yes', up: yes}\n";
    const { findings: said, inventory: found } = read(text);
    expect(said.map(({ id, message, place }) => [id, message.split(",")[0], place?.line])).toEqual([
      ["not-text", "metadata.name is the number 12", 4],
      ["not-text", "metadata.namespace is the boolean true", 5],
      ["not-text", "metadata.labels.version is the number 1.1", 6],
      ["not-text", "metadata.labels.up is the boolean true", 6],
    ]);
    expect(found.pods).toMatchObject([
      { name: "12", namespace: "true", labels: { version: "1.1", true: "yes", up: "true" } },
    ]);
  });

  it("an object without a name, and a placeholder that was not filled in", () => {
    const text =
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {labels: {a: '${CLUSTER}'}}, spec: {}}";
    expect(findings(text).map(({ id }) => id)).toEqual(["unnamed-object", "unrendered-placeholder"]);
    expect(read(text).policies).toHaveLength(1);
  });
});
