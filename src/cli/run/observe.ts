import { FilterError } from "#hubble/filters/filter.ts";
import { buildFilters } from "#hubble/filters.ts";
import { FlagError, type HubbleFlag } from "#hubble/flags/flag.ts";
import { OBSERVE_FLAGS } from "#hubble/flags/observe-flags.ts";
import { flagTable, parseFlags, subcommandWord } from "#hubble/flags/parse-flags.ts";
import { rawFiltersYaml } from "#hubble/flags/raw-filters-yaml.ts";
import type { FlowSource } from "#hubble/flow-source.ts";
import {
  EVERY_FLOW,
  FlagCollector,
  type FlagValues,
  type ObserveRequest,
  observeRequest,
} from "#hubble/observe-request.ts";
import { type LastLines, Observer, type ObserverParts } from "#hubble/observer.ts";
import { requestText } from "#hubble/request-text.ts";
import { type LogWarning, logLine } from "#hubble/response-reader.ts";
import { UserError } from "#model/finding.ts";
import { STDIN } from "#sources/recording-files.ts";
import { LineCutter } from "#sources/recording-lines.ts";
import { createFold, type Fold } from "#traffic/fold.ts";
import type { ExitCode } from "../command.ts";
import type { Io } from "../io.ts";
import { eventOf, gatherFor, readDecisions, recordedIn } from "./observe-decisions.ts";
import { type Distinct, distinctText } from "./observe-distinct.ts";
import { createLastLines } from "./observe-last.ts";
import { printInWorkers, stretchesOf } from "./observe-parallel.ts";
import type { Stretch } from "./observe-stretch.ts";
import type { RelayOptions } from "#sources/relay-options.ts";
import { isLivePath, liveAmong } from "../live-input.ts";
import { createObserveOutput, type ObserveOutput } from "./observe-output.ts";
import { checkSettings, readSettings, type Settings } from "./observe-settings.ts";
import { openSource } from "./observe-source.ts";
import { serverSettings } from "./server-settings.ts";

const OWN = { group: "other", summary: "" } as const;

/** Ours, beside those of the hubble CLI. */
const OWN_FLAGS: readonly HubbleFlag[] = [
  ...["flows", "objects", "policies", "names"].map((name): HubbleFlag => ({ ...OWN, name, kind: "paths" })),
  ...["cilium", "cilium-config"].map((name): HubbleFlag => ({ ...OWN, name, kind: "string" })),
  ...["only", "decide", "distinct"].map((name): HubbleFlag => ({ ...OWN, name, kind: "bool", bare: "true" })),
];

/** Runs `ringfence observe` with the words after the verb. Errors are those of the hubble CLI: a line, exit 1. */
export async function runObserve(words: readonly string[], io: Io): Promise<ExitCode> {
  try {
    await observe(words, io);
    return 0;
  } catch (error) {
    if (!(error instanceof FlagError || error instanceof FilterError)) throw error;
    io.err(`${error.message}\n`);
    return 1;
  }
}

async function observe(words: readonly string[], io: Io): Promise<void> {
  const table = flagTable([...OBSERVE_FLAGS, ...OWN_FLAGS]);
  refuseOtherEvents(subcommandWord(words, table));
  const collector = new FlagCollector();
  parseFlags(words, table, (flag, value) => collector.set(flag, value));
  const values = collector.values();
  const settings = readSettings(values, process.env);
  if (settings.isOn("debug") && settings.file !== null) {
    log(io, "DEBUG", "Using config file", [["configFile", settings.file]]);
  }
  checkSettings(settings);
  const request = requestOf(values, settings, io);
  if (isGiven(values, "print-raw-filters")) return await io.out(rawFiltersYaml(request.filters));
  if (!isRecorded(values)) return await observeServer(values, { settings, request, io });
  const { source, paths, files } = await openSource(values);
  if (settings.isOn("debug")) {
    log(io, "DEBUG", "Sending GetFlows request", [["req", requestText(request)]]);
  }
  const isPlain = !isGiven(values, "decide") && !isGiven(values, "distinct");
  const stretches = isPlain ? stretchesOf(files, request) : null;
  if (stretches !== null) return await printParallel(stretches, request, io);
  const decisions = isGiven(values, "decide") ? await readDecisions(values, twiceReadable(paths), io) : null;
  if (!isGiven(values, "distinct"))
    return await print(source, request, { io, ...(decisions === null ? {} : { decide: decisions.ofFlow }) });
  const fold = createFold();
  await print(source, request, { io, take: (response) => fold.add(eventOf(response)) });
  const found = decisions?.ofFold(fold) ?? (await undecided(values, fold, io));
  await io.out(distinctText(found, request.print.output.startsWith("json")));
}

/** Whether recordings are named; a server is asked where none are, or where --flows names it. */
function isRecorded({ text, lists }: FlagValues): boolean {
  const flows = lists.get("flows") ?? [];
  return (text.get("input-file") ?? "") !== "" || (flows.length > 0 && liveAmong(flows, null) === null);
}

type ServerRequest = { readonly settings: Settings; readonly request: ObserveRequest; readonly io: Io };

