import { OBSERVE_FLAGS } from "#hubble/flags/observe-flags.ts";
import type { Flag } from "../args.ts";
import type { Command } from "../command.ts";
import { CONTEXT, FLOWS, HELP, KUBECONFIG, LIVE, OBJECTS, QUIET } from "../flags.ts";
import { shownFlag } from "../hubble-flag.ts";

export const TO: Flag = {
  name: "to",
  value: { name: "DIR", path: true },
  group: "output",
  summary: "the store: a directory, made where there is none, or clickhouse://…",
  detail:
    "clickhouse://USER@HOST:8123/DATABASE (clickhouses:// with TLS) is for those who outgrow a machine: many recorders, each with a ?writer=NAME, into one database. The password is taken from CLICKHOUSE_PASSWORD. docs/scale.md has the rest.",
};

export const STORE: Flag = {
  name: "store",
  value: { name: "STORE" },
  group: "output",
  summary: "the same as --to",
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

export const SERVER: Flag = {
  name: "server",
  value: { name: "ADDRESS", many: true },
  group: "server",
  summary: "Hubble servers to record from: Relay, or agents",
  detail:
    "HOST:PORT, tls://HOST:PORT or unix:///PATH; several are recorded at once, and what more than one of them tells is kept once. Without --flows and --server: HUBBLE_SERVER, else localhost:4245. The other flags of the hubble CLI, its HUBBLE_… variables and its configuration file count as they do for observe.",
};

/** How the hubble CLI names and reaches a server, but for what has a flag here: the servers, the kubeconfig, its context. */
export const SERVER_SETTINGS = OBSERVE_FLAGS.filter(
  ({ name, group }) =>
    name === "config" || (group === "server" && !["server", "kubeconfig", "kube-context"].includes(name)),
);

export const record: Command = {
  name: "record",
  summary: "keep weeks of what Hubble's ring holds for minutes",
  detail: [
    "Writes flows into a store: hourly Parquet segments of conversations with their counts, all policy verdicts, drops and L7 events as they came, samples of the rest, and what the recording can prove: gaps, losses, restarts. Other verbs read it with --flows store://DIR.",
    "Flows come from Hubble servers, or from recordings (--flows). A connection that breaks is made again, for as long as it takes; what came before is known by its uuid, and where events do not go on is a gap. With --live, --kubeconfig or --context the cluster's objects are recorded too, each change with its time: a rehearsal then decides with the labels and policies of the time.",
    "What was written survives a crash. A kill loses at most the last flush interval, and the next run records that as a gap. Memory stays bounded, however long it runs. SIGINT and SIGTERM end it; what was taken is written first.",
  ],
  operand: null,
  needs: [TO],
  flags: [
    FLOWS,
    OBJECTS,
    KUBECONFIG,
    CONTEXT,
    LIVE,
    SERVER,
    ...SERVER_SETTINGS.map(shownFlag),
    TO,
    STORE,
    RETAIN_DAYS,
    RETAIN_BYTES,
    FLUSH_INTERVAL,
    LISTEN,
    QUIET,
    HELP,
  ],
  examples: [
    {
      does: "record a cluster for weeks, inside of it",
      line: "ringfence record --server hubble-relay.kube-system:80 --live --to /var/lib/ringfence --retain-days 30 --listen :9090",
    },
    {
      does: "what another program gets",
      line: "hubble observe -f -o jsonpb | ringfence record --flows - --to /var/lib/ringfence",
    },
    {
      does: "with others into one ClickHouse",
      line: "ringfence record --server hubble-relay.kube-system:80 --to 'clickhouse://ringfence@clickhouse/flows?writer=east-1'",
    },
    {
      does: "rehearse on what was recorded, with the objects of the time",
      line: "ringfence rehearse --flows store:///var/lib/ringfence --policies policies/",
    },
    {
      does: "only the last days",
      line: "ringfence rehearse --flows 'store:///var/lib/ringfence?since=2026-09-14T00:00:00Z' --policies policies/",
    },
  ],
  run: async (invocation, io) => (await import("../run/record.ts")).runRecord(invocation, io),
};
