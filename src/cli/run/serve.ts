import { once } from "node:events";
import { UserError } from "#model/finding.ts";
import { startObserverServer } from "#server/observer/observer-server.ts";
import { recordingHistory } from "#server/observer/recording-history.ts";
import { findRecordingFiles, STDIN } from "#sources/recording-files.ts";
import { type Invocation, isOn, valueOf, valuesOf } from "../args.ts";
import type { ExitCode } from "../command.ts";
import { LISTEN, OBSERVER, TLS_CERT, TLS_CLIENT_CA, TLS_KEY } from "../commands/serve.ts";
import { FLOWS } from "../flags.ts";
import type { Io } from "../io.ts";
import { isStorePath } from "../store-input.ts";
import { VERSION } from "../version.ts";

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
  if (paths.some(isStorePath)) {
    throw new UserError("serve-store", "a store is not offered to Hubble's clients yet", {
      help: "ringfence observe --flows reads it, with the flags of hubble observe",
    });
  }
  const { files } = await findRecordingFiles(paths);
  const warned = new Set<string>();
  const history = recordingHistory(files, (text) => {
    if (!warned.has(text)) io.err(`ringfence: ${text}\n`);
    warned.add(text);
  });
  const server = await startObserverServer(history, {
    listen: valueOf(invocation, LISTEN) ?? "localhost:4245",
    tls: tlsOf(invocation),
    version: `ringfence ${VERSION}`,
  });
  io.err(
    `ringfence: offering ${paths.join(", ")} at ${server.address}; try: hubble observe --server ${server.address}\n`,
  );
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await server.close();
  return 0;
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
