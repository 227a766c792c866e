import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { afterAll, describe, expect, it } from "vitest";
import type { Run } from "../ringfence.ts";
import { inProcess } from "../cli/in-process.ts";

const directory = mkdtempSync(join(tmpdir(), "ringfence-merge-"));
afterAll(() => rmSync(directory, { recursive: true }));
let count = 0;
function newFolder(): string {
  const path = join(directory, String(++count));
  mkdirSync(path);
  return path;
}

const end = (app: string) =>
  `{"identity":1000,"namespace":"shop","labels":["k8s:app=${app}","k8s:io.kubernetes.pod.namespace=shop","k8s:io.cilium.k8s.policy.cluster=default"],"pod_name":"${app}-1"}`;

/** A connection that was opened, seen at both ends. */
function flow(from: string, to: string, port: number, second: number): string {
  const time = `2026-09-14T10:00:${String(second).padStart(2, "0")}Z`;
  return ["EGRESS", "INGRESS"]
    .map(
      (direction, index) =>
        `{"flow":{"time":"${time}","uuid":"00000000-0000-4000-8000-${String(second * 10 + index).padStart(12, "0")}","verdict":"FORWARDED","IP":{"source":"10.0.0.1","destination":"10.0.0.2","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":${40000 + second},"destination_port":${port},"flags":{"SYN":true}}},"source":${end(from)},"destination":${end(to)},"Type":"L3_L4","node_name":"node-1","event_type":{"type":4,"sub_type":${index === 0 ? 3 : 0}},"traffic_direction":"${direction}","is_reply":false},"node_name":"node-1","time":"${time}"}\n`,
    )
    .join("");
}

const pod = (app: string, port: number) => `apiVersion: v1
kind: Pod
metadata: {name: ${app}-1, namespace: shop, labels: {app: ${app}}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: ${app}, controller: true, uid: a}]}
spec: {containers: [{name: main, ports: [{containerPort: ${port}}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: ${app}, namespace: shop}
spec: {clusterIP: 10.96.0.${port % 200}, selector: {app: ${app}}, ports: [{port: ${port}}]}
---
`;

const inputs = newFolder();
writeFileSync(join(inputs, "objects.yaml"), [pod("web", 8080), pod("api", 9090), pod("db", 5432)].join(""));
writeFileSync(
  join(inputs, "flows.jsonl"),
  [
    flow("web", "api", 9090, 1),
    flow("web", "api", 9090, 2),
    flow("api", "db", 5432, 3),
    flow("api", "db", 5432, 4),
  ].join(""),
);
const FROM = [
  "--flows",
  join(inputs, "flows.jsonl"),
  "--objects",
  join(inputs, "objects.yaml"),
  "--include",
  "all",
  "--fail-on",
  "never",
  "-q",
];

const merge = (path: string, ...more: readonly string[]): Promise<Run> =>
  inProcess(["generate", ...FROM, "--into", path, ...more]);

/** Somebody's own: comments, quoting, an anchor, a rule that nothing was seen of. */
const HUMAN = `# the shop's API, owned by team blue
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: shop-api, namespace: shop}   # keep the name
spec:
  endpointSelector:
    matchLabels: {"k8s:app": 'api'}
  ingress:
    # the batch comes once a year
    - fromEndpoints: [{matchLabels: {app: batch}}]
      toPorts: &api
        - ports: [{port: "9090", protocol: TCP}]
`;

