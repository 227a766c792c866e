import { once } from "node:events";
import { UserError } from "#model/finding.ts";
import { startObserverServer } from "#server/observer/observer-server.ts";
import type { FlowHistory } from "#server/observer/flow-history.ts";
import { recordingHistory } from "#server/observer/recording-history.ts";
import { storeHistory } from "#server/observer/store-history.ts";
import { findRecordingFiles, STDIN } from "#sources/recording-files.ts";
import { withoutPassword } from "#store/clickhouse/clickhouse-url.ts";
import { openStore } from "#store/open-store.ts";
import { type Invocation, isOn, valueOf, valuesOf } from "../args.ts";
import type { ExitCode } from "../command.ts";
import { LISTEN, OBSERVER, TLS_CERT, TLS_CLIENT_CA, TLS_KEY } from "../commands/serve.ts";
import { FLOWS } from "../flags.ts";
import type { Io } from "../io.ts";
import { storeAmong } from "../store-input.ts";
import { VERSION } from "../version.ts";

const SAMPLES =
  "a store keeps every policy verdict, drop, L7 event and DNS answer, but of traces samples: its conversations count them all";

/** Runs `ringfence serve` until the process is asked to end. */
export async function runServe(invocation: Invocation, io: Io): Promise<ExitCode> {
  if (!isOn(invocation, OBSERVER)) {
    throw new UserError("nothing-to-serve", "nothing is named to be offered", { help: "add --observer" });
  }
  const paths = valuesOf(invocation, FLOWS);
  if (paths.length === 0) {
    throw new UserError("no-recording", "no recording is named", {
      help: "name one, as in: ringfence serve --observer --flows flows.jsonl",
    });
  }
  if (paths.includes(STDIN)) {
    throw new UserError("serve-stdin", "standard input can be read once only", { help: "write it to a file first" });
  }
  const { history, close } = await openHistory(paths, io);
  try {
    await serveUntilStopped(history, invocation, io);
  } finally {
    await close();
  }
  return 0;
}

async function serveUntilStopped(history: FlowHistory, invocation: Invocation, io: Io): Promise<void> {
  const server = await startObserverServer(history, {
    listen: valueOf(invocation, LISTEN) ?? "localhost:4245",
    tls: tlsOf(invocation),
    version: `ringfence ${VERSION}`,
  });
  const shown = valuesOf(invocation, FLOWS).map(withoutPassword).join(", ");
  io.err(`ringfence: offering ${shown} at ${server.address}; try: hubble observe --server ${server.address}\n`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await server.close();
}

type OpenHistory = { readonly history: FlowHistory; readonly close: () => Promise<void> };

async function openHistory(paths: readonly string[], io: Io): Promise<OpenHistory> {
  const warned = new Set<string>();
  const warn = (text: string) => {
    if (!warned.has(text)) io.err(`ringfence: ${text}\n`);
    warned.add(text);
  };
  const named = storeAmong(paths);
  if (named === null) {
    const { files } = await findRecordingFiles(paths);
    return { history: recordingHistory(files, warn), close: async () => {} };
  }
  const store = await openStore(named.path);
  warn(SAMPLES);
  return { history: storeHistory(store, { window: named.window, warn }), close: () => store.close() };
}

function tlsOf(invocation: Invocation) {
  const certFile = valueOf(invocation, TLS_CERT);
  const keyFile = valueOf(invocation, TLS_KEY);
  const clientCaFile = valueOf(invocation, TLS_CLIENT_CA);
  if (certFile !== null && keyFile !== null) return { certFile, keyFile, clientCaFile };
  if (certFile === null && keyFile === null && clientCaFile === null) return null;
  throw new UserError("tls-incomplete", "TLS needs a certificate and its key", {
    help: "give --tls-cert-file and --tls-key-file",
  });
}
