import { describe, expect, it } from "vitest";
import { UserError } from "#model/finding.ts";
import { defaultConfig } from "#model/profile.ts";
import { readPolicyTests } from "./policy-test.ts";

const TEST = `name: blog accepts only Traefik
cilium: "1.19"
config:
  ipv6: true
  policyCIDRMatchMode: [nodes]
objects:
  - apiVersion: v1
    kind: Namespace
    metadata: {name: blog, labels: null}
  - kind: List
    items: [{kind: Pod, metadata: {name: blog-1}}]
files: [policies/*.yaml]
dns:
  - {name: api.github.com, ips: [140.82.112.5], seenBy: argocd/repo-server}
connections:
  - name: visitor
    from: traefik/traefik-abc
    to: blog/blog-1
    port: 80
    expect: {verdict: allowed, egress: null}
  - from: blog/blog-1
    to: reserved:kube-apiserver
    protocol: ICMPv6
    icmpType: 128
    icmpCode: 0
  - {from: 192.0.2.1, to: blog/blog-1, icmpType: 8}
  - from: a/b
    to: c/d
    port: 443
    http: {method: GET, path: /, headers: {X-Token: [abc], X-One: "1"}}
    serverName: api.github.com
  - {from: a/b, to: c/d, port: 443, serverName: api.github.com}
  - {from: a/b, to: c/d, port: 53, protocol: UDP, dnsQuery: {name: api.github.com}}
expectPolicies:
  - {policy: CiliumNetworkPolicy/blog/broken, valid: false, error: "combining"}
`;

function read(text: string) {
  return readPolicyTests(text, "t.yaml");
}

