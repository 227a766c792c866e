import { isObject, type Json, type JsonObject } from "#model/json.ts";

/** Traffic between two contexts as Hubble's metrics count it. A context is what `sourceContext` makes of an end: `shop/web-1`, `shop/web`, … */
export type MetricEdge = {
  readonly source: string;
  readonly destination: string;
  readonly count: number;
  readonly verdict: string;
};

export type ReadMetrics = {
  readonly edges: readonly MetricEdge[];
  /** Series that name no source or no destination: contexts were not configured. */
  readonly unnamed: number;
};

/**
 * Reads a response of Prometheus' HTTP API (`/api/v1/query`, `/api/v1/query_range`) for `hubble_policy_verdicts_total` or
 * `hubble_flows_processed_total`: instant vectors, and matrices by their growth. null when it is no such response.
 * Upstream: pkg/hubble/metrics/api/context.go for the labels.
 */
export function readPrometheus(response: Json): ReadMetrics | null {
  const data = isObject(response) ? response["data"] : null;
  const result = isObject(data) ? data["result"] : null;
  if (!Array.isArray(result)) return null;
  const edges = new Map<string, MetricEdge>();
  let unnamed = 0;
  for (const series of result) {
    const edge = isObject(series) ? edgeOf(series) : null;
    if (edge === null) unnamed++;
    else {
      const key = JSON.stringify([edge.source, edge.destination, edge.verdict]);
      edges.set(key, { ...edge, count: edge.count + (edges.get(key)?.count ?? 0) });
    }
  }
  return { edges: [...edges.values()].filter(({ count }) => count > 0), unnamed };
}

function edgeOf(series: JsonObject): MetricEdge | null {
  const metric = series["metric"];
  if (!isObject(metric)) return null;
  const source = contextOf(metric, "source");
  const destination = contextOf(metric, "destination");
  if (source === "" || destination === "") return null;
  const verdict = metric["action"] ?? metric["verdict"];
  return { source, destination, verdict: typeof verdict === "string" ? verdict : "", count: valueOf(series) };
}

/** The context label, or namespace and workload (else pod) of `labelsContext`. */
function contextOf(metric: JsonObject, end: "source" | "destination"): string {
  const text = (name: string) => {
    const value = metric[name];
    return typeof value === "string" ? value : "";
  };
  if (text(end) !== "") return text(end);
  const namespace = text(`${end}_namespace`);
  const name = text(`${end}_workload`) || text(`${end}_app`) || text(`${end}_pod`);
  return namespace === "" || name === "" ? "" : `${namespace}/${name.slice(name.indexOf("/") + 1)}`;
}

/** A counter starts anew with its agent: growth is the sum of its steps upward. */
function valueOf(series: JsonObject): number {
  const { value, values } = series;
  if (Array.isArray(value)) return Number(value[1]) || 0;
  if (!Array.isArray(values)) return 0;
  const samples = values.map((sample) => (Array.isArray(sample) ? Number(sample[1]) || 0 : 0));
  return samples.reduce((grown, sample, index) => {
    const before = index === 0 ? sample : (samples[index - 1] ?? 0);
    return grown + (sample >= before ? sample - before : sample);
  }, 0);
}
