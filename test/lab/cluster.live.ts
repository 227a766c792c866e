import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { build } from "esbuild";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LabCluster, type Running } from "./lab-cluster.ts";

let lab: LabCluster;
let kubelet: Running;
let policies: string;

beforeAll(async () => {
  lab = new LabCluster();
  policies = join(lab.directory, "policies.yaml");
  writeFileSync(
    policies,
    `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: blog, namespace: blog}
spec:
  endpointSelector: {}
  ingress: [{}]
`,
  );
  const script = join(lab.directory, "kubelet.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "kubelet.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
  });
  // The API server asks for the node by its name; /etc is the lab's own.
  await lab.inside("sh", "-c", "grep -q worker-1 /etc/hosts || echo 192.0.2.10 worker-1 >>/etc/hosts");
  const [certificate, key] = ["crt", "key"].map((end) => join(lab.state, "pki", `apiserver.${end}`));
  kubelet = lab.startInside(process.execPath, script, certificate ?? "", key ?? "", join(lab.state, "ips.json"));
  await until(() => kubelet.stdout().includes("listening"));
});
afterAll(async () => {
  await kubelet.stop();
  lab.close();
});

/** A stretch of time that is over: what the rings hold of it no longer changes. */
function window(): readonly string[] {
  const at = (secondsAgo: number) => new Date(Date.now() - secondsAgo * 1000).toISOString();
  return ["--since", at(40), "--until", at(20)];
}

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");
const sorted = (text: string) => linesOf(text).sort();
/** Numbers differ from one moment to the next. */
const shape = (text: string) => text.replace(/[\d.,]+/g, "N").replace(/ +/g, " ");

function uuidsOf(text: string): readonly string[] {
  return linesOf(text).flatMap((line) => {
    const uuid: unknown = JSON.parse(line).flow?.uuid;
    return typeof uuid === "string" ? [uuid] : [];
  });
}

describe("beside the hubble CLI", () => {
  it.each([[["status"]], [["list", "nodes"]], [["list", "nodes", "-o", "wide"]], [["list", "namespaces"]]])(
    "%j prints the same",
    async (words) => {
      const own = await lab.ringfence(...words, "--server", lab.relay);
      const theirs = await lab.inside("hubble", ...words, "--server", lab.relay);
      expect(theirs.status).toBe(0);
      expect(shape(own.stdout)).toBe(shape(theirs.stdout));
      expect(own.stderr).toBe("");
    },
  );

  it.each([["json"], ["compact"], ["dict"]])("observe -o %s gives the same flows of two nodes", async (format) => {
    const words = ["observe", ...window(), "-o", format, "--server", lab.relay];
    const own = await lab.ringfence(...words);
    const theirs = await lab.inside("hubble", ...words);
    expect(linesOf(theirs.stdout).length).toBeGreaterThan(50);
    expect(sorted(own.stdout)).toEqual(sorted(theirs.stdout));
  });

  it("observe selects the same", async () => {
    const words = [
      "observe",
      ...window(),
      "-o",
      "json",
      "--server",
      lab.relay,
      "--protocol",
      "tcp",
      "--namespace",
      "webapp",
    ];
    const own = await lab.ringfence(...words);
    const theirs = await lab.inside("hubble", ...words);
    expect(linesOf(theirs.stdout).length).toBeGreaterThan(0);
    expect(sorted(own.stdout)).toEqual(sorted(theirs.stdout));
  });
});

