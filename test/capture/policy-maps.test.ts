import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gather } from "#cli/gather.ts";
import { createEngine } from "#engine/engine.ts";
import { policyMapFindings } from "#cli/gather-policy-maps.ts";
import { NO_PROGRESS } from "#cli/progress.ts";

const LAB = join(import.meta.dirname, "../../../shared/real/lab");
if (!existsSync(LAB)) console.warn("no ../shared/real/lab: rules are not held against a real agent's policy maps");

/** Rules of the first draft that the lab's traffic never needed. */
const UNUSED = [
  "CiliumNetworkPolicy/argocd/argocd-policy egress[0]",
  "CiliumNetworkPolicy/dashboard/dashboard-policy egress[1]",
];

function request(phase: string) {
  const objects = [join(LAB, phase, "objects")];
  return { flows: [], objects, policies: [], names: [], cilium: "1.20", ciliumConfig: null };
}

const unused = async (phase: string) => {
  const { snapshot } = await gather(request(phase), NO_PROGRESS, { flows: false, policies: false });
  const found = await policyMapFindings([join(LAB, phase, "agent/bpf-policy.json")], snapshot);
  return { snapshot, lines: found.map(({ message }) => message.replace(/: no packet.*/, "")) };
};

describe.skipIf(!existsSync(LAB))("policy maps of a real agent", () => {
  it.each(["enforced", "fixed"])("call no rule unused by which a recorded verdict was reached (%s)", async (phase) => {
    const { lines } = await unused(phase);
    const { snapshot } = await gather({ ...request(phase), flows: [join(LAB, phase, "flows.jsonl.gz")] }, NO_PROGRESS, {
      flows: true,
      policies: false,
    });
    const { cilium, config, inventory, policies } = snapshot;
    const engine = createEngine({ minor: cilium.value, config: config.value, inventory, policies });
    const contradicted: string[] = [];
    let judged = 0;
    for (const conversation of snapshot.traffic.conversations) {
      for (const side of ["egress", "ingress"] as const) {
        if (!conversation.verdicts.some((one) => one.side === side && one.verdict === "FORWARDED")) continue;
        const names = { learned: conversation.destinationNames, complete: true };
        const { candidates } = engine.walk({ ...conversation, request: null, names }, side);
        const matching = candidates.filter((one) => one.peerMatches && one.portMatches);
        const keys = matching.map(({ rule }) => `${rule.policy} ${rule.element}`);
        if (keys.length === 0) continue;
        judged++;
        if (keys.every((key) => lines.includes(key))) contradicted.push(...keys);
      }
    }
    expect(judged).toBeGreaterThan(10);
    expect(contradicted).toEqual([]);
    expect(lines).toEqual(phase === "fixed" ? [] : UNUSED);
  });

  it("say nothing where the agent does not count", async () => {
    const { snapshot } = await unused("enforced");
    const file = join(mkdtempSync(join(tmpdir(), "ringfence-maps-")), "maps.json");
    const text = readFileSync(join(LAB, "enforced/agent/bpf-policy.json"), "utf8");
    writeFileSync(file, text.replace(/"Packets": ?\d+/g, '"Packets": 18446744073709551615'));
    expect(await policyMapFindings([file], snapshot)).toEqual([]);
  });
});
