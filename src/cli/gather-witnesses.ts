import type { Finding } from "#model/finding.ts";
import type { Inventory } from "#model/objects.ts";
import type { Traffic } from "#model/snapshot.ts";
import { count } from "#report/words.ts";
import { readMetricHistory } from "#sources/prometheus.ts";
import { readTetragon } from "#sources/tetragon.ts";
import { edgesNotRecorded } from "#traffic/metric-edges.ts";
import { joinProcesses } from "#traffic/processes.ts";

/** Other witnesses than flows: Tetragon exports, and Hubble's metrics in Prometheus. */
export type Witnesses = { readonly processes?: readonly string[]; readonly metrics?: readonly string[] };

const NAMED_EDGES = 20;

/** Names the programs behind conversations, and says what metrics counted and no recorded flow shows. */
export async function joinWitnesses(traffic: Traffic, witnesses: Witnesses, inventory: Inventory): Promise<Traffic> {
  const { connects, findings } = await readTetragon(witnesses.processes ?? []);
  const conversations = joinProcesses(traffic.conversations, connects, inventory);
  const told: Finding[] = [...findings];
  for (const where of witnesses.metrics ?? []) told.push(...(await metricFindings(where, traffic)));
  if (connects.length === 0 && told.length === 0) return traffic;
  const { coverage } = traffic;
  return { ...traffic, conversations, coverage: { ...coverage, findings: [...coverage.findings, ...told] } };
}

async function metricFindings(where: string, traffic: Traffic): Promise<readonly Finding[]> {
  const { edges, unnamed } = await readMetricHistory(where);
  if (edges.length === 0) return [noContexts(where, unnamed)];
  const missing = edgesNotRecorded(edges, traffic.conversations).toSorted((a, b) => b.count - a.count);
  const listed = missing.slice(0, NAMED_EDGES).map(({ source, destination, verdict, count: times }) => ({
    id: "seen-in-metrics",
    severity: "warn" as const,
    message: `metrics counted ${source} -> ${destination} ${count(Math.round(times))} times${verdict === "" ? "" : ` (${verdict})`}; the recording does not hold it`,
    help: "it is not rehearsed: record until it happens again, or write its rule by hand",
  }));
  const rest = missing.length - listed.length;
  return rest === 0
    ? listed
    : [...listed, { ...REST, message: `${count(rest)} more pairs stand in metrics alone`, count: rest }];
}

const REST = { id: "seen-in-metrics", severity: "warn" as const, help: "they are not rehearsed: record for longer" };

function noContexts(where: string, unnamed: number): Finding {
  return {
    id: "metrics-without-ends",
    severity: "warn",
    message: `${where}: ${unnamed === 0 ? "no series of hubble_policy_verdicts_total or hubble_flows_processed_total" : "the series name no source and destination"}`,
    help: "hubble.metrics needs policy:sourceContext=workload-name|reserved-identity;destinationContext=workload-name|reserved-identity",
  };
}
