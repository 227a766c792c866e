import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { CAUSES } from "#analysis/causes.ts";
import type { Rehearsal } from "#model/rehearsal.ts";
import { explainText } from "#report/explain.ts";
import { fixDiff } from "#report/fix-diff.ts";
import { reportJson } from "#report/json.ts";
import { escapeXml, reportJunit } from "#report/junit.ts";
import { MARKDOWN_LIMIT, reportMarkdown } from "#report/markdown.ts";
import { failsOn } from "#report/results.ts";
import { RULE_HELP } from "#report/rule-help.ts";
import { reportSarif } from "#report/sarif.ts";
import schema from "#report/schema/rehearsal.schema.json" with { type: "json" };
import { reportText, type TextOptions } from "#report/text.ts";
import { displayWidth } from "#report/width.ts";
import { expectGolden } from "./golden.ts";
import { CONVERSATIONS, edge, EMPTY, hole, outside, pod, READY, SAMPLE, TRAFFIC } from "./sample-rehearsal.ts";
import { SARIF_SCHEMA } from "./sarif-schema.ts";

const PLAIN: TextOptions = { width: 80, color: false, all: false, exitCode: 1 };
const SGR = /\u001B\[[0-9;]*m/g;

/** Names as long as Kubernetes allows, and many of everything. */
function large(holes: number): Rehearsal {
  const name = (letter: string, at: number) => `${letter.repeat(50)}-${at}`;
  const many = Array.from({ length: holes }, (_, at) =>
    hole(
      `h${at + 1}`,
      edge(
        `c${at}`,
        pod(name("n", at % 30), name("w", at)),
        outside("203.0.113.1", `${name("d", at)}.example.com`),
        443,
      ),
      {
        sentence: `no rule allows it: ${name("r", at)}`,
        namespace: name("n", at % 30),
      },
    ),
  );
  return { ...SAMPLE, holes: many };
}

describe("the text", () => {
  it.each([
    ["rehearsal.txt", SAMPLE, PLAIN],
    ["rehearsal-60.txt", SAMPLE, { ...PLAIN, width: 60 }],
    ["rehearsal-all.txt", { ...SAMPLE, conversations: CONVERSATIONS }, { ...PLAIN, all: true }],
    ["rehearsal-color.txt", SAMPLE, { ...PLAIN, color: true }],
    ["rehearsal-empty.txt", EMPTY, { ...PLAIN, exitCode: 0 }],
    ["rehearsal-ready.txt", READY, { ...PLAIN, exitCode: 0 }],
  ] satisfies [string, Rehearsal, TextOptions][])("%s", (file, rehearsal, options) => {
    expectGolden(file, reportText(rehearsal, options));
  });

  it.each([40, 53, 80, 81, 100])("fits %i columns, whatever the names", (width) => {
    for (const rehearsal of [SAMPLE, large(300)]) {
      for (const line of reportText(rehearsal, { ...PLAIN, width, color: true }).split("\n")) {
        // A copyable command stays whole: its longest argument may stand out.
        if (!line.includes("--from=cronjob"))
          expect({ line, fits: displayWidth(line) <= width }).toEqual({ line, fits: true });
      }
    }
  });

  it("says nothing by colour alone", () => {
    const coloured = reportText(SAMPLE, { ...PLAIN, color: true });
    expect(coloured.replace(SGR, "")).toBe(reportText(SAMPLE, PLAIN));
    expect(reportText(SAMPLE, PLAIN)).not.toMatch(SGR);
  });

  it("stays short however much there is, and says how much it left out", () => {
    const lines = reportText(large(3000), PLAIN).split("\n");
    expect(lines.length).toBeLessThan(600);
    expect(lines.join("\n")).toMatch(/… [\d,]+ more: --all/);
  });

  it("lets no name steer the terminal", () => {
    const evil = hole("h1", edge("c", pod("a\u001B[2Jb", "w\r\nx"), outside("1.1.1.1", "\u202Eevil"), 443), {
      namespace: "a\u001B[2Jb",
    });
    const text = reportText({ ...SAMPLE, holes: [evil] }, PLAIN);
    expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/);
  });

  it("never calls a recording ready in which nothing was seen", () => {
    const text = reportText(EMPTY, PLAIN);
    expect(text).toMatch(/^NOT PROVEN {3}nothing was seen/m);
    expect(text).not.toMatch(/^READY/m);
  });
});