describe("a policy test", () => {
  const { tests, places, filesWanted, findings, problems } = read(TEST);

  it("is read whole", () => {
    expect(tests).toEqual([
      {
        name: "blog accepts only Traefik",
        cilium: "1.19",
        config: { ...defaultConfig("1.19"), ipv6: true, policyCIDRMatchMode: ["nodes"] },
        objects: [
          { apiVersion: "v1", kind: "Namespace", metadata: { name: "blog" } },
          { kind: "Pod", metadata: { name: "blog-1" } },
        ],
        dns: [{ name: "api.github.com", ips: ["140.82.112.5"], seenBy: "argocd/repo-server" }],
        connections: expect.any(Array) as unknown,
        expectPolicies: [{ policy: "CiliumNetworkPolicy/blog/broken", valid: false, error: "combining" }],
        file: "t.yaml",
      },
    ]);
    expect(filesWanted).toEqual([
      { test: 0, patterns: ["policies/*.yaml"], place: { file: "t.yaml", line: 12, column: 1, path: "files" } },
    ]);
    expect(findings.map(({ message }) => message)).toEqual(
      [1, 2, 3, 4, 5].map((index) => `connections[${index}]: expects nothing, so it always passes`),
    );
    expect([places, problems]).toEqual([[{ file: "t.yaml", line: 1, column: 1, path: "" }], []]);
  });

  it("holds its connections, with what was left out filled in", () => {
    const plain = {
      dnsQuery: null,
      name: null,
      port: null,
      icmpType: null,
      icmpCode: null,
      request: null,
      serverName: null,
      expect: {},
    };
    const http = { kind: "http", method: "GET", path: "/", host: "", headers: { "X-Token": ["abc"], "X-One": ["1"] } };
    expect(tests[0]?.connections).toEqual([
      {
        ...plain,
        name: "visitor",
        from: "traefik/traefik-abc",
        to: "blog/blog-1",
        protocol: "TCP",
        port: 80,
        expect: { verdict: "allowed", egress: null },
      },
      { ...plain, from: "blog/blog-1", to: "reserved:kube-apiserver", protocol: "ICMPv6", icmpType: 128, icmpCode: 0 },
      { ...plain, from: "192.0.2.1", to: "blog/blog-1", protocol: "ICMP", icmpType: 8 },
      { ...plain, from: "a/b", to: "c/d", protocol: "TCP", port: 443, request: http, serverName: "api.github.com" },
      {
        ...plain,
        from: "a/b",
        to: "c/d",
        protocol: "TCP",
        port: 443,
        request: { kind: "tls", serverName: "api.github.com" },
        serverName: "api.github.com",
      },
      {
        ...plain,
        from: "a/b",
        to: "c/d",
        protocol: "UDP",
        port: 53,
        request: { kind: "dns", name: "api.github.com" },
        dnsQuery: "api.github.com",
      },
    ]);
  });

  it("has the newest minor and its defaults when it names none", () => {
    expect(read("name: a\n").tests[0]).toMatchObject({
      cilium: "1.20",
      config: defaultConfig("1.20"),
      connections: [],
      objects: [],
    });
    expect(read("name: a\ncilium: 1.20\n").tests[0]?.cilium).toBe("1.20");
    expect(read("name: a\ncilium: 1.18.3\nconfig: {allowLocalhost: auto}\n").tests[0]).toMatchObject({
      cilium: "1.18",
      config: { ...defaultConfig("1.18"), allowLocalhost: "always" },
    });
  });

  it("may be one of many: JSON Lines, or documents of a stream", () => {
    expect(read('{"name":"a"}\n{"name":"b"}\n').tests.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(read("name: a\n---\nname: b\n").tests.map(({ name }) => name)).toEqual(["a", "b"]);
  });
});

describe("what cannot be meant is an error with its line", () => {
  it.each([
    ["no name", "cilium: '1.20'\n", 1, "name: every test has a name"],
    ["no mapping", "- name: a\n- b\n", 2, "a policy test is a mapping"],
    ["no version", "name: a\ncilium: latest\n", 2, "cilium: `latest` is no cilium version"],
    ["a setting of another type", "name: a\nconfig:\n  ipv4: 'yes'\n", 3, "config.ipv4: must be true or false"],
    [
      "an unknown mode",
      "name: a\nconfig: {policyEnforcementMode: some}\n",
      2,
      "config.policyEnforcementMode: must be one of default, always, never",
    ],
    [
      "objects that are none",
      "name: a\nobjects:\n  - {kind: Pod}\n  - 7\n",
      4,
      "objects[1]: must be a Kubernetes object",
    ],
    ["connections that are no list", "name: a\nconnections: {from: x}\n", 2, "connections: must be a list"],
    [
      "a connection from nowhere",
      "name: a\nconnections:\n  - {from: a/b, to: c/d}\n  - to: c/d\n",
      4,
      "connections[1].from: must be namespace/pod",
    ],
    [
      "a port that is none",
      "name: a\nconnections:\n  - from: a/b\n    to: c/d\n    port: 70000\n",
      5,
      "connections[0].port: must be a number from 0 to 65535",
    ],
    ["a port by name", "name: a\nconnections: [{from: a/b, to: c/d, port: http}]\n", 2, "connections[0].port"],
    [
      "headers that are no mapping",
      "name: a\nconnections: [{from: a/b, to: c/d, http: {headers: [x]}}]\n",
      2,
      "connections[0].http.headers",
    ],
    ["addresses that are none", "name: a\ndns: [{name: x, ips: 10.0.0.1}]\n", 2, "dns[0].ips: must be a list"],
    [
      "an answer that is neither",
      "name: a\nexpectPolicies: [{policy: x, valid: maybe}]\n",
      2,
      "expectPolicies[0].valid",
    ],
    ["files that are no list", "name: a\nfiles: policies.yaml\n", 2, "files: must be a list"],
    ["a file that is none", "name: a\nfiles: [a.yaml, 7]\n", 2, "files[1]: must be a file or a pattern"],
    [
      "a seer that is none",
      "name: a\ndns: [{name: x, seenBy: [a/b]}]\n",
      2,
      "dns[0].seenBy: must be the namespace/pod",
    ],
    ["an error that is no text", "name: a\nexpectPolicies: [{policy: x, error: [y]}]\n", 2, "expectPolicies[0].error"],
  ])("%s", (_, text, line, message) => {
    const [problem] = read(text).problems;
    expect(problem).toBeInstanceOf(UserError);
    expect(problem).toMatchObject({ code: "bad-policy-test", place: { file: "t.yaml", line } });
    expect(problem?.message).toContain(message);
  });

  it("and the tests beside it are read all the same", () => {
    const { tests, places, problems } = read("name: a\n---\nname: b\nports: 7\n---\nname: c\n");
    expect(tests.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(places).toMatchObject([{ line: 1 }, { line: 6 }]);
    expect(problems).toMatchObject([{ place: { line: 4 } }]);
  });

  it("one that is nested too deeply for places is told at its beginning", () => {
    const deep = Array.from({ length: 3000 }, (_, index) => `${" ".repeat(index)}- \n`).join("");
    expect(read(`name: x\nobjects:\n${deep}`).problems).toMatchObject([{ place: { line: 1 } }]);
  });

  it("but a text that is broken is no test file", () => {
    expect(() => read("name: [")).toThrow(UserError);
  });
});

describe("keys that do not exist are refused: what a mistyped one asks for would never be checked", () => {
  it.each([
    ["name: a\nconection: []\n", "conection", "did you mean connections?"],
    ["name: a\nconfig: {policyAuditmode: true}\n", "config.policyAuditmode", "see the policy test format"],
    ["name: a\ndns: [{name: x, ip: [10.0.0.1]}]\n", "dns[0].ip", "did you mean ips?"],
    ["name: a\nexpectPolicies: [{policy: x, valdi: true}]\n", "expectPolicies[0].valdi", "did you mean valid?"],
    [
      "name: a\nconnections: [{from: a/b, to: c/d, http: {verb: GET}}]\n",
      "connections[0].http.verb",
      "known are method, path, host, headers",
    ],
    [
      "name: a\nconnections: [{from: a/b, to: c/d, dnsQuery: {name: x, typ: A}}]\n",
      "connections[0].dnsQuery.typ",
      "known are name",
    ],
    ["name: a\nconnections: [{from: a/b, to: c/d, prot: 80}]\n", "connections[0].prot", "did you mean port?"],
    [
      "name: a\nconnections: [{from: a/b, to: c/d, expect: {verdct: allowed}}]\n",
      "connections[0].expect.verdct",
      "did you mean verdict?",
    ],
  ])("%j", (text, path, help) => {
    expect(read(text)).toMatchObject({ tests: [], problems: [{ code: "bad-policy-test", help, place: { path } }] });
  });

  it("labels and notes are a test's own business", () => {
    expect(read("name: a\nnotes: x\nlabels: [y]\n")).toMatchObject({ tests: [{ name: "a" }], problems: [] });
  });
});

describe("what checks nothing is said", () => {
  it.each([
    ["name: a\n", "expects nothing: it has neither connections nor expectPolicies"],
    ["name: a\nconnections: [{from: a/b, to: c/d}]\n", "connections[0]: expects nothing, so it always passes"],
    [
      "name: a\nconnections: [{from: a/b, to: c/d, expect: {}}]\n",
      "connections[0]: expects nothing, so it always passes",
    ],
    ["name: a\nexpectPolicies: [{policy: x}]\n", "expectPolicies[0]: expects nothing"],
  ])("%j", (text, message) => {
    const { findings } = read(text);
    expect(findings).toMatchObject([{ id: "odd-policy-test", severity: "warn" }]);
    expect(findings[0]?.message).toContain(message);
  });
});
