import { describe, expect, it } from "vitest";
import { UserError } from "#model/finding.ts";
import { defaultConfig } from "#model/profile.ts";
import { configFor, readAgentFlags } from "./cilium-config.ts";
import { readCiliumConfigFile } from "./cilium-config-file.ts";
import { parseMinor } from "./cilium-version.ts";
import { withoutIgnored } from "./ignored-kinds.ts";
import { readInventory } from "../objects/objects.ts";
import { readManifests } from "../yaml/yaml.ts";

describe("agent flags are read as the agent reads them", () => {
  it.each<[string, string, object]>([
    ["enable-policy", "Always", { policyEnforcementMode: "always" }],
    ["policy-audit-mode", "true", { policyAuditMode: true }],
    ["allow-localhost", "auto", { allowLocalhost: "always" }],
    ["allow-localhost", "policy", { allowLocalhost: "policy" }],
    ["policy-cidr-match-mode", "", { policyCIDRMatchMode: [] }],
    ["policy-cidr-match-mode", "nodes pods", { policyCIDRMatchMode: ["nodes", "pods"] }],
    ["policy-cidr-match-mode", "nodes,pods", { policyCIDRMatchMode: ["nodes", "pods"] }],
    ["enable-ipv6", "1", { ipv6: true }],
    ["enable-ipv4", "F", { ipv4: false }],
    ["cluster-name", "homelab", { clusterName: "homelab" }],
    ["policy-default-local-cluster", "false", { policyDefaultLocalCluster: false }],
    ["enable-l7-proxy", "false", { enableL7Proxy: false }],
    ["enable-sctp", "true", { enableSCTP: true }],
    ["enable-icmp-rules", "false", { enableICMPRules: false }],
    ["enable-node-selector-labels", "true", { enableNodeSelectorLabels: true }],
    ["enable-extended-ip-protocols", "true", { enableExtendedIPProtocols: true }],
    ["allow-icmp-frag-needed", "false", { allowICMPFragNeeded: false }],
    ["enable-non-default-deny-policies", "false", { enableNonDefaultDenyPolicies: false }],
    ["enable-host-firewall", "true", { hostFirewall: true }],
    ["kube-proxy-replacement", "true", { socketLoadBalancing: true }],
    ["kube-proxy-replacement", "false", { socketLoadBalancing: false }],
    ["bpf-lb-sock", "true", { socketLoadBalancing: true }],
    ["tofqdns-min-ttl", "3600", { fqdnMinTtlSeconds: 3600 }],
    ["labels", "k8s:app k8s:!commit", { labels: ["k8s:app", "k8s:!commit"] }],
    ["labels", "", {}],
    ["node-labels", "node:zone", { nodeLabels: ["node:zone"] }],
    ["some-other-flag", "x", {}],
  ])("%s: %s", (flag, value, expected) => {
    const { settings, findings } = readAgentFlags({ [flag]: value }, undefined);
    expect(settings).toEqual({ socketLoadBalancing: false, ...expected });
    expect(findings).toEqual([]);
  });

  it.each([
    ["enable-policy", "off"],
    ["policy-audit-mode", "yes"],
    ["allow-localhost", "never"],
    ["policy-cidr-match-mode", "remote"],
    ["tofqdns-min-ttl", "1h"],
    ["labels", "k8s:app k8s:("],
    ["node-labels", "node:"],
  ])("%s: %s is said, and its default stays", (flag, value) => {
    const { settings, findings } = readAgentFlags({ [flag]: value }, { file: "c.yaml" });
    expect(configFor(settings, "1.20")).toEqual({ ...defaultConfig("1.20"), socketLoadBalancing: false });
    expect(findings).toMatchObject([{ id: "bad-config-value", place: { file: "c.yaml" } }]);
  });

  it("a file of label prefixes is out of reach", () => {
    const { settings, findings } = readAgentFlags({ "label-prefix-file": "/etc/prefixes.json" }, undefined);
    expect(settings.labels).toBeUndefined();
    expect(findings).toMatchObject([{ id: "label-prefix-file", severity: "warn" }]);
  });

  it("names the policy kinds that the agent does not look at", () => {
    const ignored = (flags: Record<string, string>) => readAgentFlags(flags, undefined).ignoredKinds;
    expect(ignored({})).toEqual(["ClusterNetworkPolicy"]);
    expect(ignored({ "enable-k8s-cluster-network-policy": "true", "enable-k8s-networkpolicy": "false" })).toEqual([
      "NetworkPolicy",
    ]);
  });
});

