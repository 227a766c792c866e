import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#model/json.ts";
import type { CiliumMinor } from "#model/profile.ts";
import { readInventory } from "../objects/objects.ts";
import { checkSchema, schemaJudge } from "./schema.ts";
import { manifestsOf } from "../objects/manifest.ts";
import { readManifests } from "../yaml/yaml.ts";

/** What k8s.io/apiextensions-apiserver 0.36.4 made of objects with these CRDs: fields dropped, refused or not. */
type Recorded = {
  readonly minor: CiliumMinor;
  readonly object: JsonObject;
  readonly dropped: readonly string[];
  readonly refused: boolean;
};
const RECORDED: readonly Recorded[] = readFileSync(
  new URL("../../../test/fixtures/manifests/api-server.jsonl", import.meta.url),
  "utf8",
)
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

describe("the API server's recorded answers", () => {
  it.each(["1.18", "1.19", "1.20"] as const)("are ours too, for the CRDs of %s", async (minor) => {
    const judge = await schemaJudge(minor);
    const cases = RECORDED.filter((one) => one.minor === minor);
    expect(cases.length).toBeGreaterThan(100);
    for (const { object, dropped, refused } of cases) {
      const [policy] = readInventory(manifestsOf([object], null), { anyVersion: true }).policies;
      const findings = policy === undefined ? [] : judge.policy(policy).findings;
      const got = {
        dropped: findings.filter(({ id }) => id === "unknown-field").map(({ place }) => place?.path ?? ""),
        refused: findings.some(({ id }) => id === "schema"),
      };
      // Nulls are gone before we look; the API server names those it does not know.
      const wanted = dropped.filter((path) => !isNull(object, path));
      expect({ object, dropped: got.dropped.toSorted(), refused: got.refused }).toEqual({
        object,
        dropped: wanted.toSorted(),
        refused,
      });
    }
  });
});

function isNull(object: JsonObject, path: string): boolean {
  let at: unknown = object;
  for (const part of path.split(/[.[\]]+/).filter((word) => word !== ""))
    at = (at as Record<string, unknown> | null)?.[part];
  return at === null;
}

function policyIn(text: string) {
  const [policy] = readInventory(readManifests(text, "p.yaml").manifests).policies;
  if (policy === undefined) throw new Error("no policy");
  return policy;
}

function cnp(spec: string): string {
  return `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: n1}\nspec:\n${spec.replace(/^/gm, "  ")}\n`;
}

describe("what is dropped or refused is said with its place and what to do", () => {
  it.each([
    [
      "a field spelled wrong",
      "endpointSelector: {}\negress:\n- toEndpoints: [{}]\n  toPort: [{}]",
      "unknown-field",
      8,
      "did you mean toPorts?",
    ],
    [
      "another case",
      "endpointSelector: {}\negress:\n- toCidr: [10.0.0.0/8]",
      "unknown-field",
      7,
      "did you mean toCIDR?",
    ],
    [
      "a field indented too far",
      "endpointSelector: {}\ningress:\n- fromEndpoints:\n  - matchLabels: {a: b}\n    toPorts: []",
      "unknown-field",
      9,
      "toPorts belongs to spec.ingress[0], further out: mind the indentation",
    ],
    [
      "a field not indented enough",
      "endpointSelector: {}\ningress:\n- toPorts:\n  - port: '80'",
      "unknown-field",
      8,
      "port belongs below ports, further in",
    ],
    [
      "a number for a port",
      "endpointSelector: {}\ningress:\n- toPorts:\n  - ports:\n    - {port: 80}",
      "schema",
      9,
      'write it in quotes: "80"',
    ],
    [
      "a lower-case protocol",
      "endpointSelector: {}\ningress:\n- toPorts:\n  - ports:\n    - {port: '80', protocol: tcp}",
      "schema",
      9,
      "did you mean TCP?",
    ],
    [
      "an address without a length",
      "endpointSelector: {}\negress:\n- toCIDR:\n  - 10.0.0.1",
      "schema",
      8,
      "add the prefix length: 10.0.0.1/32",
    ],
    [
      "an entity that does not exist",
      "endpointSelector: {}\negress:\n- toEntities: [wrld]",
      "schema",
      7,
      "did you mean world?",
    ],
    ["a mapping for a list", "endpointSelector: {}\negress: {}", "schema", 6, "begin each element with `- `"],
    ["no direction", "endpointSelector: {}", "schema", 4, "add one of ingress, ingressDeny, egress, egressDeny"],
    ["no subject", "egress: []", "schema", 4, "add one of endpointSelector, nodeSelector"],
    ["two subjects", "endpointSelector: {}\nnodeSelector: {}\negress: []", "schema", 4, "keep one of them"],
  ])("%s", async (_, spec, id, line, help) => {
    const findings = await checkSchema(policyIn(cnp(spec)), "1.20");
    expect(findings).toMatchObject([{ id, severity: "error", help, place: { file: "p.yaml", line } }]);
  });

  it("of a NetworkPolicy too", async () => {
    const text =
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec:\n  podSelector: {}\n  ingress:\n  - form: []\n    ports: [{port: 80, protocol: tcp}]\n";
    expect(await checkSchema(policyIn(text), "1.20")).toMatchObject([
      { id: "unknown-field", help: "did you mean from?", place: { line: 7 } },
      { id: "schema", help: "did you mean TCP?", place: { line: 8 } },
    ]);
  });

  it("but nothing of text that is still to be filled in", async () => {
    expect(await checkSchema(policyIn(cnp("endpointSelector: {}\negress:\n- toCIDR: ['${NODE}/32']")), "1.20")).toEqual(
      [],
    );
  });
});

describe("the policy as it is stored", () => {
  it("lacks the dropped fields, has the defaults, and is the same object when nothing changes", async () => {
    const judge = await schemaJudge("1.20");
    const odd = policyIn(cnp("endpointSelector: {}\negress:\n- toPort: []\n  icmps: [{fields: [{type: 8}]}]"));
    expect(judge.policy(odd).policy.value["spec"]).toEqual({
      endpointSelector: {},
      egress: [{ icmps: [{ fields: [{ type: 8, family: "IPv4" }] }] }],
    });
    const plain = policyIn(cnp("endpointSelector: {}\negress: []"));
    expect(judge.policy(plain).policy).toBe(plain);
  });

  it("goes by the minor: kafka rules were dropped from 1.20's CRD", async () => {
    const policy = policyIn(
      cnp(
        "endpointSelector: {}\ningress:\n- toPorts:\n  - ports: [{port: '9092'}]\n    rules: {kafka: [{role: produce}]}",
      ),
    );
    expect(await checkSchema(policy, "1.18")).toEqual([]);
    expect((await checkSchema(policy, "1.20")).map(({ id }) => id)).toContain("unknown-field");
  });

  it("other kinds are judged by their CRD, kinds without one pass", async () => {
    const judge = await schemaJudge("1.19");
    const findings = (text: string) =>
      readManifests(text, "g.yaml").manifests.flatMap((manifest) => judge.manifest(manifest));
    expect(
      findings("apiVersion: cilium.io/v2\nkind: CiliumCIDRGroup\nmetadata: {name: g}\nspec: {externalCIDRs: [x]}\n"),
    ).toMatchObject([{ id: "schema", place: { file: "g.yaml", line: 4, object: "CiliumCIDRGroup/g" } }]);
    expect(findings("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {x: 1}\n")).toEqual([]);
  });
});
