import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readCiliumConfigFile } from "#decode/config/cilium-config-file.ts";
import { readNames } from "#decode/names/names.ts";
import { manifestsOf, readInventory } from "#decode/objects/objects.ts";
import { readPolicyTests } from "#decode/policy-test/policy-test.ts";
import { schemaJudge } from "#decode/schema/schema.ts";
import type { PolicyObject } from "#model/policy.ts";
import { CILIUM_MINORS } from "#model/profile.ts";
import { loadManifests } from "./manifests.ts";

/** Recordings, tests and public policy sets lie beside the checkout; most may not enter the project. */
const SHARED = new URL("../../../shared", import.meta.url).pathname;
const absent = !existsSync(SHARED);
if (absent) console.warn(`${SHARED} is absent: real manifests are not read`);

describe.skipIf(absent)("objects of the lab, as kubectl wrote them", () => {
  it.each(
    ["lab", "lab2"].flatMap((lab) => ["baseline", "audit", "enforced", "fixed"].map((phase) => [lab, phase] as const)),
  )("%s %s", async (lab, phase) => {
    const { manifests, findings } = await loadManifests([`${SHARED}/real/${lab}/${phase}/objects`], {
      wanted: "objects",
    });
    const read = readInventory(manifests);
    expect([...findings, ...read.findings]).toEqual([]);
    expect(read.inventory.pods.length).toBeGreaterThan(15);
    expect(read.inventory.ciliumEndpoints.every(({ identity, labels }) => identity > 255 && labels.length > 2)).toBe(
      true,
    );
    expect(read.ciliumConfig).toMatchObject({ minor: null, config: { clusterName: "lab", socketLoadBalancing: true } });
    expect(read.policies.length > 0).toBe(phase !== "baseline");
    const config = readFileSync(`${SHARED}/real/${lab}/${phase}/objects/cilium-config.json`, "utf8");
    expect(readCiliumConfigFile(config, "c").config.policyAuditMode).toBe(phase === "audit");
  });

  it("and its agent's DNS cache", () => {
    const cache = readFileSync(`${SHARED}/real/lab/fixed/agent/fqdn-cache.json`, "utf8");
    const { names, findings } = readNames(cache, "fqdn-cache.json");
    expect(findings).toEqual([]);
    expect(names.length).toBeGreaterThan(5);
  });
});

describe.skipIf(absent)("tests recorded from Cilium's own engine", () => {
  it("are all read, without a finding", () => {
    let connections = 0;
    const odd: string[] = [];
    for (const file of readdirSync(`${SHARED}/conformance`).filter((name) => /^topic-.*\.jsonl$/.test(name))) {
      const { tests, findings } = readPolicyTests(readFileSync(`${SHARED}/conformance/${file}`, "utf8"), file);
      odd.push(...findings.map(({ message }) => message));
      for (const test of tests) {
        connections += test.connections.length;
        const read = readInventory(manifestsOf(test.objects, null), { anyVersion: true });
        odd.push(...read.findings.filter(({ id }) => id !== "unnamed-object").map(({ message }) => message));
      }
    }
    expect(odd).toEqual([]);
    expect(connections).toBeGreaterThan(10_000);
  });
});

/** Policies of the public sets that the API server really drops fields of or refuses, by minor. Each was looked at. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "1.18": ["allow-extended-egress-worker-node"],
  "1.19": ["allow-extended-egress-worker-node", "requires-rule"],
  "1.20": ["requires-rule", "cnp-ingress-cassandra-server-access-least-privilege"],
};

describe.skipIf(absent)("public policy sets", async () => {
  const policies: PolicyObject[] = [];
  const folder = `${SHARED}/real/policies`;
  // Patches (partial/) hold parts of objects.
  const files = absent ? [] : readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const name of files.filter((one) => one.endsWith(".yaml") && !one.startsWith("partial/"))) {
    policies.push(...readInventory((await loadManifests([`${folder}/${name}`])).manifests).policies);
  }

  it.each(CILIUM_MINORS)("have no false finding by the CRDs of %s", async (minor) => {
    const judge = await schemaJudge(minor);
    const found = new Set(
      policies.filter((policy) => judge.policy(policy).findings.length > 0).map(({ name }) => name),
    );
    expect(policies.length).toBeGreaterThan(500);
    expect([...found].toSorted()).toEqual([...(REFUSED[minor] ?? [])].toSorted());
  });
});