describe("what objects tell of the agent", () => {
  const map =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\ndata: {cluster-name: lab, enable-k8s-networkpolicy: 'false'}\n";
  const agents = (...tags: readonly string[]) =>
    tags.map(
      (tag, index) =>
        `apiVersion: v1\nkind: Pod\nmetadata: {name: cilium-${index}}\nspec: {containers: [{name: cilium-agent, image: "quay.io/cilium/cilium:${tag}"}]}\n`,
    );
  const facts = (...texts: readonly string[]) =>
    readInventory(readManifests(texts.join("---\n"), "f").manifests).ciliumConfig;

  it("nothing", () => {
    expect(facts("kind: Pod\napiVersion: v1\nmetadata: {name: x}\n")).toBe(null);
  });

  it("the settings, without a version the newest minor's defaults", () => {
    expect(facts(map)).toMatchObject({
      minor: null,
      version: null,
      config: { clusterName: "lab", policyDefaultLocalCluster: true },
    });
  });

  it("the version by the agents' image, and that minor's defaults", () => {
    expect(facts(map, ...agents("v1.18.3@sha256:0123"))).toMatchObject({
      minor: "1.18",
      version: "1.18.3",
      config: { clusterName: "lab", policyDefaultLocalCluster: false },
    });
  });

  it("during an upgrade the version that most agents run", () => {
    expect(facts(...agents("v1.19.1", "v1.20.2", "v1.20.2"))).toMatchObject({
      version: "1.20.2",
      settings: null,
      findings: [{ id: "several-cilium-versions" }],
    });
  });

  it("policies of a kind that is switched off are an error, and take part in nothing", () => {
    const policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {}\n";
    const cnp = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: b}\nspec: {}\n";
    const { policies, ciliumConfig } = readInventory(readManifests(`${map}---\n${policy}---\n${cnp}`, "f").manifests);
    const left = withoutIgnored(policies, ciliumConfig?.ignoredKinds ?? []);
    expect(left.policies.map(({ name }) => name)).toEqual(["b"]);
    expect(left.findings).toMatchObject([{ id: "kind-not-enforced", severity: "error", count: 1 }]);
  });
});

describe("versions", () => {
  it.each([
    ["1.20", "1.20", "1.20", 0],
    ["v1.19", "1.19", "1.19", 0],
    ["1.20.2", "1.20", "1.20.2", 0],
    ["v1.18.11-rc.1", "1.18", "1.18.11-rc.1", 0],
    ["1.14.5", "1.18", "1.14.5", 1],
    ["1.22", "1.20", "1.22", 1],
    ["2.0", "1.20", "2.0", 1],
  ])("%s is decided as %s", (text, minor, version, findings) => {
    const read = parseMinor(text, "--cilium");
    expect([read.minor, read.version, read.findings.length]).toEqual([minor, version, findings]);
  });

  it.each(["", "latest", "1", "1.20.x.y.z!", "1,20"])("%s is none", (text) => {
    expect(() => parseMinor(text, "--cilium")).toThrow(UserError);
  });
});

describe("the file given with --cilium-config", () => {
  it.each([
    ["the ConfigMap", "kind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {policy-audit-mode: 'true'}\n", null],
    ["the ConfigMap in a List", "kind: List\nitems: [{kind: ConfigMap, data: {policy-audit-mode: 'true'}}]\n", null],
    ["own keys", "cilium: 1.19.4\nconfig: {policyAuditMode: true}\n", "1.19"],
    ["own keys, the version a number", "cilium: 1.20\nconfig: {policyAuditMode: true}\n", "1.20"],
    ["both", "kind: ConfigMap\ndata: {policy-audit-mode: 'true'}\n---\ncilium: '1.18'\n", "1.18"],
    ["own keys in JSON", '{"cilium": "1.18", "config": {"policyAuditMode": true}}', "1.18"],
  ])("may be %s", (_, text, minor) => {
    const facts = readCiliumConfigFile(text, "c.yaml");
    expect({ minor: facts.minor, audit: facts.config.policyAuditMode }).toEqual({ minor, audit: true });
  });

  it.each([
    ["a version alone", "cilium: '1.18'\n", { settings: null, minor: "1.18" }],
    ["settings of that version", "cilium: '1.18'\nconfig: {}\n", { config: defaultConfig("1.18") }],
  ])("%s", (_, text, expected) => {
    expect(readCiliumConfigFile(text, "c.yaml")).toMatchObject(expected);
  });

  it.each([
    ["neither", "kind: Pod\n", "no-cilium-config", undefined],
    ["a setting that does not exist", "cilium: '1.20'\nconfig:\n  policyAuditmode: true\n", "bad-setting", 3],
    ["a setting of another type", "config:\n  ipv4: sometimes\n", "bad-setting", 2],
    ["no version", "cilium: newest\n", "bad-cilium-version", 1],
  ])("%s is an error", (_, text, code, line) => {
    let error: unknown;
    try {
      readCiliumConfigFile(text, "c.yaml");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code, place: line === undefined ? { file: "c.yaml" } : { file: "c.yaml", line } });
  });
});