describe("merging into policies that are there", () => {
  it("adds what is missing to the policy of the same subject and leaves every line as it is", async () => {
    const path = newFolder();
    writeFileSync(join(path, "api.yaml"), HUMAN);
    const run = await merge(path, "--write");
    expect(run.status).toBe(0);
    const text = readFileSync(join(path, "api.yaml"), "utf8");
    expect(text.startsWith(HUMAN)).toBe(true);
    const { spec } = parse(text);
    expect(spec.ingress).toHaveLength(2);
    expect(spec.ingress[1].fromEndpoints).toEqual([{ matchLabels: { app: "web" } }]);
    expect(spec.egress[0].toEndpoints).toEqual([{ matchLabels: { app: "db" } }]);
    expect(run.stderr).toMatch(/proven: the engine allows all/);
  });

  it("shows the difference and writes nothing without --write", async () => {
    const path = newFolder();
    writeFileSync(join(path, "api.yaml"), HUMAN);
    const { stdout, stderr } = await merge(path);
    expect(readFileSync(join(path, "api.yaml"), "utf8")).toBe(HUMAN);
    expect(readdirSync(path)).toEqual(["api.yaml"]);
    expect(stdout).toMatch(/^\+ {4}- fromEndpoints:$/m);
    expect(stdout).not.toMatch(/^-[^-]/m);
    expect(stderr).toMatch(/would change \d files \(--write\)/);
  });

  it.each(["files", "kustomize"])("a second run changes nothing: %s", async (target) => {
    const path = newFolder();
    writeFileSync(join(path, "api.yaml"), HUMAN);
    if (target === "kustomize") writeFileSync(join(path, "kustomization.yaml"), "resources: # ours\n- api.yaml\n");
    await merge(path, "--target", target, "--write");
    const again = await merge(path, "--target", target);
    expect(again.stdout).toBe("");
    expect(again.stderr).toMatch(/nothing to merge/);
  });

  it("what a human rule allows already is not written again", async () => {
    const path = newFolder();
    const wide = HUMAN.replace("{app: batch}", "{}");
    writeFileSync(join(path, "api.yaml"), wide);
    await merge(path, "--write");
    const { spec } = parse(readFileSync(join(path, "api.yaml"), "utf8"));
    expect(spec.ingress).toHaveLength(1);
    expect(spec.egress).toHaveLength(1);
  });

  it("lists new files in the kustomization, and keeps its comments", async () => {
    const path = newFolder();
    writeFileSync(join(path, "kustomization.yaml"), "resources: # ours\n- other.yaml\n");
    await merge(path, "--write");
    const text = readFileSync(join(path, "kustomization.yaml"), "utf8");
    expect(text.startsWith("resources: # ours\n- other.yaml\n")).toBe(true);
    const { resources } = parse(text);
    for (const name of resources.slice(1)) expect(() => readFileSync(join(path, name))).not.toThrow();
    expect(resources.length).toBeGreaterThan(2);
  });

  it("puts objects into the list of a Helm values file, and finds them there again", async () => {
    const file = join(newFolder(), "values.yaml");
    writeFileSync(file, "# values\nimage: {tag: '1.0'}\nextraObjects: []\n");
    await merge(file, "--target", "helm-values", "--write");
    const text = readFileSync(file, "utf8");
    expect(text.startsWith("# values\nimage: {tag: '1.0'}\n")).toBe(true);
    expect(parse(text).extraObjects.map(({ kind }: { kind: string }) => kind)).toContain("CiliumNetworkPolicy");
    const again = await merge(file, "--target", "helm-values");
    expect(again.stdout).toBe("");
  });

  it("one file takes every policy as a document", async () => {
    const file = join(newFolder(), "all.yaml");
    writeFileSync(file, HUMAN);
    await merge(file, "--write");
    expect(readFileSync(file, "utf8").split(/^---$/m).length).toBeGreaterThan(2);
    expect((await merge(file)).stdout).toBe("");
  });

  it("what cannot be changed in place is refused with where, and nothing is written", async () => {
    const path = newFolder();
    const anchored = HUMAN.replace("  ingress:\n", "  egress: &none []\n  egressDeny: *none\n  ingress:\n");
    writeFileSync(join(path, "api.yaml"), anchored);
    const run = await merge(path, "--write");
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/api\.yaml.*cannot be changed in place at spec\.egress\nhelp: /);
    expect(readFileSync(join(path, "api.yaml"), "utf8")).toBe(anchored);
  });

  it("a values file whose key is no list is refused", async () => {
    const file = join(newFolder(), "values.yaml");
    writeFileSync(file, "extraObjects: yes please\n");
    const run = await merge(file, "--target", "helm-values");
    expect([run.status, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toMatch(/`extraObjects` is no list\nhelp: .*--values-key/);
  });
});
