import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { applyPatch } from "diff";
import { afterAll, describe, expect, it } from "vitest";
import { readSettings } from "#cli/settings.ts";
import type { LintReport } from "#model/lint.ts";
import lintSchema from "#report/schema/lint.schema.json" with { type: "json" };
import settingsSchema from "#report/schema/settings.schema.json" with { type: "json" };
import { inProcess } from "../cli/in-process.ts";

const directory = mkdtempSync(join(tmpdir(), "ringfence-lint-"));
afterAll(() => rmSync(directory, { recursive: true }));
let count = 0;

/** A folder with these files; answers its path. */
function folder(files: Readonly<Record<string, string>>): string {
  const path = join(directory, String(++count));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(path, name, ".."), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

const PING = `# who may ping us
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ping, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
    - fromEndpoints: [{matchLabels: {app: probe}}]
      icmps: [{fields: [{type: 0, family: IPv4}]}]
`;

const OBJECTS = `apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api-1, namespace: shop, labels: {app: api}}
spec: {containers: [{name: api, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {clusterIP: 10.96.0.9, selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
`;

const API = `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
    - fromEndpoints: [{matchLabels: {app: web}}]   # our own front end
      toPorts: [{ports: [{port: "80", protocol: TCP}]}]
`;

const end = (app: string) =>
  `{"identity":1000,"namespace":"shop","labels":["k8s:app=${app}","k8s:io.kubernetes.pod.namespace=shop","k8s:io.cilium.k8s.policy.cluster=default"],"pod_name":"${app}-1"}`;
const FLOWS = `{"flow":{"time":"2026-09-14T10:00:00Z","uuid":"00000000-0000-4000-8000-000000000001","verdict":"FORWARDED","IP":{"source":"10.0.0.1","destination":"10.0.0.2","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":40000,"destination_port":8080,"flags":{"SYN":true}}},"source":${end("web")},"destination":${end("api")},"Type":"L3_L4","node_name":"node-1","event_type":{"type":4},"traffic_direction":"INGRESS","is_reply":false},"node_name":"node-1","time":"2026-09-14T10:00:00Z"}\n`;

async function report(words: readonly string[]): Promise<LintReport> {
  const { stdout } = await inProcess(["lint", ...words, "-o", "json"]);
  return JSON.parse(stdout);
}

const ids = ({ findings }: LintReport) => findings.map(({ check }) => check);

describe("what is linted", () => {
  it("a file that cannot be read is a finding with its line, and the rest is judged", async () => {
    const path = folder({ "ping.yaml": PING, "broken.yaml": "apiVersion: v1\nkind: Pod\n  metadata: {\n" });
    const found = await report([path]);
    const broken = found.findings.find(({ check }) => check === "broken-manifest");
    expect(broken?.place.file).toMatch(/broken\.yaml$/);
    expect(broken?.place.line).toBeGreaterThan(1);
    expect(ids(found)).toContain("icmp-type-zero");
    expect((await inProcess(["lint", path])).status).toBe(1);
  });

  it("a path that is not there is refused, and so is a folder without policies", async () => {
    const none = await inProcess(["lint", join(directory, "nowhere")]);
    expect([none.status, none.stdout]).toEqual([2, ""]);
    expect(none.stderr).toMatch(/does not exist/);
    const empty = await inProcess(["lint", folder({ "pod.yaml": OBJECTS })]);
    expect([empty.status, empty.stdout]).toEqual([2, ""]);
    expect(empty.stderr).toMatch(/no policies in .*\n.*help:/);
  });

  it("says which checks slept, and what would wake them", async () => {
    const path = folder({ "api.yaml": API });
    const asleep = await report([path]);
    expect(asleep.slept.find(({ needs }) => needs.includes("flows"))).toBeDefined();
    const { stdout } = await inProcess(["lint", path]);
    expect(stdout).toMatch(/checks? slept/);
    expect(stdout).toMatch(/--flows/);
  });

  it("the policies of --objects, where no path is given", async () => {
    const path = folder({ "all.yaml": `${OBJECTS}---\n${PING}` });
    expect(ids(await report(["--objects", path]))).toContain("icmp-type-zero");
  });
});

describe("which checks look", () => {
  const path = () => folder({ "ping.yaml": PING });

  it("--only and --skip choose", async () => {
    expect(ids(await report([path(), "--only", "icmp-type-zero"]))).toEqual(["icmp-type-zero"]);
    expect(ids(await report([path(), "--skip", "icmp-type-zero"]))).not.toContain("icmp-type-zero");
  });

  it("a check that there is not is refused with the nearest", async () => {
    const run = await inProcess(["lint", path(), "--only", "icmp-typ-zero"]);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/there is no check icmp-typ-zero\n.*did you mean icmp-type-zero/);
  });

  it("--fail-on decides the exit code", async () => {
    const only = [path(), "--only", "icmp-type-zero"];
    expect((await inProcess(["lint", ...only])).status).toBe(0);
    expect((await inProcess(["lint", ...only, "--fail-on", "warn"])).status).toBe(1);
    expect((await inProcess(["lint", ...only, "--fail-on", "never"])).status).toBe(0);
  });
});

