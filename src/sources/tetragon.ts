import { readTetragonEvent } from "#decode/tetragon.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { Json } from "#model/json.ts";
import type { ProcessConnect } from "#model/process-connect.ts";
import { LineCutter } from "./recording-lines.ts";
import { compressionOf, fileStream, uncompressed } from "./recording-stream.ts";

const MAX_CONNECTS = 2_000_000;

export type ReadProcesses = { readonly connects: readonly ProcessConnect[]; readonly findings: readonly Finding[] };

/** Reads Tetragon exports (one JSON event a line; plain, .gz or .zst) for the connections that processes of pods opened. */
export async function readTetragon(paths: readonly string[]): Promise<ReadProcesses> {
  const connects: ProcessConnect[] = [];
  const findings: Finding[] = [];
  for (const path of paths) {
    const before = connects.length;
    const lines = await readFile(path, connects);
    if (connects.length === before) findings.push(nothingIn(path, lines));
    if (connects.length >= MAX_CONNECTS) {
      findings.push({
        id: "too-many-processes",
        severity: "warn",
        message: `only the first ${MAX_CONNECTS} connections of processes are read`,
        help: "cut the export by time",
        place: { file: path },
      });
      break;
    }
  }
  return { connects, findings };
}

async function readFile(path: string, connects: ProcessConnect[]): Promise<number> {
  const decoder = new TextDecoder();
  let lines = 0;
  const take = (bytes: Uint8Array, start: number, end: number) => {
    const connect = readLine(decoder.decode(bytes.subarray(start, end)));
    if (end > start) lines++;
    if (connect !== null && connects.length < MAX_CONNECTS) connects.push(connect);
  };
  const cutter = new LineCutter({ line: take, tooLong: () => {} });
  try {
    const compression = await compressionOfFile(path);
    for await (const piece of uncompressed(fileStream(path), compression, path)) cutter.push(piece);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError("unreadable", "cannot be read", { cause, place: { file: path }, help: "check the path" });
  }
  cutter.end(take);
  return lines;
}

async function compressionOfFile(path: string) {
  for await (const piece of fileStream(path)) if (piece instanceof Uint8Array) return compressionOf(piece);
  return "none";
}

function readLine(text: string): ProcessConnect | null {
  // Most events are of other kinds, and parsing is what costs.
  if (!text.includes('"sock_arg"')) return null;
  try {
    const event: Json = JSON.parse(text);
    return readTetragonEvent(event);
  } catch {
    return null;
  }
}

function nothingIn(path: string, lines: number): Finding {
  return {
    id: "no-processes",
    severity: "warn",
    message: `none of ${lines} lines tells of a connection that a pod's process opened`,
    help: "Tetragon needs a TracingPolicy with a kprobe on tcp_connect; name the file of its JSON export",
    place: { file: path },
  };
}