describe("explaining", () => {
  const input = { rehearsal: { ...SAMPLE, conversations: CONVERSATIONS }, traffic: TRAFFIC };
  it.each(["h5", "h7", "n1", "u1", "x1", "c-1"])("%s", (id) => {
    const text = explainText(input, id, PLAIN);
    expectGolden(`explain-${id}.txt`, text ?? "");
    for (const line of text?.split("\n") ?? []) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });

  it("knows no other ids", () => {
    expect(explainText(input, "h99", PLAIN)).toBeNull();
  });
});

describe("json", () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
    .addFormat("date-time", (text: string) => text === new Date(text).toISOString())
    .compile(schema);

  it.each([
    ["the sample", SAMPLE],
    ["with --all", { ...SAMPLE, conversations: CONVERSATIONS }],
    ["nothing seen", EMPTY],
    ["ready", READY],
  ] satisfies [string, Rehearsal][])("%s is what the schema says", (_, rehearsal) => {
    validate(JSON.parse(reportJson(rehearsal)));
    expect(validate.errors ?? []).toEqual([]);
  });

  it("holds everything and nothing else", () => {
    expect(JSON.parse(reportJson({ ...SAMPLE, conversations: CONVERSATIONS }))).toEqual({
      ...SAMPLE,
      conversations: CONVERSATIONS,
    });
  });

  it("the schema notices a field that is missing or wrong", () => {
    const { answer: _, ...rest } = SAMPLE;
    expect(validate(rest)).toBe(false);
    expect(validate({ ...SAMPLE, holes: [{ ...SAMPLE.holes[0], side: "sideways" }] })).toBe(false);
  });

  it("is the same text whatever order the fields were made in", () => {
    const turned: Rehearsal = JSON.parse(JSON.stringify(SAMPLE), (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    expect(Object.keys(turned)[0]).not.toBe("version");
    expect(reportJson(turned)).toBe(reportJson(SAMPLE));
  });

  it("golden", () => expectGolden("rehearsal.json", reportJson({ ...SAMPLE, conversations: CONVERSATIONS })));
});

describe("sarif", () => {
  const validate = new Ajv2020({ allErrors: true })
    .addFormat("uri-reference", /^[^\s\\^`{|}<>"]*$/)
    .compile(SARIF_SCHEMA);

  it.each([
    ["the sample", SAMPLE],
    ["nothing seen", EMPTY],
    ["ready", READY],
    ["many holes", large(6000)],
  ] satisfies [string, Rehearsal][])("%s is SARIF 2.1.0", (_, rehearsal) => {
    validate(JSON.parse(reportSarif(rehearsal, "0.1.0")));
    expect(validate.errors ?? []).toEqual([]);
  });

  it("every result names a rule with help, and a fingerprint of its own", () => {
    const { runs } = JSON.parse(reportSarif(SAMPLE, "0.1.0"));
    const [{ results, tool }] = runs;
    for (const result of results) {
      expect(tool.driver.rules[result.ruleIndex]).toMatchObject({
        id: result.ruleId,
        help: { text: expect.stringMatching(/\S/) },
      });
      expect(result.locations).toHaveLength(1);
    }
    const prints = results.map((result: { partialFingerprints: object }) => JSON.stringify(result.partialFingerprints));
    expect(new Set(prints).size).toBe(results.length);
  });

  it("every cause has a help of its own", () => {
    expect(CAUSES.map((cause) => cause.id).filter((id) => RULE_HELP[id] === undefined)).toEqual([]);
  });

  it("golden", () => expectGolden("rehearsal.sarif", reportSarif(SAMPLE, "0.1.0")));
});

describe("junit", () => {
  it("is well-formed and counts rightly, whatever the names", () => {
    const evil = hole("h1", edge("c", pod("a<&\"'>", "]]>\u0000"), outside("1.1.1.1"), 443), {
      sentence: "<b>&amp;\uD800",
    });
    const xml = reportJunit({ ...SAMPLE, holes: [evil] });
    expect(openTags(xml)).toEqual([]);
    expect(xml).not.toMatch(/[\u0000-\u0008]/);
    expect(xml.match(/<failure/g)?.length).toBe(Number(/failures="(\d+)"/.exec(xml)?.[1]));
    expect(xml.match(/<testcase/g)?.length).toBe(Number(/tests="(\d+)"/.exec(xml)?.[1]));
  });

  it("a report without holes is not all green while something is not proven", () => {
    expect(reportJunit(EMPTY)).toContain("<skipped");
  });

  it("lone surrogates and control characters cannot be written", () => {
    expect(escapeXml('a\u0001\uD800<>&"😀')).toBe("a\uFFFD\uFFFD&lt;&gt;&amp;&quot;😀");
  });

  it("golden", () => expectGolden("rehearsal.junit.xml", reportJunit(SAMPLE)));
});

/** Tags still open at the end; throws at one that closes another. */
function openTags(xml: string): readonly string[] {
  const open: string[] = [];
  for (const [, closing, name = "", self] of xml.matchAll(/<(\/?)([a-z]+)(?:\s+[a-z]+="[^"<]*")*\s*(\/?)>/g)) {
    if (self === "/") continue;
    if (closing === "/") expect(open.pop()).toBe(name);
    else open.push(name);
  }
  return open;
}

describe("markdown", () => {
  it("golden", () => expectGolden("rehearsal.md", reportMarkdown(SAMPLE)));

  it("fits a comment and counts what found no room", () => {
    const text = reportMarkdown(large(3000));
    expect(text.length).toBeLessThanOrEqual(MARKDOWN_LIMIT);
    expect(text).toMatch(/_[\d,]+ entries left out/);
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
  });

  it("names can neither mark up nor mention", () => {
    const evil = hole("h1", edge("c", pod("ns", "`<img src=x>`@everyone"), outside("1.1.1.1", "[x](http://e)"), 443), {
      sentence: "see @everyone <script> **bold** [link](http://evil)",
    });
    const text = reportMarkdown({ ...SAMPLE, holes: [evil] });
    const prose = text.replace(/(`+)[^`][\s\S]*?\1/g, "");
    expect(prose).not.toMatch(/<script|<img|@everyone|\*\*bold|\[link\]\(/);
  });
});

describe("the exit code", () => {
  const warned: Rehearsal = { ...READY, undecided: SAMPLE.undecided };
  it.each([
    ["holes", SAMPLE, { error: true, warn: true, info: true, never: false }],
    ["only something undecided", warned, { error: false, warn: true, info: true, never: false }],
    ["nothing at all", READY, { error: false, warn: false, info: false, never: false }],
    ["a dead rule", { ...READY, deadRules: SAMPLE.deadRules }, { error: false, warn: false, info: true, never: false }],
    ["a hairpin", { ...READY, hairpins: SAMPLE.hairpins }, { error: false, warn: false, info: true, never: false }],
    [
      "a rejected policy",
      { ...READY, findings: SAMPLE.findings.slice(0, 1) },
      { error: true, warn: true, info: true, never: false },
    ],
  ] satisfies [string, Rehearsal, Record<string, boolean>][])("%s", (_, rehearsal, expected) => {
    for (const level of ["error", "warn", "info", "never"] as const)
      expect(failsOn(rehearsal, level)).toBe(expected[level]);
  });
});

it("the proven edits are one patch", () => {
  const { patch, ...holes } = fixDiff(SAMPLE);
  expect(holes).toEqual({ cured: ["h1", "h2", "h3", "h4", "h5"], leftOut: [], undecided: [] });
  expectGolden("rehearsal.patch", patch);
});
