import type { Recorder } from "./recorder.ts";

type Sample = readonly [labels: string, value: number];

/** A recorder's counts in Prometheus' text format. */
export function recorderMetrics({ counts, isHealthy }: Recorder, residentBytes: number): string {
  return [
    metric("counter", "flows_total", "Flow events taken.", [["", counts.flows]]),
    metric("counter", "other_events_total", "Other events taken, by kind.", labelled("kind", counts.events)),
    metric("counter", "skipped_total", "Lines that were no new event, by reason.", labelled("reason", counts.skipped)),
    metric(
      "counter",
      "lost_events_total",
      "Events that Hubble says it lost, by source.",
      labelled("source", counts.lost),
    ),
    metric("counter", "kept_events_total", "Events kept as they came.", [["", counts.kept]]),
    metric("counter", "kept_events_lost_total", "Events that had no room while the store could not be written.", [
      ["", counts.keptLost],
    ]),
    metric("counter", "object_versions_total", "Versions of objects recorded.", [["", counts.objects]]),
    metric("counter", "object_versions_lost_total", "Versions of objects that had no room.", [
      ["", counts.objectsLost],
    ]),
    metric("counter", "gaps_total", "Stretches of a node's time that are missing.", [["", counts.gaps]]),
    metric("counter", "reconnects_total", "Connections to the source made anew.", [["", counts.reconnects]]),
    metric(
      "gauge",
      "source_connected",
      "1 while the server is connected.",
      labelled("server", new Map([...counts.connected].map(([server, isIt]) => [server, isIt ? 1 : 0]))),
    ),
    metric("counter", "write_failures_total", "Writes that failed and are tried again.", [["", counts.failures]]),
    metric("gauge", "store_writable", "1 while the last write went well.", [["", isHealthy ? 1 : 0]]),
    metric("gauge", "store_segments", "Segments in the store.", [["", counts.segments]]),
    metric("gauge", "store_bytes", "Size of the store.", [["", counts.bytes]]),
    metric("gauge", "last_write_timestamp_seconds", "When was last written; 0 before.", [
      ["", (counts.writtenAt ?? 0) / 1000],
    ]),
    metric("gauge", "resident_memory_bytes", "Memory of the process.", [["", residentBytes]]),
  ].join("");
}

function metric(type: "counter" | "gauge", name: string, help: string, samples: readonly Sample[]): string {
  const full = `ringfence_record_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labels} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join("")}`;
}

function labelled(label: string, values: ReadonlyMap<string, number>): readonly Sample[] {
  return [...values].map(([value, count]) => [`{${label}=${JSON.stringify(value)}}`, count]);
}
