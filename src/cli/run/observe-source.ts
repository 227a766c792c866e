import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { FlagError } from "#hubble/flags/flag.ts";
import type { FlowSource } from "#hubble/flow-source.ts";
import type { FlagValues } from "#hubble/observe-request.ts";
import { UserError } from "#model/finding.ts";
import { findRecordingFiles, type RecordingFile, STDIN } from "#sources/recording-files.ts";
import { type Compression, compressionOf } from "#sources/recording-stream.ts";
import { recordingSource } from "#sources/recording-source.ts";
import { storeAmong, storeSource } from "../store-input.ts";

/** A source, and the recordings behind it. */
export type OpenedSource = {
  readonly source: FlowSource;
  readonly paths: readonly string[];
  readonly files: readonly Pick<RecordingFile, "path" | "compression">[];
};

/** The source that the flags name. Throws FlagError with the hubble CLI's texts for its flags, UserError for ours. */
export async function openSource(values: FlagValues): Promise<OpenedSource> {
  const file = values.text.get("input-file") ?? "";
  const flows = values.lists.get("flows") ?? [];
  if (file !== "" && flows.length > 0) {
    throw new UserError("two-sources", "--input-file and --flows both name recordings", {
      help: "name all with --flows",
    });
  }
  if (file !== "") {
    const source = inputFile(file, values);
    return { source, paths: [file], files: [{ path: file, compression: compressionIn(file) }] };
  }
  if (flows.length === 0) {
    throw new UserError("no-recording", "no recording is named", {
      help: "name one, as in: ringfence observe --flows flows.jsonl",
    });
  }
  const store = storeAmong(flows);
  if (store !== null) return { source: storeSource(store), paths: flows, files: [] };
  const { files } = await findRecordingFiles(flows);
  return { source: recordingSource(files), paths: flows, files };
}

function inputFile(path: string, values: FlagValues): FlowSource {
  if (/^(1|t|true)$/i.test(values.text.get("port-forward") ?? "")) {
    throw new FlagError("cannot use --input-file and --auto-port-forward together");
  }
  if (path !== STDIN) checkReadable(path);
  return recordingSource([{ path }]);
}

function compressionIn(path: string): Compression {
  if (path === STDIN) return "none";
  const descriptor = openSync(path, "r");
  try {
    const head = new Uint8Array(16);
    // What a pipe holds is not looked at: it can be read once.
    return fstatSync(descriptor).isFile() ? compressionOf(head.subarray(0, readSync(descriptor, head))) : "gzip";
  } finally {
    closeSync(descriptor);
  }
}

/** Upstream: os.Open, and the first read. */
function checkReadable(path: string): void {
  try {
    const descriptor = openSync(path, "r");
    const isDirectory = fstatSync(descriptor).isDirectory();
    closeSync(descriptor);
    if (isDirectory) throw new FlagError(`read ${path}: is a directory`);
  } catch (error) {
    if (error instanceof FlagError) throw error;
    throw new FlagError(`open ${path}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  if (code === "ENOENT") return "no such file or directory";
  if (code === "EACCES") return "permission denied";
  if (code === "ENOTDIR") return "not a directory";
  return error instanceof Error ? error.message : String(error);
}
