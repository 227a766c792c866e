import { describe, expect, it } from "vitest";
import type { LintFinding, LintReport } from "#model/lint.ts";
import { ignoresIn, withoutIgnored } from "./ignore.ts";

const POLICY = `# ringfence: ignore host-bypass -- our nodes are trusted
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: a, namespace: shop}
spec:
  endpointSelector: {}
  # ringfence: ignore wide-world-443, over-broad -- a crawler
  egress:
  - toEntities: [world]
    toPorts:
    - ports: [{port: "443"}]

  ingress: # not part of it
  # ringfence: ignore dead-rule
  - fromEntities: [host] # ringfence: ignore host-redundant -- kept on purpose
  - fromEntities: [health]
---
kind: Namespace
`;

describe("which lines a comment is about", () => {
  it.each([
    ["above the first key of a document: the document", "host-bypass", [2, 16]],
    ["above a key: the key with all below it, a list at its own indentation too", "wide-world-443", [8, 11]],
    ["above a list item: the item", "dead-rule", [15, 15]],
    ["behind an element: its line", "host-redundant", [15, 15]],
  ])("%s", (_, check, lines) => {
    const found = ignoresIn(POLICY, "a.yaml").find(({ checks }) => checks.includes(check));
    expect(found?.lines).toEqual(lines);
  });

  it("several checks may be named, and the reason is what stands behind two dashes", () => {
    const wish = ignoresIn(POLICY, "a.yaml")[1];
    expect(wish?.checks).toEqual(["wide-world-443", "over-broad"]);
    expect(wish?.reason).toBe("a crawler");
  });
});

describe("what becomes of findings", () => {
  const finding = (check: string, line: number): LintFinding => ({
    ...{ check, severity: "info", message: "m", help: "h", place: { file: "a.yaml", line } },
    ...{ subjects: 0, subjectNames: [], peers: 0, peerNames: [], flows: 0, examples: [], fix: null },
  });
  const report = (findings: readonly LintFinding[]): LintReport => ({
    ...{ version: 1, findings, slept: [], ignored: [], totals: { policies: 1, checks: 4, conversations: 0 } },
  });
  const known = new Set(["host-bypass", "wide-world-443", "over-broad", "dead-rule", "host-redundant"]);
  const after = (findings: readonly LintFinding[], text = POLICY) =>
    withoutIgnored(report(findings), ignoresIn(text, "a.yaml"), { known, asked: known });

  it("one inside the lines is taken away and kept with its reason; one outside stays", () => {
    const { findings, ignored } = after([finding("wide-world-443", 9), finding("wide-world-443", 15)]);
    expect(findings.map(({ check, place }) => [check, place.line])).toContainEqual(["wide-world-443", 15]);
    expect(findings.map(({ check, place }) => [check, place.line])).not.toContainEqual(["wide-world-443", 9]);
    expect(ignored).toEqual([{ check: "wide-world-443", place: { file: "a.yaml", line: 9 }, reason: "a crawler" }]);
  });

  it("a wish without a reason takes nothing away, and is said", () => {
    const { findings } = after([finding("dead-rule", 15)]);
    expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining(["dead-rule", "ignore-without-reason"]));
  });

  it("a wish for a check that there is not, and one for nothing, are said", () => {
    const { findings } = after([], "# ringfence: ignore dead-rul -- typo\na: 1 # ringfence: ignore dead-rule -- old\n");
    expect(findings.map(({ check }) => check)).toEqual(["ignore-unknown", "ignore-unused"]);
  });

  it("a wish for a check that slept is not called unused", () => {
    const ignores = ignoresIn("a: 1 # ringfence: ignore dead-rule -- rare\n", "a.yaml");
    expect(withoutIgnored(report([]), ignores, { known, asked: new Set() }).findings).toEqual([]);
  });
});
