import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Json } from "#model/json.ts";
import { readDumpYaml } from "./dump-yaml.ts";
import { readObjects } from "../objects/read-objects.ts";
import { readManifests } from "./yaml.ts";

/** What the yaml package makes of a short text: the judge. */
function judged(text: string): Json | undefined {
  try {
    return readObjects(text, null)[0]?.value;
  } catch {
    return undefined;
  }
}

const ITEM = `- apiVersion: cilium.io/v2
  kind: CiliumNetworkPolicy
  metadata:
    annotations:
      last-applied: |
        {"a":{"b":[]}}
      note: a long text that
        goes on here

        and there
      quoted: "a \\"b\\"\\tc \\
        \\ d"
      single: 'it''s
        two'
    name: NAME
    namespace: shop
  spec:
    egress:
    - toFQDNs:
      - matchName: a.org
      - matchPattern: '*.b.org'
    - {}
    endpointSelector: {}
`;

describe("a dump is read as the yaml package reads it", () => {
  it.each([
    ["mappings and lists", "a: 1\nb:\n  c: x y\n  d:\n  - 1\n  - - 2\n    - e: 3\n      f:\n      - 4\ng: null\nh:\n"],
    ["lists deeper than their key", "a:\n  - b: 1\n    c:\n      - 2\n  -\n    d: 3\n  -\n"],
    ["scalars of 1.1", "a: yes\nb: 010\nc: 1_000\nd: ~\ne: 1.5\nyes: on\n08: x\n"],
    ["quoted keys and values", "'a''b': \"c\\n\\u00e9\\x41\"\n\"d: e\": 'f # g'\n"],
    ["keys of managed fields", 'f:metadata:\n  .: {}\n  k:{"type":"Ready"}:\n    f:status: {}\n'],
    ["empty collections", "a: []\nb: {}\n"],
    ["texts", "a: |\n  x\n    y\n\n  z\n\nb: |-\n  x\n\nc: |+\n  x\n\n\nd:\n- |2\n    x\n   y\n"],
    ["plain texts over lines", "a: x\n  y: z\n"],
    ["folded texts", "a: x\n  y\n\n\n  z\nb: 'x\n\n  y'\nc: \"x\\\n  \\ y\n  z\"\n"],
    ["comments on lines of their own", "# a\na: 1\n  # b\nb:\n# c\n- 1\n"],
    ["the item of the tests below", ITEM],
  ])("%s", (_, text) => {
    const dump = readDumpYaml(text);
    const expected = judged(text);
    if (dump === null) expect(expected).toBe(undefined);
    else expect(dump.value).toEqual(expected);
  });

  it.each([
    ["flow style", "a: [1]\n"],
    ["anchors", "a: &x 1\n"],
    ["aliases", "a: *x\n"],
    ["tags", "a: !!str 1\n"],
    ["merges", "a:\n  <<: x\n"],
    ["folded blocks", "a: >\n  x\n"],
    ["explicit keys", "? a\n: b\n"],
    ["comments behind values", "a: 1 # one\n"],
    ["keys given twice", "a: 1\na: 2\n"],
    ["null keys", "~: 1\n"],
    ["several documents", "a: 1\n---\nb: 2\n"],
    ["tabs", "a:\t1\n"],
    ["windows line ends", "a: 1\r\n"],
    ["a scalar alone", "a\n"],
    ["wrong indentation", "a:\n  b: 1\n c: 2\n"],
    ["text behind a quote", "a: 'x' y\n"],
    ["a quote that does not end", "a: 'x\n"],
  ])("%s are left to the yaml package", (_, text) => {
    expect(readDumpYaml(text)).toBe(null);
  });

  it("whatever is printed in block style", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "grapheme" }),
      fc.lorem({ maxCount: 30 }),
      fc.constantFrom("yes", "010", "", " x", "x\n\ny\n", "- x", "a: b", "#", "a #b", "'", "\\", "|", "x\n  y\n z\n\n"),
    );
    const { value } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(fc.oneof(text, fc.constantFrom("name", "k8s:app", "f:x")), tie("value"), {
          maxKeys: 4,
          noNullPrototype: true,
        }),
      ),
    }));
    let answered = 0;
    fc.assert(
      fc.property(
        fc.dictionary(text, value, { minKeys: 1, noNullPrototype: true }),
        fc.boolean(),
        fc.constantFrom(0, 40, 80),
        (object, indentSeq, lineWidth) => {
          const written = stringify(object, { version: "1.1", indentSeq, lineWidth }).replace(/^%YAML 1.1\n---\n/, "");
          const dump = readDumpYaml(written);
          if (dump === null) return;
          answered++;
          expect(dump.value).toEqual(judged(written));
        },
      ),
      { numRuns: 2000 },
    );
    expect(answered).toBeGreaterThan(200);
  });
});

describe("a large List", () => {
  const items = Array.from({ length: 400 }, (_, index) => ITEM.replace("NAME", `p${index}`));
  const text = `# from the cluster\napiVersion: v1\nitems:\n${items.join("")}kind: List\nmetadata:\n  resourceVersion: ""\n`;

  it("has the same manifests at the same places, and the same element places, as item by item", () => {
    expect(text.length).toBeGreaterThan(100_000);
    expect(readDumpYaml(text)?.items).toHaveLength(400);
    const { manifests } = readManifests(text, "dump.yaml");
    expect(manifests).toHaveLength(400);
    const lines = ITEM.split("\n").length - 1;
    const [alone] = readManifests(ITEM.replace("NAME", "p7"), "dump.yaml").manifests;
    const within = manifests[7];
    expect(within?.value).toEqual(alone?.value);
    expect(within?.place).toEqual({ ...alone?.place, line: 4 + 7 * lines, column: 3 });
    const moved = Object.entries(alone?.positions() ?? {}).map(([path, [line, column]]) => [
      path,
      [line + 3 + 7 * lines, column],
    ]);
    expect(within?.positions()).toEqual(Object.fromEntries(moved));
  });
});
