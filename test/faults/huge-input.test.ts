import { beforeAll, describe, expect, it } from "vitest";
import { readInventory } from "../../src/decode/objects/objects.ts";
import { type SchemaJudge, schemaJudge } from "../../src/decode/schema/schema.ts";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { regexpError } from "../../src/engine/validate/regexp.ts";
import type { L7Request } from "../../src/model/conversation.ts";
import { UserError } from "../../src/model/finding.ts";
import type { Json } from "../../src/model/json.ts";
import { defaultConfig } from "../../src/model/profile.ts";
import { address, worldOf } from "../engine/world.ts";

// Work grows with the input, not with its square: ten times as much takes at most `FACTOR` times as long. Times are the
// processor's own of this process, so that a busy machine does not change them much.
const FACTOR = 40;

let judge: SchemaJudge;
beforeAll(async () => {
  judge = await schemaJudge("1.20");
});

function cnp(spec: Json, name = "p"): string {
  const head = `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: ${name}, namespace: shop}\n`;
  return `${head}spec: ${JSON.stringify(spec)}\n`;
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

const world = worldOf("");
const web = world.pod("shop/web");

/** Everything that is done with the policies of a text, and what became of them. */
function rehearsed(text: string) {
  const read = readInventory(readManifests(text, "given.yaml").manifests);
  const judged = read.policies.map((policy) => judge.policy(policy));
  const policies = judged.map(({ policy }) => policy);
  const engine = createEngine({ minor: "1.20", config: defaultConfig("1.20"), inventory: read.inventory, policies });
  const { verdict } = engine.decide(world.connection(web, address("203.0.113.9")));
  return { verdict, statuses: engine.policies, findings: judged.flatMap(({ findings }) => findings) };
}

function cpuMilliseconds(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const cidr = (index: number) => `${(index >> 16) + 11}.${(index >> 8) & 255}.${index & 255}.0/24`;
const ports = (from: number, count: number) =>
  range(count).map((index) => ({ port: String(from + index + 1), protocol: "TCP" }));

describe("large policies take as long as they are large", () => {
  it.each<readonly [string, (size: number) => string, number]>([
    [
      "ports, forty a rule",
      (size) =>
        cnp({
          endpointSelector: {},
          egress: [{ toPorts: range(size / 40).map((rule) => ({ ports: ports(rule * 40, 40) })) }],
        }),
      400,
    ],
    ["CIDRs in one rule", (size) => cnp({ endpointSelector: {}, egress: [{ toCIDR: range(size).map(cidr) }] }), 1000],
    [
      "exceptions of one CIDR",
      (size) =>
        cnp({ endpointSelector: {}, egress: [{ toCIDRSet: [{ cidr: "0.0.0.0/0", except: range(size).map(cidr) }] }] }),
      400,
    ],
    [
      "policies",
      (size) =>
        range(size)
          .map((index) => cnp({ endpointSelector: { matchLabels: { app: `a${index}` } }, ingress: [{}] }, `p${index}`))
          .join("---\n"),
      150,
    ],
    [
      "selectors in one rule",
      (size) =>
        cnp({
          endpointSelector: {},
          egress: [{ toEndpoints: range(size).map((index) => ({ matchLabels: { app: `x${index}` } })) }],
        }),
      400,
    ],
    [
      "values of one expression",
      (size) =>
        cnp({
          endpointSelector: {
            matchExpressions: [{ key: "app", operator: "In", values: range(size).map((index) => `v${index}`) }],
          },
          egress: [{}],
        }),
      1000,
    ],
    ["wrong elements in one list", (size) => cnp({ endpointSelector: {}, egress: range(size).map(() => 5) }), 1000],
    [
      "unknown fields",
      (size) => cnp({ endpointSelector: {}, egress: range(size).map((index) => ({ [`x${index}`]: 1 })) }),
      200,
    ],
  ])("%s", (_, textOf, size) => {
    const [small, large] = [textOf(size), textOf(size * 10)];
    rehearsed(small);
    const least = Math.max(
      5,
      cpuMilliseconds(() => rehearsed(small)),
    );
    expect(cpuMilliseconds(() => rehearsed(large))).toBeLessThan(least * FACTOR);
  });
});

describe("bounds are said when they are hit", () => {
  it("more than forty ports in one rule are the agent's bound: the policy is void", () => {
    const text = cnp({ endpointSelector: {}, egress: [{ toPorts: [{ ports: ports(0, 10_000) }] }] });
    const { statuses, findings } = rehearsed(text);
    expect(statuses).toMatchObject([{ valid: false, error: expect.stringContaining("too many ports, the max is 40") }]);
    expect(findings).toMatchObject([{ id: "schema", message: expect.stringContaining("has 10000 elements") }]);
  });

  it("no policy has more findings than can be read", () => {
    const wrong = cnp({ endpointSelector: {}, egress: range(5000).map(() => 5) });
    const { findings } = rehearsed(wrong);
    expect(findings.length).toBe(51);
    expect(findings.at(-1)).toMatchObject({ message: expect.stringContaining("only the first 50") });
    const twice = `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p}\nspec: {${range(300)
      .map(() => "egress: []")
      .join(", ")}}\n`;
    const repeated = readManifests(twice, "p.yaml").findings;
    expect(repeated.length).toBe(20);
    expect(repeated.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(299);
  });

  it("a value of megabytes is told in a line", () => {
    const { findings, statuses } = rehearsed(
      cnp({ endpointSelector: { matchLabels: { app: "x".repeat(2e6) } }, egress: [{}] }),
    );
    expect(statuses).toMatchObject([{ valid: false }]);
    for (const { message, help = "" } of findings) expect(message.length + help.length).toBeLessThan(1000);
  });

  it.each([
    ["mappings in mappings", `spec: ${"{a: ".repeat(20_000)}1${"}".repeat(20_000)}`],
    ["lists in lists", `{"spec":${"[".repeat(50_000)}${"]".repeat(50_000)}}`],
    [
      "aliases of aliases",
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefghij"].map((name, index) => `${name}: &${name} [${"*abcdefghi"[index + 1]},${`*${"abcdefghi"[index]},`.repeat(8)}x]`).join("\n")}`,
    ],
  ])("%s end in one line", (_, text) => {
    expect(() => rehearsed(text)).toThrow(UserError);
  });
});

describe("regular expressions that stop other engines", () => {
  it.each([
    ["(a+)+$", `${"a".repeat(5000)}b`],
    ["(x+x+)+y", "x".repeat(5000)],
    ["((a*)*)*b", "a".repeat(5000)],
    ["(a|a)*b", "a".repeat(5000)],
    ["^(([a-z])+.)+[A-Z]([a-z])+$", "a".repeat(5000)],
  ])("%s", (path, asked) => {
    const http = [{ path, method: "GET" }];
    const rules = { toPorts: [{ ports: [{ port: "80", protocol: "TCP" }], rules: { http } }] };
    const { engine, pod, connection } = worldOf(
      cnp({ endpointSelector: { matchLabels: { app: "web" } }, egress: [rules] }),
    );
    const request: L7Request = { kind: "http", method: "GET", path: asked, host: "x", headers: {} };
    const question = connection(pod("shop/web"), address("203.0.113.9"), { request });
    expect(engine.decide(question).verdict).toBe("denied");
    expect(cpuMilliseconds(() => engine.decide({ ...question }))).toBeLessThan(2000);
  });

  it("repetitions of repetitions are refused as Go refuses them, at once", () => {
    const bombs = ["((a{100}){100}){100}", "(((x{30}){30}){30}){30}", `${"(".repeat(1001)}${")".repeat(1001)}`];
    expect(
      cpuMilliseconds(() => expect(bombs.map(regexpError).every((error) => error !== null)).toBe(true)),
    ).toBeLessThan(500);
  });
});