describe("through the Kubernetes API", () => {
  it("a port-forward gives what Relay gives", async () => {
    const words = ["observe", ...window(), "-o", "json"];
    const direct = await lab.ringfence(...words, "--server", lab.relay);
    const forwarded = await lab.ringfence(...words, "-P", "--kubeconfig", lab.kubeconfig);
    expect(forwarded.status).toBe(0);
    expect(linesOf(direct.stdout).length).toBeGreaterThan(50);
    expect(sorted(forwarded.stdout)).toEqual(sorted(direct.stdout));
    const status = await lab.ringfence("status", "-P", "--port-forward-port", "0", "--kubeconfig", lab.kubeconfig);
    expect(status.stdout).toMatch(/^Healthcheck \(via 127\.0\.0\.1:\d+\): Ok\n.*Connected Nodes: 2\/3\n/s);
  });

  it("a capture holds the cluster's objects and what the rings hold", async () => {
    const out = join(lab.directory, "capture");
    const run = await lab.ringfence("capture", out, "--kubeconfig", lab.kubeconfig, "--flows", "relay://");
    expect(run.status).toBe(0);
    expect(run.stderr).toMatch(/1 of 3 nodes are not heard: lab\/cp-1 unavailable/);
    const flows = gunzipSync(readFileSync(join(out, "flows.jsonl.gz"))).toString();
    const uuids = uuidsOf(flows);
    expect(uuids.length).toBeGreaterThan(500);
    expect(new Set(uuids).size).toBe(uuids.length);
    const { items }: { items: readonly { kind: string }[] } = parse(readFileSync(join(out, "objects.yaml"), "utf8"));
    for (const kind of ["Pod", "Service", "CiliumEndpoint", "CiliumNode", "Namespace"]) {
      const listed = await lab.inside("kubectl", "get", kind.toLowerCase(), "-A", "--no-headers");
      const count = items.filter((item) => item.kind === kind).length;
      expect(`${kind} ${count}`).toBe(`${kind} ${linesOf(listed.stdout).length}`);
    }
  });

  it("a proposal is rehearsed on the live cluster", async () => {
    const inputs = ["--kubeconfig", lab.kubeconfig, "--flows", "relay://", "--policies", policies];
    const run = await lab.ringfence("rehearse", "-o", "json", "--fail-on", "never", ...inputs);
    expect(run.status).toBe(0);
    const { coverage } = JSON.parse(run.stdout);
    expect(coverage.windowSeconds).toBeGreaterThan(20);
    const findings: readonly { readonly id: string; readonly message: string }[] = coverage.findings;
    expect(findings.find(({ id }) => id === "nodes-not-heard")?.message).toBe(
      "relay://: 1 of 3 nodes are not heard: lab/cp-1 unavailable",
    );
  });
});

describe("while the agents are restarted", () => {
  it("what follows goes on: the gap is marked, nothing comes twice", async () => {
    const store = join(lab.directory, "store");
    mkdirSync(store);
    const record = ["record", "--server", lab.relay, "--to", store, "--flush-interval", "2"];
    const recording = lab.startRingfence(...record);
    const relayed = lab.startRingfence("observe", "-f", "-o", "json", "--server", lab.relay);
    const followed = lab.startRingfence("observe", "-f", "-o", "json", "--server", lab.agent);
    await until(() => [relayed, followed].every(({ stdout }) => linesOf(stdout()).length > 30));
    const began = Date.now();
    await lab.restartAgents();
    const ended = Date.now();
    for (const { stdout } of [relayed, followed]) await until(() => latest(stdout()) > ended + 3000);
    const [kept, all, own] = [await recording.stop(), await relayed.stop(), await followed.stop()];

    for (const run of [all, own]) {
      const uuids = uuidsOf(run.stdout);
      expect(new Set(uuids).size).toBe(uuids.length);
    }
    // The ring went with the agent: what came while it was down, nobody holds.
    expect(own.stderr).toMatch(/the connection to unix:.* broke after .*connecting again/);
    expect(own.stderr).toMatch(/flows are missing after/);

    expect(kept.stderr).toMatch(/ringfence record: [\d,]+ flows, .* in \d+ segments/);
    const read = await lab.ringfenceOutside("observe", "--flows", `store://${store}`, "-o", "json");
    const recorded = uuidsOf(read.stdout);
    expect(recorded.length).toBeGreaterThan(100);
    expect(new Set(recorded).size).toBe(recorded.length);
    const words = [
      "rehearse",
      "-o",
      "json",
      "--fail-on",
      "never",
      "--flows",
      `store://${store}`,
      "--policies",
      policies,
    ];
    const { coverage } = JSON.parse((await lab.ringfenceOutside(...words)).stdout);
    const gaps: readonly { readonly node: string; readonly from: string; readonly to: string }[] = coverage.gaps;
    for (const node of ["worker-1", "worker-2"]) {
      const own = gaps.filter(
        (gap) => gap.node.endsWith(node) && Date.parse(gap.to) > began && Date.parse(gap.from) < ended,
      );
      expect(own.length, `a gap of ${node}`).toBeGreaterThan(0);
      // They came back, and were heard again.
      expect(Math.max(...own.map((gap) => Date.parse(gap.to)))).toBeLessThan(ended + 3000);
    }
  });
});

/** When the last flow that was printed came. */
function latest(text: string): number {
  const lines = linesOf(text.slice(-20_000)).slice(1);
  return Date.parse(String(JSON.parse(lines.at(-2) ?? "{}").time ?? ""));
}

/** Waits for a condition, not for a time. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1800; tries++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("it did not come to be");
}
