import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import { FLOWS, HELP, OBJECTS, QUIET } from "../flags.ts";

export const TO: Flag = {
  name: "to",
  value: { name: "DIR", path: true },
  group: "output",
  summary: "the store: a directory, made where there is none",
};

export const RETAIN_DAYS: Flag = {
  name: "retain-days",
  value: { name: "DAYS" },
  group: "output",
  summary: "remove hours that are older",
};

export const RETAIN_BYTES: Flag = {
  name: "retain-bytes",
  value: { name: "BYTES" },
  group: "output",
  summary: "remove the oldest hours beyond this size: 20G, 500M",
};

export const FLUSH_INTERVAL: Flag = {
  name: "flush-interval",
  value: { name: "SECONDS", preset: "60" },
  group: "output",
  summary: "write every so often; a kill loses no more than this",
};

export const LISTEN: Flag = {
  name: "listen",
  value: { name: "ADDRESS" },
  group: "server",
  summary: "where to listen: HOST:PORT",
  detail: "Serves /metrics, /healthz and /readyz there: 127.0.0.1:9090, :9090.",
};

export const record: Command = {
  name: "record",
  summary: "keep weeks of what Hubble's ring holds for minutes",
  detail: [
    "Writes flows into a store: hourly Parquet segments of conversations with their counts, all policy verdicts, drops and L7 events as they came, samples of the rest, and what the recording can prove: gaps, losses, restarts. Other verbs read it with --flows store://DIR.",
    "What was written survives a crash. A kill loses at most the last flush interval, and the next run records that as a gap. Memory stays bounded, however long it runs.",
  ],
  operand: null,
  needs: [FLOWS, TO],
  flags: [FLOWS, OBJECTS, TO, RETAIN_DAYS, RETAIN_BYTES, FLUSH_INTERVAL, LISTEN, QUIET, HELP],
  examples: [
    {
      does: "record for weeks",
      line: "hubble observe -f -o jsonpb | ringfence record --flows - --to /var/lib/ringfence --retain-days 30",
    },
    {
      does: "rehearse on what was recorded",
      line: "ringfence rehearse --flows store:///var/lib/ringfence --objects cluster.yaml --policies policies/",
    },
    {
      does: "only the last days",
      line: "ringfence rehearse --flows 'store:///var/lib/ringfence?since=2026-09-14T00:00:00Z' --policies policies/",
    },
  ],
  run: async (invocation, io) => (await import("../run/record.ts")).runRecord(invocation, io),
};
