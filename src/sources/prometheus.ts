import { type MetricEdge, readPrometheus } from "#decode/prometheus.ts";
import { UserError } from "#model/finding.ts";
import type { Json } from "#model/json.ts";
import { readManifestText } from "./manifest-text.ts";

const TIMEOUT_MS = 60_000;
const MAX_BYTES = 256 << 20;
/** What both metrics counted in thirty days, by whatever labels tell the ends. */
const QUERY = "increase(hubble_policy_verdicts_total[30d]) or increase(hubble_flows_processed_total[30d])";

export type MetricHistory = { readonly edges: readonly MetricEdge[]; readonly unnamed: number };

/**
 * Reads Hubble's metrics from a Prometheus server (`http://host:9090`, its HTTP API, one GET) or from a saved response.
 * Throws UserError when the server does not answer or it is no response.
 */
export async function readMetricHistory(where: string): Promise<MetricHistory> {
  const text = /^https?:\/\//.test(where) ? await fetchText(where) : await readManifestText(where);
  const read = readPrometheus(parsed(text));
  if (read !== null) return read;
  throw new UserError("no-metrics", `${where}: ${errorIn(text) ?? "no answer to a query"}`, {
    help: "give the server's address, as in http://localhost:9090, or what /api/v1/query answered, saved",
  });
}

async function fetchText(where: string): Promise<string> {
  const url = `${where.replace(/\/$/, "")}/api/v1/query?query=${encodeURIComponent(QUERY)}`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
    const length = Number(response.headers.get("content-length") ?? 0);
    if (length > MAX_BYTES) throw new Error("the answer is too large");
    return await response.text();
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : "";
    throw new UserError("prometheus-unreachable", `${where}: ${reason}`, {
      cause,
      help: "is it Prometheus' address? try: curl ADDRESS/-/healthy",
    });
  }
}

function parsed(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return null;
  }
}

function errorIn(text: string): string | null {
  return /"error":"([^"]*)"/.exec(text)?.[1] ?? null;
}
