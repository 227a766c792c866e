import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import type { Json } from "#model/json.ts";
import type { Change, Target } from "./change.ts";
import { appendToList, editManifest, editManifestAll, removeAt, replaceAt, setKey } from "./edit-manifest.ts";

const TARGET: Target = { kind: "CiliumNetworkPolicy", namespace: "argocd", name: "argocd" };

const POLICY = `# who may reach what
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: argocd
  namespace: argocd
spec:
  endpointSelector: {}   # everybody here
  egress:
    # the resolver
    - toEndpoints:
        - matchLabels:
            "k8s:io.kubernetes.pod.namespace": kube-system
            k8s-app: kube-dns
      toPorts:
        - ports:
            - {port: "53", protocol: ANY}   # both

    - toFQDNs:
        - matchPattern: '*.github.com'  # not the apex
      toPorts:
        - ports: [{port: "443", protocol: TCP}]
    - toEntities: [world, host]
  ingress: []
---
apiVersion: v1
kind: Namespace
metadata: {name: argocd}
`;

/** The lines that were added and taken away, as a diff shows them. */
function changes(before: string, after: string | null): readonly string[] {
  if (after === null) return ["not possible"];
  const old = before.split("\n");
  const now = after.split("\n");
  let head = 0;
  while (head < old.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  return [
    ...old.slice(head, old.length - tail).map((line) => `-${line}`),
    ...now.slice(head, now.length - tail).map((line) => `+${line}`),
  ];
}

describe("an edit changes the lines it must and no other", () => {
  it("adds a name to a list, in the list's own indentation", () => {
    const after = appendToList(POLICY, TARGET, "spec.egress[1].toFQDNs", { matchName: "github.com" });
    expect(changes(POLICY, after)).toEqual(["+        - matchName: github.com"]);
  });

  it("adds DNS rules to an element of toPorts, below what it holds", () => {
    const at = { path: "spec.egress[0].toPorts[0]", key: "rules" };
    const after = setKey(POLICY, TARGET, at, { dns: [{ matchPattern: "*" }] });
    expect(changes(POLICY, after)).toEqual([
      "+          rules:",
      "+            dns:",
      '+              - matchPattern: "*"',
    ]);
  });

  it("changes a port and keeps its quotes", () => {
    const after = replaceAt(POLICY, TARGET, "spec.egress[1].toPorts[0].ports[0].port", "8443");
    expect(changes(POLICY, after)).toEqual([
      '-        - ports: [{port: "443", protocol: TCP}]',
      '+        - ports: [{port: "8443", protocol: TCP}]',
    ]);
  });

  it("keeps single quotes too", () => {
    const after = replaceAt(POLICY, TARGET, "spec.egress[1].toFQDNs[0].matchPattern", "**.github.com");
    expect(changes(POLICY, after)).toEqual([
      "-        - matchPattern: '*.github.com'  # not the apex",
      "+        - matchPattern: '**.github.com'  # not the apex",
    ]);
  });

  it("adds an entity to a list on one line", () => {
    const after = appendToList(POLICY, TARGET, "spec.egress[2].toEntities", "remote-node");
    expect(changes(POLICY, after)).toEqual([
      "-    - toEntities: [world, host]",
      "+    - toEntities: [world, host, remote-node]",
    ]);
  });

  it("adds a rule after the last one of a list", () => {
    const rule = { toEntities: ["kube-apiserver"], toPorts: [{ ports: [{ port: "6443", protocol: "TCP" }] }] };
    const after = appendToList(POLICY, TARGET, "spec.egress", rule);
    expect(changes(POLICY, after)).toEqual([
      "+    - toEntities:",
      "+        - kube-apiserver",
      "+      toPorts:",
      "+        - ports:",
      '+            - port: "6443"',
      "+              protocol: TCP",
    ]);
  });

  it("writes the first rule of an empty list below its key", () => {
    const after = appendToList(POLICY, TARGET, "spec.ingress", { fromEntities: ["cluster"] });
    expect(changes(POLICY, after)).toEqual([
      "-  ingress: []",
      "+  ingress:",
      "+    - fromEntities:",
      "+        - cluster",
    ]);
  });

  it("makes a list that is not there", () => {
    const after = appendToList(POLICY, TARGET, "spec.ingressDeny", { fromEntities: ["world"] });
    expect(changes(POLICY, after)).toEqual(["+  ingressDeny:", "+    - fromEntities:", "+        - world"]);
  });

  it("makes the mapping that a key belongs into", () => {
    const after = setKey(POLICY, TARGET, { path: "spec.enableDefaultDeny", key: "egress" }, false);
    expect(changes(POLICY, after)).toEqual(["+  enableDefaultDeny:", "+    egress: false"]);
  });

  it("fills an empty mapping and keeps the comment beside it", () => {
    const after = setKey(POLICY, TARGET, { path: "spec.endpointSelector.matchLabels", key: "app" }, "web");
    expect(changes(POLICY, after)).toEqual([
      "-  endpointSelector: {}   # everybody here",
      "+  endpointSelector:   # everybody here",
      "+    matchLabels:",
      "+      app: web",
    ]);
  });

  it("adds a label pair", () => {
    const at = { path: "spec.egress[0].toEndpoints[0].matchLabels", key: "k8s:tier" };
    expect(changes(POLICY, setKey(POLICY, TARGET, at, "1"))).toEqual(['+            "k8s:tier": "1"']);
  });

  it("adds to a mapping on one line", () => {
    const at = { path: "spec.egress[0].toPorts[0].ports[0]", key: "endPort" };
    expect(changes(POLICY, setKey(POLICY, TARGET, at, 54))).toEqual([
      '-            - {port: "53", protocol: ANY}   # both',
      '+            - {port: "53", protocol: ANY, endPort: 54}   # both',
    ]);
  });

  it("makes several changes one after the other", () => {
    const after = editManifestAll(POLICY, TARGET, [
      { op: "append", path: "spec.egress[1].toFQDNs", value: { matchName: "github.com" } },
      { op: "append", path: "spec.egress[1].toFQDNs", value: { matchName: "ghcr.io" } },
    ]);
    expect(changes(POLICY, after)).toEqual(["+        - matchName: github.com", "+        - matchName: ghcr.io"]);
  });
});

describe("what is removed takes its own lines along, and no other", () => {
  const removed = (path: string, source = POLICY) => changes(source, removeAt(source, TARGET, path));

  it("a rule with the comments above and beside it; the blank line that set it apart is left once", () => {
    expect(removed("spec.egress[0]")).toEqual([
      "-    # the resolver",
      "-    - toEndpoints:",
      "-        - matchLabels:",
      '-            "k8s:io.kubernetes.pod.namespace": kube-system',
      "-            k8s-app: kube-dns",
      "-      toPorts:",
      "-        - ports:",
      '-            - {port: "53", protocol: ANY}   # both',
    ]);
    expect(removed("spec.egress[1]")).toEqual([
      "-    - toFQDNs:",
      "-        - matchPattern: '*.github.com'  # not the apex",
      "-      toPorts:",
      '-        - ports: [{port: "443", protocol: TCP}]',
    ]);
  });

  it("an item of a list on one line, the last one and the only one too", () => {
    expect(removed("spec.egress[2].toEntities[0]")).toEqual([
      "-    - toEntities: [world, host]",
      "+    - toEntities: [host]",
    ]);
    expect(removed("spec.egress[2].toEntities[1]")).toEqual([
      "-    - toEntities: [world, host]",
      "+    - toEntities: [world]",
    ]);
    expect(removed("spec.egress[1].toPorts[0].ports[0].protocol")).toEqual([
      '-        - ports: [{port: "443", protocol: TCP}]',
      '+        - ports: [{port: "443"}]',
    ]);
  });

  it("a key; the next one takes the place of the first one of a list item", () => {
    expect(removed("spec.egress[1].toFQDNs")).toEqual([
      "-    - toFQDNs:",
      "-        - matchPattern: '*.github.com'  # not the apex",
      "-      toPorts:",
      "+    - toPorts:",
    ]);
    expect(removed("spec.egress[1].toPorts")).toEqual([
      "-      toPorts:",
      '-        - ports: [{port: "443", protocol: TCP}]',
    ]);
    expect(removed("spec.endpointSelector")).toEqual(["-  endpointSelector: {}   # everybody here"]);
    expect(removed("spec.egress[0].toEndpoints[0].matchLabels.k8s:io.kubernetes.pod.namespace")).toEqual([
      '-            "k8s:io.kubernetes.pod.namespace": kube-system',
    ]);
  });

  it("the last one of a list leaves it empty, which is not the same as absent", () => {
    expect(removed("spec.egress[1].toFQDNs[0]")).toEqual([
      "-    - toFQDNs:",
      "-        - matchPattern: '*.github.com'  # not the apex",
      "+    - toFQDNs: []",
    ]);
    expect(removed("spec.egress[2].toEntities")).toEqual(["-    - toEntities: [world, host]", "+    - {}"]);
  });

  const commented = `kind: CiliumNetworkPolicy
metadata: {name: argocd, namespace: argocd}
spec:
  # all of it

  ingress:   # who
    # the first
    - fromEntities: [host]
      # - toPorts: later
    # the second
    - fromEntities:
        # a
        - cluster
        # b
        - world
  egress:
    - # here
      toEntities: [world]
      # of the ports
      toPorts: [
        {ports: [{port: "80"}]},   # plain
        # and with
        {ports: [{port: "443"}]},
      ]`;

  it("comments of others stay, those within go along", () => {
    expect(removed("spec.ingress[0]", commented)).toEqual([
      "-    # the first",
      "-    - fromEntities: [host]",
      "-      # - toPorts: later",
    ]);
    expect(removed("spec.ingress[1].fromEntities[0]", commented)).toEqual(["-        # a", "-        - cluster"]);
    expect(removed("spec.egress[0].toEntities", commented)).toEqual(["-      toEntities: [world]"]);
    expect(removed("spec.egress[0].toPorts[0]", commented)).toEqual(['-        {ports: [{port: "80"}]},   # plain']);
    expect(removed("spec.egress", commented)).toHaveLength(9);
  });

  it("JSON loses the comma with it; windows line ends stay", () => {
    const value = { kind: TARGET.kind, metadata: { name: "argocd", namespace: "argocd" }, spec: { a: [1, 2], b: {} } };
    const json = JSON.stringify(value, null, 2);
    expect(removeAt(json, TARGET, "spec.b")).toBe(JSON.stringify({ ...value, spec: { a: [1, 2] } }, null, 2));
    expect(removeAt(json, TARGET, "spec.a")).toBe(JSON.stringify({ ...value, spec: { b: {} } }, null, 2));
    const windows = POLICY.replaceAll("\n", "\r\n");
    expect(removeAt(windows, TARGET, "spec.egress[0]")).toBe(
      removeAt(POLICY, TARGET, "spec.egress[0]")?.replaceAll("\n", "\r\n"),
    );
  });

  it("nothing where there is nothing, or where an alias needs it", () => {
    const shared =
      "kind: CiliumNetworkPolicy\nmetadata: {name: argocd, namespace: argocd}\nspec:\n  a: &x [1]\n  b: *x\n";
    expect(removeAt(POLICY, TARGET, "spec.egress[9]")).toBe(null);
    expect(removeAt(POLICY, TARGET, "spec.egressDeny")).toBe(null);
    expect(removeAt(shared, TARGET, "spec.a")).toBe(null);
    expect(changes(shared, removeAt(shared, TARGET, "spec.b"))).toEqual(["-  b: *x"]);
  });
});

describe("an edit that would reach further, or nowhere, is none", () => {
  const anchored = `kind: CiliumNetworkPolicy
metadata: {name: &app argocd, namespace: *app}
spec:
  egress:
    - toFQDNs: &names
        - matchName: a.org
      toPorts: [{ports: [{port: "53"}], rules: {dns: *names}}]
`;
  it.each([
    ["an anchored list that is used elsewhere", anchored, "spec.egress[0].toFQDNs"],
    ["a list behind an alias", anchored, "spec.egress[0].toPorts[0].rules.dns"],
    ["a list that is a mapping", POLICY, "spec.endpointSelector"],
    ["a rule that does not exist", POLICY, "spec.egress[7].toFQDNs"],
  ])("%s", (_, source, path) => {
    expect(appendToList(source, TARGET, path, { matchName: "b.org" })).toBe(null);
  });

  it("another object", () => {
    expect(appendToList(POLICY, { ...TARGET, namespace: "blog" }, "spec.egress", {})).toBe(null);
  });

  it("broken text", () => {
    expect(appendToList(POLICY.replace("[world", "[[world"), TARGET, "spec.egress", {})).toBe(null);
  });

  it("but the object is found by names that are aliases", () => {
    expect(changes(anchored, appendToList(anchored, TARGET, "spec.egress", { toEntities: ["world"] }))).toEqual([
      "+    - toEntities:",
      "+        - world",
    ]);
  });
});

describe("every style of text", () => {
  it("windows line ends", () => {
    const source = POLICY.replaceAll("\n", "\r\n");
    const after = appendToList(source, TARGET, "spec.egress[1].toFQDNs", { matchName: "github.com" });
    expect(changes(source, after)).toEqual(["+        - matchName: github.com\r"]);
  });

  it("no line end at the end", () => {
    const source =
      "kind: CiliumNetworkPolicy\nmetadata: {name: argocd, namespace: argocd}\nspec:\n  egress:\n  - toEntities:\n    - world";
    expect(appendToList(source, TARGET, "spec.egress[0].toEntities", "host")).toBe(`${source}\n    - host`);
    expect(appendToList(source, TARGET, "spec.egress", { toEntities: ["host"] })).toBe(
      `${source}\n  - toEntities:\n    - host`,
    );
  });

  it("pretty JSON", () => {
    const value = {
      kind: "CiliumNetworkPolicy",
      metadata: { name: "argocd", namespace: "argocd" },
      spec: { egress: [{ toEntities: ["world"] }], ingress: [] },
    };
    const source = `${JSON.stringify({ kind: "List", items: [value] }, null, 4)}\n`;
    const after = appendToList(source, TARGET, "spec.egress", { toEntities: ["host"] });
    expect(changes(source, after)).toEqual([
      "+                    },",
      "+                    {",
      '+                        "toEntities": [',
      '+                            "host"',
      "+                        ]",
    ]);
    expect(changes(source, appendToList(source, TARGET, "spec.ingress", { fromEntities: ["host"] }))).toHaveLength(8);
  });

  it("JSON on one line", () => {
    const source =
      '{"kind":"CiliumNetworkPolicy","metadata":{"name":"argocd","namespace":"argocd"},"spec":{"egress":[]}}';
    expect(appendToList(source, TARGET, "spec.egress", { toEntities: ["host"] })).toBe(
      source.replace("[]", '[{"toEntities":["host"]}]'),
    );
  });

  it("a block text at the end of the object", () => {
    const source =
      "kind: CiliumNetworkPolicy\nmetadata: {name: argocd, namespace: argocd}\nspec:\n  egress:\n    - {}\n  description: |\n    two\n    lines\n\n# end\n";
    expect(changes(source, setKey(source, TARGET, { path: "spec", key: "log" }, { value: "x" }))).toEqual([
      "+  log:",
      "+    value: x",
    ]);
  });
});

describe("whatever the text, the data becomes what was asked for", () => {
  const word = fc.constantFrom(
    "a",
    "github.com",
    "*.x.io",
    "010",
    "yes",
    "8080",
    "k8s:app",
    "a b",
    "",
    "é",
    "- x",
    "#y",
    "{",
    "1e3",
    "~",
    "a: b",
    "'",
    '"',
    "10.0.0.0/8",
    "::1",
  );
  const scalar = fc.oneof(word, fc.integer({ min: 0, max: 70000 }), fc.boolean());
  const { value: json } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      scalar,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b.c", "x/y", "k8s:z", "ports", "n"), tie("value"), { maxKeys: 3 }),
    ),
  }));
  const style = fc.record({
    indent: fc.constantFrom(2, 4),
    indentSeq: fc.boolean(),
    collectionStyle: fc.constantFrom("any" as const, "block" as const, "flow" as const),
    singleQuote: fc.boolean(),
    lineWidth: fc.constantFrom(0, 40),
  });

  /** Every element of a value, with its path. */
  function elements(value: Json, path: string): readonly (readonly [string, Json])[] {
    if (typeof value !== "object" || value === null) return [[path, value]];
    const below = Array.isArray(value)
      ? value.map((item: Json, index) => elements(item, `${path}[${index}]`))
      : Object.entries(value).map(([key, item]) => elements(item, `${path}.${key}`));
    return [[path, value], ...below.flat()];
  }

  type Adding = Extract<Change, { readonly op: "append" | "set" | "replace" }>;

  function expected(value: Json, at: Json, change: Adding): Json {
    if (value === at && typeof value === "object") return made(value, change);
    if (Array.isArray(value)) return value.map((item: Json) => expected(item, at, change));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expected(item, at, change)]));
  }

  function made(value: Json, change: Adding): Json {
    if (change.op === "append") return Array.isArray(value) ? [...value, change.value] : change.value;
    return { ...(value as object), [change.key ?? ""]: change.value };
  }

  it("holds for random objects in random styles", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("egress", "ingress", "x"), json, { minKeys: 1 }),
        json,
        style,
        fc.nat(),
        fc.boolean(),
        (spec, value, written, pick, asJson) => {
          const collections = elements(spec, "spec").filter(([, one]) => typeof one === "object");
          const [path, at] = collections[pick % collections.length] ?? ["spec", spec];
          const object = { kind: TARGET.kind, metadata: { name: "argocd", namespace: "argocd" }, spec };
          const source = asJson
            ? JSON.stringify(object, null, written.indent)
            : stringify(object, { ...written, version: "1.1" });
          // the printer writes an empty block list so that nobody can read it back
          fc.pre(parseAllDocuments(source, { version: "1.1" }).every((one) => one.errors.length === 0));
          const change: Adding = Array.isArray(at)
            ? { op: "append", path, value }
            : { op: "set", path, key: "new", value };
          const after = editManifest(source, TARGET, change);
          expect(after).not.toBe(null);
          const [document] = parseAllDocuments(after ?? "", { version: "1.1" });
          expect(document?.toJS()).toEqual({ ...object, spec: expected(spec, at, change) });
        },
      ),
      { numRuns: 500 },
    );
  });

  function without(value: Json, path: string, at = "spec"): Json {
    if (Array.isArray(value)) {
      return value.flatMap((item: Json, index) =>
        path === `${at}[${index}]` ? [] : [without(item, path, `${at}[${index}]`)],
      );
    }
    if (typeof value !== "object" || value === null) return value;
    const kept = Object.entries(value).filter(([key]) => path !== `${at}.${key}`);
    return Object.fromEntries(kept.map(([key, item]) => [key, without(item, path, `${at}.${key}`)]));
  }

  it("whatever is removed, everything else stays, and no line changes but those that held it", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("egress", "ingress", "x"), json, { minKeys: 1 }),
        style,
        fc.nat(),
        fc.boolean(),
        (spec, written, pick, asJson) => {
          const paths = elements(spec, "spec").slice(1);
          const [path] = paths[pick % paths.length] ?? ["spec"];
          const object = { kind: TARGET.kind, metadata: { name: "argocd", namespace: "argocd" }, spec };
          const source = asJson
            ? JSON.stringify(object, null, written.indent)
            : stringify(object, { ...written, version: "1.1" });
          fc.pre(parseAllDocuments(source, { version: "1.1" }).every((one) => one.errors.length === 0));
          const after = removeAt(source, TARGET, path);
          expect(after).not.toBe(null);
          const [document] = parseAllDocuments(after ?? "", { version: "1.1" });
          expect(document?.toJS()).toEqual({ ...object, spec: without(spec, path) });
          expect((after ?? "").split("\n").length).toBeLessThanOrEqual(source.split("\n").length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
