import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { UserError } from "#model/finding.ts";
import type { Json } from "#model/json.ts";
import { readObjects } from "../objects/read-objects.ts";
import { readManifests } from "./yaml.ts";

const POLICY = `# owned by platform
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
    - toFQDNs:
        - matchName: a.org
        - matchPattern: "*.b.org"   # all of b
    -
      toEntities: [world]
`;

function values(text: string): readonly Json[] {
  return readObjects(text, "f.yaml").map((object) => object.value);
}

function problem(text: string): UserError {
  try {
    readObjects(text, "f.yaml");
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("read without a problem");
}

describe("a stream of documents", () => {
  it.each<[string, string, readonly Json[]]>([
    ["one document", "a: 1\n", [{ a: 1 }]],
    [
      "several, with empty and comment-only ones left out",
      "---\n# nothing\n---\na: 1\n---\n\n---\nb: 2\n--- # end\n",
      [{ a: 1 }, { b: 2 }],
    ],
    ["a null document", "~\n---\nnull\n---\na: 1", [null, null, { a: 1 }]],
    ["windows line ends", "a: 1\r\n---\r\nb:\r\n  - x\r\n", [{ a: 1 }, { b: ["x"] }]],
    ["a byte order mark", "\ufeffa: 1\n", [{ a: 1 }]],
    ["JSON", '{"a": [1, null, "x"]}', [{ a: [1, null, "x"] }]],
    ["JSON values one after the other", '{"a":1}{"b":2}\n {"c":3}', [{ a: 1 }, { b: 2 }, { c: 3 }]],
    ["JSON Lines", '{"a":1}\n{"b":"}\\" {"}\n', [{ a: 1 }, { b: '}" {' }]],
    ["JSON documents with separators", '{"a":1}\n---\n{"b":2}\n', [{ a: 1 }, { b: 2 }]],
    ["YAML in braces", "{a: [b, c], d: {e: yes}}", [{ a: ["b", "c"], d: { e: true } }]],
    ["nothing at all", "", []],
  ])("%s", (_, text, expected) => {
    expect(values(text)).toEqual(expected);
  });
});

describe("anchors, aliases and merges as kubectl unfolds them", () => {
  it.each<[string, string, Json]>([
    ["an alias", "a: &x [1]\nb: *x", { a: [1], b: [1] }],
    ["the last anchor of a name before it", "a: &x 1\nb: *x\nc: &x 2\nd: *x", { a: 1, b: 1, c: 2, d: 2 }],
    [
      "an alias inside what is aliased",
      "a: &x {k: &y 1}\nb: &y 2\nc: *x\nd: *y",
      { a: { k: 1 }, b: 2, c: { k: 1 }, d: 2 },
    ],
    ["a merge", "a: &x {p: 1, q: 1}\nb: {<<: *x, q: 2}", { a: { p: 1, q: 1 }, b: { p: 1, q: 2 } }],
    ["a merge after the key overrides it", "a: &x {q: 1}\nb: {q: 2, <<: *x}", { a: { q: 1 }, b: { q: 1 } }],
    [
      "of a list of merges the first wins",
      "a: &x {q: 1}\nb: &y {q: 2}\nc: {<<: [*x, *y]}",
      { a: { q: 1 }, b: { q: 2 }, c: { q: 1 } },
    ],
    ["a quoted << is a key", 'a: {"<<": 1}', { a: { "<<": 1 } }],
    ["an alias as a key", "a: &x k\n*x : 1", { a: "k", k: 1 }],
  ])("%s", (_, text, expected) => {
    expect(values(text)).toEqual([expected]);
  });

  it("keeps a key named __proto__ a key", () => {
    const [value] = values("__proto__: {x: 1}");
    expect(JSON.stringify(value)).toBe('{"__proto__":{"x":1}}');
  });
});

describe("broken text names file, line and column", () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${"bcdefgh".replace(/./g, (name, at: number) => `${name}: &${name} [${`*${"abcdefgh"[at]},`.repeat(10)}]\n`)}`;
  it.each([
    ["a list where a mapping goes on", "a:\n  b: 1\n - c\n", "broken-yaml", 3, 1],
    ["an unknown anchor", "a: 1\nb: *x\n", "broken-yaml", 2, 4],
    ["an anchor that holds itself", "a: &x\n  b: *x\n", "broken-yaml", 2, 6],
    ["aliases that unfold to millions", bomb, "broken-yaml", 4, 14],
    ["a merge of what is no mapping", "a: &x 1\nb:\n  <<: *x\n", "broken-yaml", 3, 7],
    ["a tab as indentation", "a:\n\tb: 1\n", "broken-yaml", 2, 1],
    ["a template", "a: 1\nname: {{ .Values.name }}\n", "broken-yaml", 2, 8],
    ["infinity", "a: .inf\n", "broken-yaml", 1, 4],
    ["a separator with text behind it", "a: 1\n--- b: 2\n", "broken-yaml", 2, 4],
    ["JSON that stops", '{"a": 1,\n "b": [1, 2', "broken-json", 2, 12],
    ["JSON with a comma too many", '{"a": [1,\n  2,]}x', "broken-json", 2, 5],
    ["JSON nested too deeply", "[".repeat(100_000), "broken-json", 1, 502],
    ["JSON nested too deeply that is whole", `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`, "broken-json", 1, 2506],
    ["YAML nested too deeply", `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`, "broken-yaml", 1, expect.any(Number)],
  ])("%s", (_, text, code, line, column) => {
    const { code: found, place } = problem(text);
    expect({ code: found, ...place }).toEqual({ code, file: "f.yaml", line, column });
  });

  it("names every broken document of a stream", () => {
    expect(problem("a: [\n---\nb: 1\n---\nc: *x\n").message.split("\n")[1]).toBe(
      "f.yaml:5:4: unknown anchor 'x' referenced",
    );
  });

  it("says that templates have to be rendered", () => {
    expect(problem("name: {{ .Values.name }}\n").help).toContain("render");
  });
});

describe("manifests", () => {
  it("keeps the place of every element of a policy", () => {
    const { manifests } = readManifests(`a: 1\n---\n${POLICY}`, "web.yaml");
    const positions = manifests[0]?.positions() ?? {};
    const lines = POLICY.split("\n");
    const at = (path: string) => {
      const [line = 0, column = 0] = positions[path] ?? [];
      return (lines[line - 3] ?? "").slice(column - 1);
    };
    expect(manifests[0]?.place).toEqual({
      file: "web.yaml",
      line: 4,
      column: 1,
      object: "CiliumNetworkPolicy/shop/web",
    });
    expect(at("spec.egress")).toBe("egress:");
    expect(at("spec.egress[0]")).toBe("toFQDNs:");
    expect(at("spec.egress[0].toFQDNs[1]")).toBe('matchPattern: "*.b.org"   # all of b');
    expect(at("spec.egress[1].toEntities[0]")).toBe("world]");
    expect(at("spec.endpointSelector.matchLabels.app")).toBe("app: web}}");
  });

  it("keeps them in JSON too, in a List and behind a long text", () => {
    const text = JSON.stringify(
      {
        kind: "List",
        items: [
          { kind: "Pod", x: '}],"' },
          { kind: "NetworkPolicy", spec: { egress: [{}, { to: [] }] } },
        ],
      },
      null,
      1,
    );
    const { manifests } = readManifests(text, "dump.json");
    const positions = manifests[1]?.positions() ?? {};
    const at = (path: string) => {
      const [line = 0, column = 0] = positions[path] ?? [];
      return (text.split("\n")[line - 1] ?? "").slice(column - 1);
    };
    expect(at("spec.egress")).toBe('"egress": [');
    expect(at("spec.egress[1].to")).toBe('"to": []');
    expect(manifests[0]?.place.line).toBe(4);
  });

  it("points at the anchor for what an alias repeats", () => {
    const text = "kind: NetworkPolicy\nspec:\n  a: &x [{p: 1}]\n  b: *x\n";
    const positions = readManifests(text, null).manifests[0]?.positions() ?? {};
    expect(positions["spec.b"]).toEqual([4, 3]);
    expect(positions["spec.b[0]"]).toEqual([3, 10]);
  });

  it.each<[string, string, readonly string[]]>([
    [
      "a List",
      "kind: List\nitems: [{kind: A, metadata: {name: x}}, {kind: B, metadata: {name: z, namespace: m}}]",
      ["A/x", "B/m/z"],
    ],
    ["a typed list", "kind: PodList\napiVersion: v1\nitems: [{kind: Pod, metadata: {name: x}}]", ["Pod/x"]],
    [
      "a typed list whose items name no kind",
      "kind: PodList\napiVersion: v1\nitems: [{metadata: {name: x}}]",
      ["Pod/x"],
    ],
    ["lists in lists", "kind: List\nitems: [{kind: List, items: [{kind: A, metadata: {name: x}}]}]", ["A/x"]],
    ["an empty list", "kind: List\nitems: []", []],
    ["an empty list of Go", "kind: PodList\nitems: null", []],
    ["a kind that ends with List and is none", "kind: AllowList\nmetadata: {name: x}", ["AllowList/x"]],
    [
      "a list of objects",
      "- {kind: A, metadata: {name: x}}\n- {kind: B, metadata: {generateName: y-}}",
      ["A/x", "B/y-"],
    ],
  ])("unfolds %s", (_, text, expected) => {
    expect(readManifests(text, null).manifests.map((one) => one.place.object)).toEqual(expected);
  });

  it("resolves aliases of a List across its items", () => {
    const text = "kind: List\nitems:\n  - {kind: A, spec: &s {x: 1}}\n  - {kind: B, spec: *s}\n";
    expect(readManifests(text, null).manifests[1]?.value["spec"]).toEqual({ x: 1 });
  });

  it("forgets the contents of Secrets", () => {
    const text =
      "kind: Secret\napiVersion: v1\nmetadata: {name: s, annotations: {x: hush}}\ndata: {k: aHVzaA==}\nstringData: {k: hush}\n";
    expect(JSON.stringify(readManifests(text, null).manifests)).not.toMatch(/hush|aHVz/);
  });

  it("says of documents that are no objects, once a file", () => {
    const { manifests, findings } = readManifests("just text\n---\nreplicas: 1\n---\nkind: A\n", "values.yaml");
    expect(manifests).toHaveLength(1);
    expect(findings).toMatchObject([{ id: "not-a-manifest", count: 2, place: { line: 1 } }]);
  });

  it.each([
    ["YAML", POLICY.replace("  egress:", "  egress: []\n  egress:")],
    ["JSON", '{"kind":"CiliumNetworkPolicy","spec":{"egress":[],\n"egress":[{}]}}'],
  ])("says of a key that a policy gives twice: %s", (_, text) => {
    const { findings, manifests } = readManifests(text, "f");
    expect(findings).toMatchObject([{ id: "duplicate-key", severity: "error", place: { path: "spec.egress" } }]);
    expect(JSON.stringify(manifests[0]?.value["spec"])).not.toContain('"egress":[]');
  });
});

describe("what is written is what is read", () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom("yes", "010", "1e3", "~", "null", "- x", "a: b", "#x", "0x1f", "2020-01-01", "*.x"),
  );
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      text,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(text, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));

  it("for JSON", () => {
    fc.assert(
      fc.property(fc.dictionary(text, value, { noNullPrototype: true }), (object) => {
        expect(values(JSON.stringify(object, null, 2))).toEqual([JSON.parse(JSON.stringify(object))]);
      }),
    );
  });

  it("for block YAML whose scalars are quoted or plain for 1.1", () => {
    fc.assert(
      fc.property(fc.dictionary(text, value, { noNullPrototype: true }), (object) => {
        const written = stringify(object, {
          version: "1.1",
          defaultStringType: "QUOTE_DOUBLE",
          defaultKeyType: "QUOTE_DOUBLE",
        });
        expect(values(written)).toEqual([JSON.parse(JSON.stringify(object))]);
      }),
    );
  });
});