describe("ignoring", () => {
  const rule = "    - fromEndpoints: [{matchLabels: {app: probe}}]";
  const ignoring = (comment: string) => PING.replace(rule, `    # ringfence: ignore ${comment}\n${rule}`);

  it("a comment with a reason takes the finding away, and it is counted", async () => {
    const found = await report([folder({ "ping.yaml": ignoring("icmp-type-zero -- replies are meant") })]);
    expect(ids(found)).not.toContain("icmp-type-zero");
    expect(found.ignored.map(({ check, reason }) => [check, reason])).toEqual([
      ["icmp-type-zero", "replies are meant"],
    ]);
  });

  it("a comment without one does not, and is said", async () => {
    const found = await report([folder({ "ping.yaml": ignoring("icmp-type-zero") })]);
    expect(ids(found)).toEqual(expect.arrayContaining(["icmp-type-zero", "ignore-without-reason"]));
  });
});

describe("fixes", () => {
  const inputs = () => {
    const path = folder({ "policies/api.yaml": API, "objects.yaml": OBJECTS, "flows.jsonl": FLOWS });
    const more = ["--objects", join(path, "objects.yaml"), "--flows", join(path, "flows.jsonl")];
    return {
      file: join(path, "policies/api.yaml"),
      words: [join(path, "policies"), ...more, "--only", "port-service"],
    };
  };

  it("--diff prints one patch that mends it and writes nothing", async () => {
    const { file, words } = inputs();
    const { stdout, status } = await inProcess(["lint", ...words, "--diff"]);
    expect(status).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(API);
    expect(applyPatch(API, stdout)).toBe(API.replace('"80"', '"8080"'));
  });

  it("--fix changes that line alone; done twice it changes nothing more", async () => {
    const { file, words } = inputs();
    const first = await inProcess(["lint", ...words, "--fix"]);
    expect(first.stderr).toMatch(/changed .*api\.yaml/);
    expect(first.status).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(API.replace('"80"', '"8080"'));
    expect((await inProcess(["lint", ...words, "--fix"])).stderr).toMatch(/no proven fix/);
  });

  it("what is ignored is not mended", async () => {
    const { file, words } = inputs();
    const text = API.replace("  ingress:", "  # ringfence: ignore port-service -- the chart does it\n  ingress:");
    writeFileSync(file, text);
    await inProcess(["lint", ...words, "--fix"]);
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});

describe("formats", () => {
  const path = folder({ "ping.yaml": PING });
  const print = async (format: string) =>
    (await inProcess(["lint", path, "--only", "icmp-type-zero", "-o", format])).stdout;

  it("json is what its schema says", async () => {
    const validate = new Ajv2020({ strict: false }).compile(lintSchema);
    expect(validate(JSON.parse(await print("json")))).toBe(true);
    expect(validate.errors ?? []).toEqual([]);
  });

  it("sarif has the finding at its line and tells of the check", async () => {
    const { runs } = JSON.parse(await print("sarif"));
    expect(runs[0].results[0].ruleId).toBe("icmp-type-zero");
    expect(runs[0].results[0].locations[0].physicalLocation.region.startLine).toBeGreaterThan(6);
    expect(runs[0].tool.driver.rules[0].shortDescription.text).toMatch(/ICMP type 0/);
  });

  it("github annotates the line", async () => {
    expect(await print("github")).toMatch(
      /^::warning file=.*ping\.yaml,line=\d+,col=\d+,title=ringfence icmp-type-zero::/,
    );
  });

  it("junit fails the file's suite; markdown lists it", async () => {
    expect(await print("junit")).toMatch(/<testsuite name=".*ping\.yaml" tests="1" failures="1"/);
    expect(await print("markdown")).toMatch(
      /## ✓ ringfence lint: 0 errors, 1 warning[\s\S]*- ! `.*ping\.yaml:\d+:\d+`/,
    );
  });

  it("no line of the text is wider than the terminal", async () => {
    const wide = (await print("text")).split("\n").filter((line) => line.length > 80);
    expect(wide).toEqual([]);
  });
});

describe("ringfence.yaml", () => {
  const read = (text: string) => readSettings(text, "ringfence.yaml", "/repo", "/repo/apps");

  it("gives defaults of flags, its paths seen from the working directory", () => {
    const { flags, lint } = read(
      'version: 1\npolicies: [policies/]\ncilium: "1.19"\nfail-on: warn\nlint: {skip: [host-bypass], ignore: [{check: over-broad, reason: a crawler}]}\n',
    );
    expect([...flags]).toEqual([
      ["policies", ["../policies"]],
      ["cilium", ["1.19"]],
      ["fail-on", ["warn"]],
    ]);
    expect(lint.skip).toEqual(["host-bypass"]);
    expect(lint.ignore).toEqual([{ check: "over-broad", object: null, reason: "a crawler" }]);
  });

  it.each([
    ["polices: []", /no setting `polices`/, /did you mean policies/],
    ["lint: {ignore: [{check: over-broad}]}", /needs a reason/, /reason: why/],
    ["cilium: 1.20", /`cilium` is a text/, /in quotes/],
    ["fail-on: fatal", /does not take fatal/, /error, warn/],
    ["policies: one.yaml", /is a list/, /policies: \["one.yaml"\]/],
  ])("%s is refused with what to do", (line, message, help) => {
    const refused = () => read(`version: 1\n${line}\n`);
    expect(refused).toThrow(message);
    try {
      refused();
    } catch (error) {
      expect(error instanceof Error && "help" in error ? error.help : "").toMatch(help);
    }
  });

  it("is described by a JSON Schema that takes what is read", () => {
    const validate = new Ajv2020({ strict: false }).compile(settingsSchema);
    expect(
      validate({ version: 1, policies: ["a"], lint: { skip: ["x"], ignore: [{ check: "x", reason: "y" }] } }),
    ).toBe(true);
    expect(validate({ version: 1, polices: ["a"] })).toBe(false);
  });
});

describe("ringfence checks", () => {
  it("lists every check on lines that fit, and one in full with examples", async () => {
    const { stdout } = await inProcess(["checks"]);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatch(/^port-service +error/m);
    const one = await inProcess(["checks", "port-service"]);
    expect(one.stdout).toMatch(/Avoid\n[\s\S]*port: "80"[\s\S]*Prefer\n[\s\S]*port: "8080"[\s\S]*Needs: /);
  });

  it("names the nearest for one that there is not", async () => {
    const run = await inProcess(["checks", "port-servic"]);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/did you mean port-service/);
  });
});
