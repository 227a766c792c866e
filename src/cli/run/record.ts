import { readInventory } from "#decode/objects/objects.ts";
import { type Finding, UserError } from "#model/finding.ts";
import { count } from "#report/words.ts";
import { loadManifests } from "#sources/manifests.ts";
import { feedRecording } from "#sources/recording.ts";
import { createStore } from "#store/open-store.ts";
import { Recorder } from "#store/recorder.ts";
import { configFindings } from "#store/silenced.ts";
import type { Store } from "#store/store.ts";
import { policyChanges } from "#traffic/finish/policy-changes.ts";
import { type Flag, type Invocation, isOn, valueOf, valuesOf } from "../args.ts";
import type { ExitCode } from "../command.ts";
import { FLUSH_INTERVAL, LISTEN, RETAIN_BYTES, RETAIN_DAYS, STORE, TO } from "../commands/record.ts";
import { progressOf } from "../flag-values.ts";
import { FLOWS, OBJECTS, QUIET } from "../flags.ts";
import { clusterChoice } from "../gather-request.ts";
import type { Io } from "../io.ts";
import { isLivePath } from "../live-input.ts";
import { isStorePath } from "../store-input.ts";
import { recordObjects } from "./record-objects.ts";
import { isServerNamed, recordServers, serversOf } from "./record-servers.ts";
import { type RecordServer, serveRecorder } from "./record-server.ts";

const DEFAULT_FLUSH_SECONDS = 60;
const TICK_MS = 1000;

/** `ringfence record`: events from servers, files or standard input into a store, until they end or a signal comes. */
export async function runRecord(invocation: Invocation, io: Io): Promise<ExitCode> {
  const to = valueOf(invocation, TO) ?? valueOf(invocation, STORE);
  const { flows, servers } = sourcesOf(invocation, to);
  const retention = { days: numberAt(invocation, RETAIN_DAYS), bytes: numberAt(invocation, RETAIN_BYTES) };
  const flushSeconds = numberAt(invocation, FLUSH_INTERVAL) ?? DEFAULT_FLUSH_SECONDS;
  const { changes, findings } = await objectsOf(valuesOf(invocation, OBJECTS));
  const store = await createStore(to ?? "");
  const say = (finding: Finding) => io.err(`ringfence record: ${finding.message}\n${helpLine(finding)}`);
  for (const finding of store.findings()) say(finding);
  const recorder = await Recorder.open(store, { flushSeconds, retention, changes, now: Date.now, say });
  for (const finding of findings) recorder.say(finding);
  const cluster = clusterChoice(invocation);
  const listen = valueOf(invocation, LISTEN);
  const server = listen === null ? null : await serveRecorder(recorder, listen);
  if (server !== null) io.err(`ringfence record: listening on ${server.address}\n`);
  const progress = progressOf(invocation, io);
  const tell = () => progress.update(`recording: ${count(recorder.counts.flows)} flows`);
  try {
    await feed(recorder, (stop) => {
      const parts = { store, recorder, signal: stop, say, tell, now: Date.now };
      const watched = cluster === null ? [] : [recordObjects(cluster, parts)];
      const fed =
        servers.length > 0
          ? recordServers(servers, parts)
          : feedRecording(flows, recorder, { pause: () => paused(recorder, stop, tell) });
      return Promise.race([fed, ...watched]);
    });
  } finally {
    await end(recorder, store, server);
  }
  progress.clear();
  if (!isOn(invocation, QUIET)) io.err(`ringfence record: ${summary(recorder)}\n`);
  return recorder.isHealthy ? 0 : 2;
}

/** Servers, unless recordings are named. */
function sourcesOf(invocation: Invocation, to: string | null) {
  const flows = valuesOf(invocation, FLOWS);
  if (to === null || to === "") {
    throw new UserError("missing-store", "no store is named", {
      help: "give --to DIR: it is made where there is none; or --to clickhouse://USER@HOST/DATABASE",
    });
  }
  if (flows.some(isStorePath)) {
    throw new UserError("record-store", "a store is not recorded into another", { help: "copy its directory" });
  }
  if (flows.some(isLivePath)) {
    throw new UserError("record-live", "--flows reads what a server holds once; record follows it", {
      help: "name the server with --server HOST:PORT, or give --port-forward",
    });
  }
  if (flows.length === 0) return { flows, servers: serversOf(invocation, process.env) };
  if (isServerNamed(invocation)) {
    throw new UserError("two-sources", "--flows and --server both name what to record", {
      help: "record the files first, then the servers, into the same store",
    });
  }
  return { flows, servers: [] };
}

/** When objects changed, and what the agent's configuration keeps from Hubble. */
async function objectsOf(paths: readonly string[]) {
  if (paths.length === 0) return { changes: [], findings: [] };
  const { manifests } = await loadManifests(paths, { wanted: "objects" });
  return { changes: policyChanges(readInventory(manifests).policies), findings: configFindings(manifests) };
}

/** Feeds until the sources end or the process is told to end; what was taken is written meanwhile. */
async function feed(recorder: Recorder, sources: (stop: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const signals = ["SIGINT", "SIGTERM"] as const;
  let isStopped = false;
  const onSignal = () => {
    isStopped = true;
    stop.abort();
  };
  for (const signal of signals) process.once(signal, onSignal);
  let trouble: unknown = null;
  const timer = setInterval(() => {
    recorder.flushIfDue().catch((cause: unknown) => {
      trouble ??= cause;
      stop.abort();
    });
  }, TICK_MS);
  try {
    await Promise.race([sources(stop.signal), aborted(stop.signal)]);
  } catch (cause) {
    if (!(cause instanceof Stopped)) throw cause;
  } finally {
    clearInterval(timer);
    stop.abort();
    for (const signal of signals) process.off(signal, onSignal);
    if (isStopped) process.stdin.destroy();
  }
  if (trouble !== null) throw trouble;
}

/** After a piece of a recording. */
async function paused(recorder: Recorder, stop: AbortSignal, tell: () => void): Promise<void> {
  tell();
  await recorder.flushIfDue();
  if (stop.aborted) throw new Stopped();
}

/** The user, or the machine, asked for the end: nothing went wrong. */
class Stopped extends Error {}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Stopped()), { once: true });
  });
}

async function end(recorder: Recorder, store: Store, server: RecordServer | null): Promise<void> {
  try {
    await recorder.close();
  } finally {
    server?.close();
    await store.close();
  }
}

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

function numberAt(invocation: Invocation, flag: Flag): number | null {
  const text = valueOf(invocation, flag);
  if (text === null) return null;
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)i?B?$/i.exec(text);
  const value = Number(match?.[1]) * (UNITS[match?.[2]?.toUpperCase() ?? ""] ?? 1);
  if (match !== null && value > 0) return value;
  throw new UserError("bad-arguments", `--${flag.name} ${text}: a number above 0 is expected`, {
    help: `as in --${flag.name} ${flag === RETAIN_BYTES ? "20G" : "30"}`,
  });
}

function helpLine({ help }: Finding): string {
  return help === undefined ? "" : `  help: ${help}\n`;
}

function summary({ counts }: Recorder): string {
  const gaps = counts.gaps === 0 ? "" : `, ${counts.gaps} gaps`;
  const lost = [...counts.lost.values()].reduce((sum, one) => sum + one, 0);
  const kept = `${count(counts.kept)} events kept`;
  const size = `${(counts.bytes / 1e6).toFixed(1)} MB in ${counts.segments} segments`;
  return `${count(counts.flows)} flows, ${kept}, ${size}${gaps}${lost === 0 ? "" : `, ${count(lost)} events lost by Hubble`}`;
}
