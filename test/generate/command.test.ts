import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import generatedSchema from "#report/schema/generated.schema.json" with { type: "json" };
import { inProcess } from "../cli/in-process.ts";

/** The command over our own recordings: the bundled homelab (no policies yet) and the lab after they were mended. */
const homelab = join(import.meta.dirname, "../../examples/homelab");
const lab = join(import.meta.dirname, "../fixtures/lab");
const inputs = ["--flows", join(homelab, "flows.jsonl.gz"), "--objects", join(homelab, "objects"), "--quiet"];
const mended = [
  "--flows",
  join(lab, "fixed/flows.jsonl.gz"),
  "--objects",
  join(lab, "fixed/objects.json.gz"),
  "--quiet",
];
const directory = mkdtempSync(join(tmpdir(), "ringfence-generate-"));
afterAll(() => rmSync(directory, { recursive: true }));

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

describe("ringfence generate", () => {
  it("prints the same bytes twice, and a proof beside them", async () => {
    const first = await inProcess(["generate", ...inputs]);
    const second = await inProcess(["generate", ...inputs]);
    expect(first.status).toBe(0);
    expect(first.stdout).toBe(second.stdout);
    expect(first.stderr).toContain("proven: the engine allows all 76 of them under the result");
    expect(first.stderr).toContain("the recording is 4 min long, too short to generate from");
    expect(first.stderr).toContain("help: record for 24 h or more");
    expect(first.stderr).toContain("unspoken: default/netshoot → webapp/postgres TCP 5432");
    expect(first.stdout).not.toMatch(/netshoot|pod-template-hash|job-name|helm\.sh/);
  });

  it("leaves nothing to a rehearsal of its result but what it listed as unwanted", async () => {
    const to = join(directory, "rehearsed");
    await inProcess(["generate", ...inputs, "--to", to]);
    const { stdout } = await inProcess(["rehearse", ...inputs, "--policies", to, "-o", "json", "--fail-on", "never"]);
    const { holes, undecided } = JSON.parse(stdout) as {
      holes: { from: { namespace?: string } }[];
      undecided: unknown[];
    };
    expect(holes.map((hole) => hole.from.namespace)).toEqual(["default", "default", "default"]);
    expect(undecided).toEqual([]);
  });

  it("writes a file a policy, tests that pass, and evidence beside", async () => {
    const to = join(directory, "policies");
    const tests = join(directory, "tests");
    const run = await inProcess(["generate", ...mended, "--to", to, "--tests", tests, "--evidence", "beside"]);
    expect(run.status).toBe(0);
    const files = filesUnder(to).map((file) => file.slice(to.length + 1));
    expect(files).toContain("webapp/postgres.yaml");
    expect(files).toContain("webapp/infrastructure.yaml");
    expect(files).toContain("evidence.json");
    expect(readFileSync(join(to, "webapp/postgres.yaml"), "utf8")).not.toContain("#");
    expect(JSON.parse(readFileSync(join(to, "evidence.json"), "utf8"))[0]).toMatchObject({
      policy: { kind: "CiliumNetworkPolicy" },
    });
    const passed = await inProcess(["test", tests]);
    expect(passed.status).toBe(0);
  });

  it("names what the workloads looked up, with the resolver's DNS rule", async () => {
    const { stdout } = await inProcess(["generate", ...mended, "--namespace", "webapp"]);
    expect(stdout).toContain("matchName: api.stripe.example");
    expect(stdout).toMatch(/dns:\n +- matchPattern: "\*"/);
    expect(stdout).not.toContain("namespace: argocd\nspec");
  });

  it.each(["cnp", "ccnp", "knp"])("speaks %s, and says what it cannot say", async (kind) => {
    const run = await inProcess(["generate", ...mended, "--kind", kind, "-o", "json"]);
    const document = JSON.parse(run.stdout);
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(generatedSchema);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    const { proof, unhandled, policies, sound } = document;
    expect(sound).toBe(true);
    expect(run.status).toBe(0);
    expect(proof.denied).toEqual([]);
    expect(proof.rejected).toEqual([]);
    expect(new Set(policies.map((one: { object: string }) => one.object.split("/")[0])).size).toBe(1);
    for (const one of policies) expect(parse(one.yaml)).toEqual(one.manifest);
    const words = unhandled.map((one: { reason: string }) => one.reason).join("\n");
    if (kind === "knp") expect(words).toContain("a NetworkPolicy has no words for kube-apiserver");
    else expect(words).toBe("");
  });

  it("writes a baseline that leaves the cluster's own alone", async () => {
    const { stdout, stderr } = await inProcess(["generate", ...inputs, "--baseline", "-o", "json"]);
    const { policies, proof } = JSON.parse(stdout);
    const baseline = policies.find(
      (one: { object: string }) => one.object === "CiliumClusterwideNetworkPolicy/default-deny",
    ).manifest;
    expect(proof).toMatchObject({ conversations: 76, allowed: 76, rejected: [] });
    expect(baseline.specs[0].endpointSelector.matchExpressions).toEqual([
      { key: "k8s:io.kubernetes.pod.namespace", operator: "Exists" },
      { key: "k8s:io.kubernetes.pod.namespace", operator: "NotIn", values: ["kube-system", "traefik"] },
    ]);
    expect(baseline.specs[1].enableDefaultDeny).toEqual({ ingress: false, egress: false });
    expect(stderr).toContain("proven");
  });

  it("makes names visible before any policy, and closes nothing", async () => {
    const run = await inProcess(["generate", ...inputs, "--visibility"]);
    expect(run.status).toBe(0);
    expect(run.stdout).toContain("enableDefaultDeny:\n    ingress: false\n    egress: false");
    expect(run.stdout).toMatch(/dns:\n +- matchPattern: "\*"/);
    expect(run.stderr).toContain("proven: the engine allows all");
  });

  it("answers 2 to a recording that is not there, 1 where nothing was recorded", async () => {
    expect((await inProcess(["generate", "--flows", join(directory, "none.jsonl")])).status).toBe(2);
    expect((await inProcess(["generate"])).status).toBe(2);
    const empty = join(directory, "empty.jsonl");
    writeFileSync(empty, "");
    const run = await inProcess(["generate", "--flows", empty, "--quiet"]);
    expect(run.stderr).toContain("there is nothing to generate from");
    expect(run.status).toBe(1);
    expect(existsSync(join(directory, "rehearsed"))).toBe(true);
  });
});