async function observeServer(values: FlagValues, { settings, request, io }: ServerRequest): Promise<void> {
  if (settings.isOn("debug")) {
    log(io, "DEBUG", "connected to Hubble API", [["server", "server"]]);
    log(io, "DEBUG", "Sending GetFlows request", [["req", requestText(request)]]);
  }
  const server = serverNamed(values) ?? serverSettings(settings);
  const decisions = isGiven(values, "decide") ? await readDecisions(values, [], io) : null;
  const { observeLive } = await import("./observe-live.ts");
  const parts = { io, warn: (...told: Parameters<LogWarning>) => log(io, ...told) };
  if (!isGiven(values, "distinct")) {
    return await observeLive(request, server, {
      ...parts,
      ...(decisions === null ? {} : { decide: decisions.ofFlow }),
    });
  }
  const fold = createFold();
  await observeLive(request, server, { ...parts, take: (response) => fold.add(eventOf(response)) });
  const found = decisions?.ofFold(fold) ?? (await undecided(values, fold, io));
  await io.out(distinctText(found, request.print.output.startsWith("json")));
}

/** The server that --flows names; null when it names none. */
function serverNamed({ lists }: FlagValues): RelayOptions | null {
  const flows = lists.get("flows") ?? [];
  const [server, ...more] = liveAmong(flows, null) ?? [];
  if (flows.some((path) => isLivePath(path) && path.includes("?"))) {
    throw new UserError("live-path", `${flows.join(" ")}: observe has flags for what to read`, {
      help: "give --since, --until, --last or --all instead of ?…",
    });
  }
  if (more.length === 0) return server?.relay ?? null;
  throw new UserError("two-sources", "observe asks one server at a time", { help: "name Relay: it asks every node" });
}

async function printParallel(stretches: readonly Stretch[], request: ObserveRequest, io: Io): Promise<void> {
  // What is wrong with the filters is told before work begins.
  buildFilters(request.filters, () => {});
  await printInWorkers(stretches, request, {
    io,
    warn: ({ level, message, attributes }) => log(io, level, message, attributes),
  });
}

/** What decides learns from the whole recording first. */
function twiceReadable(paths: readonly string[]): readonly string[] {
  if (!paths.includes(STDIN)) return paths;
  throw new UserError("decide-stdin", "--decide reads the recording twice, which standard input does not allow", {
    help: "write it to a file first",
  });
}

async function undecided(values: FlagValues, fold: Fold, io: Io): Promise<readonly Distinct[]> {
  const { join } = await gatherFor(values, [], io);
  return join(recordedIn(fold)).conversations.map((conversation) => ({ conversation, decision: null }));
}

/** Subcommands of `hubble observe` that are about something else than flows. */
function refuseOtherEvents(word: string | undefined): void {
  if (word !== "agent-events" && word !== "debug-events") return;
  throw new UserError("observe-events", `${word} are not in recordings of flows`, {
    help: "leave the word out to print flows",
  });
}

function isGiven(values: FlagValues, name: string): boolean {
  return /^(1|t|true)$/i.test(values.text.get(name) ?? "");
}

function requestOf(values: FlagValues, settings: Settings, io: Io): ObserveRequest {
  const compat = (process.env["HUBBLE_COMPAT"] ?? "").toLowerCase().split(",");
  const now = Date.now();
  return observeRequest(values, {
    now: { seconds: Math.floor(now / 1000), nanos: (now % 1000) * 1e6 },
    isLegacyJson: compat.includes("legacy-json-output"),
    isRecording: isRecorded(values),
    isDebug: settings.isOn("debug"),
    isColorful: io.isColorful,
    allowlist: settings.list("allowlist"),
    denylist: settings.list("denylist"),
  });
}

type LogAttributes = readonly (readonly [string, string])[];

function log(io: Io, level: "DEBUG" | "WARN" | "ERROR", message: string, attributes: LogAttributes): void {
  io.err(logLine(new Date().toISOString(), level, message, attributes));
}

/** A recording is given its last flows only up to here. Upstream: newIOReaderClient. */
const MOST_LAST = 1_000_000n;

type Printing = Pick<ObserverParts, "decide" | "take"> & { readonly io: Io };

async function print(source: FlowSource, request: ObserveRequest, { io, ...parts }: Printing): Promise<void> {
  const output = createObserveOutput(io);
  const { number, isFirst } = request;
  const isLast = !isFirst && number !== 0n && number !== EVERY_FLOW;
  const observer = new Observer(request, {
    ...parts,
    sink: output.sink,
    last: isLast ? createLastLines(Number(number)) : NO_LAST,
    warn: (level, message, attributes) => log(io, level, message, attributes),
  });
  if (isLast && number > MOST_LAST) throw new FlagError(`--last must be <= 1_000_000, got ${number}`);
  await take(source, request, { observer, output, io });
  for (const stretch of observer.finish()) {
    await output.flush();
    output.begin(stretch);
    if (!io.isOpen()) return;
  }
  await output.flush();
}

const NO_LAST: LastLines = { add: () => {}, drain: () => [] };

type Taking = { readonly observer: Observer; readonly output: ObserveOutput; readonly io: Io };

async function take(source: FlowSource, request: ObserveRequest, { observer, output, io }: Taking): Promise<void> {
  const taker = {
    line: (bytes: Uint8Array, start: number, end: number) => observer.line(bytes, start, end),
    tooLong: (offset: number) =>
      log(io, "WARN", "a line longer than 8 MiB was passed over", [["offset", String(offset)]]),
  };
  let cutter = new LineCutter(taker);
  for await (const piece of source.pieces(request)) {
    if (piece.kind === "text") {
      output.begin(piece.bytes);
      cutter.push(piece.bytes);
    } else if (piece.kind === "messages") for (const message of piece.messages) observer.message(message);
    else {
      cutter.end(taker.line);
      cutter = new LineCutter(taker);
      if (piece.isBroken) log(io, "WARN", "the archive ends too early; what could be read was", [["file", piece.file]]);
    }
    await output.flush();
    if (observer.isDone() || !io.isOpen()) return;
  }
}
