import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import { writeYaml } from "../../src/generate/write-yaml.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { parse } from "yaml";

/** Texts that some reader of YAML takes for something else, or that break a line or a quote. */
const NASTY = [
  ...[
    "yes",
    "no",
    "on",
    "off",
    "y",
    "N",
    "true",
    "False",
    "null",
    "Null",
    "~",
    "",
    "0x50",
    "0o17",
    "017",
    "1e3",
    "1_000",
    "12:30:45",
  ],
  ...[
    ".inf",
    "-.inf",
    ".NaN",
    "+1",
    "-1",
    "1.",
    "2026-11-21",
    "=",
    "<<",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "'a'",
    '"a"',
    "a\\b",
    "\u00e4\u4e2d",
    "\u2028",
    "🦀",
  ],
  ...[
    "*a",
    "&a",
    "!a",
    "%a",
    "@a",
    "`a`",
    "|",
    ">",
    "[a]",
    "{a}",
    ",",
    "?",
    ":",
    "a:",
    "a\nb",
    "a\tb",
    " a",
    "a ",
    "---",
    "...",
  ],
];

const label = fc.oneof(fc.constantFrom(...NASTY), fc.string(), fc.string({ unit: "grapheme" }));

describe("labels in YAML", () => {
  it.each(NASTY.map((text) => [text]))("%j reads back as itself, as key and as value", (text) => {
    const value = { matchLabels: { [`k${text}`]: text, [text]: "v" }, list: [text] };
    expect(parse(writeYaml(value, new Map()))).toEqual(value);
    expect(parse(writeYaml(value, new Map()), { version: "1.1" })).toEqual(value);
  });

  it("any text reads back as itself, with comments of any text above it", () => {
    fc.assert(
      fc.property(fc.dictionary(label, label, { maxKeys: 4 }), label, (labels, comment) => {
        const value: JsonObject = { spec: { matchLabels: labels, rules: [labels, {}] } };
        const comments = new Map([
          ["", [comment]],
          ["spec.rules[1]", [comment]],
        ]);
        expect(parse(writeYaml(value, comments))).toEqual(value);
      }),
    );
  });

  it("and through the reader of this program", () => {
    fc.assert(
      fc.property(fc.dictionary(label, label, { maxKeys: 4 }), (labels) => {
        const metadata = { name: "p", namespace: "n" };
        const object = {
          apiVersion: "cilium.io/v2",
          kind: "CiliumNetworkPolicy",
          metadata,
          spec: { endpointSelector: { matchLabels: labels } },
        };
        const [manifest] = readManifests(writeYaml(object, new Map()), "p.yaml").manifests;
        expect(manifest?.value).toMatchObject({ spec: { endpointSelector: { matchLabels: labels } } });
      }),
    );
  });
});
