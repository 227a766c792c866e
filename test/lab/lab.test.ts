import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EndReport, Hole, Rehearsal, UndecidedEdge } from "../../src/model/rehearsal.ts";
import { inProcess } from "../cli/in-process.ts";

/**
 * A real Cilium 1.20.2 with real traffic, through four phases: no policies, audited, enforced, mended. What the later
 * phases did is the truth that a rehearsal of the first must foretell (test/fixtures/lab, our own recording).
 */
type Row = {
  readonly direction: "EGRESS" | "INGRESS";
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly protocol: string;
  readonly baseline: string;
} & Readonly<Record<"audit" | "enforced" | "fixed", string>> &
  Readonly<Partial<Record<"audit_settled" | "enforced_settled" | "fixed_settled", string>>>;

type Phase = "audit" | "enforced" | "fixed";
type Lab = {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly baseline: readonly string[];
  readonly phase: (phase: Phase) => readonly string[];
  readonly policies: string;
  readonly fixed: string;
};

const fixtures = join(import.meta.dirname, "../fixtures/lab");
const homelab = join(import.meta.dirname, "../../examples/homelab");
const shared = join(import.meta.dirname, "../../../shared/real");

const oneWorker: Lab = {
  title: "one worker",
  rows: rowsOf(join(fixtures, "expected.json")),
  baseline: ["--objects", join(homelab, "objects"), "--flows", join(homelab, "flows.jsonl.gz")],
  phase: (phase) => [
    ...["--objects", join(fixtures, phase, "objects.json.gz")],
    ...["--flows", join(fixtures, phase, "flows.jsonl.gz"), join(fixtures, phase, "agent-events.jsonl")],
  ],
  policies: join(fixtures, "policies.yaml"),
  fixed: join(fixtures, "policies-fixed.yaml"),
};

const twoWorkers: Lab = {
  title: "two workers through Relay",
  rows: existsSync(shared) ? rowsOf(join(shared, "lab2/expected.json")) : [],
  baseline: [
    "--objects",
    join(shared, "lab2/baseline/objects"),
    "--flows",
    join(shared, "lab2/baseline/flows.jsonl.gz"),
  ],
  phase: (phase) => [
    ...["--objects", join(shared, "lab2", phase, "objects")],
    ...["--flows", join(shared, "lab2", phase, "flows.jsonl.gz")],
  ],
  policies: join(shared, "lab2/policies/policies.yaml"),
  fixed: join(shared, "lab2/policies-fixed/policies.yaml"),
};

function rowsOf(file: string): readonly Row[] {
  const read: unknown = JSON.parse(readFileSync(file, "utf8"));
  return (Array.isArray(read) ? read : Object.values(read as object).find(Array.isArray)) as readonly Row[];
}

/** An end as the lab's table writes it, without the address of reserved ends. */
function nameOf(end: EndReport): string {
  switch (end.kind) {
    case "pod":
      return `${end.namespace}/${end.workload?.name ?? end.pods[0]}`;
    case "reserved":
      return `reserved:${end.labels
        .map((label) => label.replace("reserved:", ""))
        .sort()
        .join("+")}`;
    case "address":
      return `reserved:world ${end.address}`;
    case "unknown":
      return `unknown ${end.address}`;
  }
}

const rowName = (name: string) => (name.startsWith("reserved:world") ? name : name.replace(/ [0-9a-f.:]+$/, ""));
const rowKey = (row: Row) =>
  [row.direction.toLowerCase(), rowName(row.source), rowName(row.destination), row.port, row.protocol].join(" ");
const edgeKey = (edge: Hole | UndecidedEdge) =>
  [edge.side, nameOf(edge.from), nameOf(edge.to), edge.port ?? edge.icmpType ?? 0, edge.protocol].join(" ");

const settled = (row: Row, phase: Phase) => row[`${phase}_settled`] ?? row[phase];
const isRefused = (row: Row) => row.audit.includes("AUDIT") && settled(row, "enforced").includes("DROPPED");

async function rehearse(args: readonly string[]): Promise<Rehearsal> {
  const run = await inProcess(["rehearse", ...args, "--fail-on", "never", "-o", "json"]);
  expect(run.stderr).not.toMatch(/^ringfence: /m);
  return JSON.parse(run.stdout) as Rehearsal;
}

for (const lab of [oneWorker, twoWorkers]) {
  if (lab.rows.length === 0) {
    console.warn(`skipped: ${lab.title}: its recording lies outside the project and is not here`);
    continue;
  }
  const rehearsal = await rehearse([...lab.baseline, "--policies", lab.policies]);
  describe(`the lab, ${lab.title}`, () => {
    const holes = new Set(rehearsal.holes.map(edgeKey));
    const open = new Set(rehearsal.undecided.map(edgeKey));
    const seen = lab.rows.filter((row) => row.baseline === "seen");

    it("foretells from the baseline alone every conversation that enforcement cut", () => {
      const missed = seen.filter((row) => isRefused(row) && !holes.has(rowKey(row)));
      expect(missed.map(rowKey)).toEqual([]);
      expect(seen.filter(isRefused).length).toBeGreaterThan(15);
    });

    it("calls nothing a hole that enforcement let pass", () => {
      const wolves = seen.filter(
        (row) => ["FORWARDED", "REDIRECTED"].includes(settled(row, "enforced")) && holes.has(rowKey(row)),
      );
      expect(wolves.map(rowKey)).toEqual([]);
    });

    it("leaves open only what a name outside the baseline would decide", () => {
      expect([...open].filter((key) => !key.includes("reserved:world"))).toEqual([]);
      expect(rehearsal.undecided.map((edge) => edge.missing)).toEqual(
        rehearsal.undecided.map(() => "no DNS answer seen"),
      );
    });

    it("says that no verdict was recorded before there was a policy", () => {
      expect(rehearsal.calibration.verdicts).toBe(0);
      expect(rehearsal.calibration.sentence).toContain("no verdicts were recorded");
    });

    it("names the connection that was opened once and never closed: audit mode is silent of it, the flip cuts it", () => {
      const open = rehearsal.holes.filter((hole) => hole.openBefore || hole.openAtEnd).map(edgeKey);
      expect(open).toContain("ingress default/netshoot webapp/postgres 5432 TCP");
    });

    for (const phase of ["audit", "enforced"] as const) {
      it(`reproduces every verdict that the ${phase} phase recorded`, async () => {
        const { calibration } = await rehearse([...lab.phase(phase), "--policies", lab.policies]);
        expect(calibration.differences).toEqual([]);
        expect(calibration.reproduced).toBe(calibration.verdicts);
        expect(calibration.verdicts).toBeGreaterThan(1000);
        expect(calibration.notComparable).toBeLessThan(calibration.verdicts / 20);
      });
    }

    it("reproduces the mended phase where its policies are known", async () => {
      const { calibration } = await rehearse([...lab.phase("fixed"), "--policies", lab.fixed]);
      expect(calibration.differences).toEqual([]);
      expect(calibration.verdicts).toBeGreaterThan(1000);
    });

    it("finds the mended policies to cut only what nobody wants", async () => {
      const mended = await rehearse([...lab.baseline, "--policies", lab.fixed]);
      const cut = new Set(mended.holes.map(edgeKey));
      const wrong = seen.filter((row) => {
        const truth = settled(row, "fixed");
        if (truth === "DROPPED") return !cut.has(rowKey(row));
        return ["FORWARDED", "REDIRECTED"].includes(truth) && cut.has(rowKey(row));
      });
      expect(wrong.map(rowKey)).toEqual([]);
    });
  });
}
