import { createReadStream, existsSync, readdirSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { FlowScanner } from "#decode/flow/flow-scanner.ts";
import { nearestName } from "#decode/nearest.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { FlowEvent } from "#model/flow.ts";
import { expandPattern } from "./manifest-files.ts";
import { LineCutter } from "./recording-lines.ts";
import { type Compression, compressionOf, uncompressed } from "./recording-stream.ts";

/** A file of a recording, as its first lines show it. `-` is standard input: nothing is known before it is read. */
export type RecordingFile = {
  readonly path: string;
  readonly compression: Compression;
  /** On disk, 0 for standard input. */
  readonly bytes: number;
  /** Of its first event, null when not known. */
  readonly firstTime: number | null;
  /** True when it begins with an agent's events: they tell when policies changed, so they are read first. */
  readonly isAgentEvents: boolean;
};

export const STDIN = "-";
/** So much of a file is looked at to see what it is. */
const HEAD_BYTES = 1 << 20;
const HEAD_LINES = 20;

/**
 * The files behind paths, in the order in which they are one recording: by the time of their first event, whatever their
 * names and rotation. Directories are searched without their subdirectories; what is no recording in them is passed over
 * with a finding.
 */
export async function findRecordingFiles(
  paths: readonly string[],
): Promise<{ readonly files: readonly RecordingFile[]; readonly findings: readonly Finding[] }> {
  const files: RecordingFile[] = [];
  const findings: Finding[] = [];
  for (const path of new Set(await withPatterns(paths))) {
    if (path === STDIN) files.push(standardInput());
    else if (statOf(path).isDirectory()) {
      const found = await filesInDirectory(path);
      files.push(...found.files);
      findings.push(...found.findings);
    } else files.push(await lookAt(path));
  }
  return { files: inOrder(files), findings };
}

/** Patterns (`*`, `**`, `?`, `{a,b}`) as the files that they match; what matches nothing is told as missing. */
async function withPatterns(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const isPattern = path !== STDIN && /[*?{[]/.test(path) && !existsSync(path);
    const matches = isPattern ? await expandPattern(path) : [];
    found.push(...(matches.length > 0 ? matches : [path]));
  }
  return found;
}

function standardInput(): RecordingFile {
  return { path: STDIN, compression: "none", bytes: 0, firstTime: null, isAgentEvents: false };
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist: a part of the path is a file",
  EACCES: "may not be read",
  EPERM: "may not be read",
  EISDIR: "is a directory",
};

/** Node's own text would repeat the path. */
function unreadable(path: string, cause: unknown): UserError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const found = code === "ENOENT" ? nearestIn(dirname(path), basename(path)) : null;
  const near = found === path ? null : found;
  const help =
    near === null
      ? "name a file that hubble observe -o jsonpb or the exporter wrote, a directory of such files, or - for standard input"
      : `did you mean ${near}?`;
  return new UserError("recording-missing", REASONS[code] ?? `cannot be read (${code || String(cause)})`, {
    help,
    place: { file: path },
    cause,
  });
}

function nearestIn(directory: string, name: string): string | null {
  try {
    const near = nearestName(name, readdirSync(directory));
    return near === null ? null : join(directory, near);
  } catch {
    return null;
  }
}

async function filesInDirectory(path: string) {
  const names = readdirSync(path).filter((name) => !name.startsWith("."));
  const paths = names.map((name) => join(path, name)).filter(isReadableFile);
  const files: RecordingFile[] = [];
  const ignored: string[] = [];
  for (const one of paths.sort()) {
    const found = statOf(one).size === 0 ? null : await lookAt(one).catch(() => null);
    if (found !== null && found.firstTime !== null) files.push(found);
    else if (statOf(one).size > 0) ignored.push(one);
  }
  if (files.length === 0) {
    throw new UserError("recording-missing", "no file in this directory is a recording of flows", {
      help: "record with: hubble observe -f -o jsonpb > flows.jsonl",
      place: { file: path },
    });
  }
  return { files, findings: ignored.length === 0 ? [] : [ignoredFinding(path, ignored)] };
}

/** A link in a directory may lead nowhere: it is nobody's recording. */
function isReadableFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function ignoredFinding(path: string, ignored: readonly string[]): Finding {
  return {
    id: "files-ignored",
    severity: "info",
    message: `files that are no recordings were passed over: ${ignored.slice(0, 3).join(", ")}`,
    place: { file: path },
    count: ignored.length,
  };
}

/** What a file is, from its first bytes and lines. */
async function lookAt(path: string): Promise<RecordingFile> {
  const head = await headOf(path);
  const compression = compressionOf(head);
  const event = await firstEvent(path, compression);
  return {
    path,
    compression,
    bytes: statOf(path).size,
    firstTime: event?.time ?? null,
    isAgentEvents: event?.kind === "agent",
  };
}

async function headOf(path: string): Promise<Uint8Array> {
  try {
    for await (const piece of createReadStream(path, { start: 0, end: 15 })) {
      if (piece instanceof Uint8Array) return piece;
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return new Uint8Array(0);
}

type FirstEvent = { readonly time: number | null; readonly kind: FlowEvent["kind"] };

/** The first event with a time among the first lines; null when there is none. */
async function firstEvent(path: string, compression: Compression): Promise<FirstEvent | null> {
  const scanner = new FlowScanner();
  let found: FirstEvent | null = null;
  let lines = 0;
  let bytes = 0;
  const cutter = new LineCutter({
    line: (piece, start, end) => {
      const event = found === null && lines++ < HEAD_LINES ? scanner.scan(piece, start, end) : null;
      if (event !== null && event.kind !== "unknown" && event.time !== null)
        found = { time: event.time, kind: event.kind };
    },
    tooLong: () => {},
  });
  const source = createReadStream(path, { highWaterMark: 1 << 16 });
  for await (const piece of uncompressed(source, compression, path)) {
    cutter.push(piece);
    bytes += piece.length;
    if (found !== null || lines >= HEAD_LINES || bytes >= HEAD_BYTES) break;
  }
  source.destroy();
  cutter.end((piece, start, end) => {
    const event = found === null ? scanner.scan(piece, start, end) : null;
    if (event !== null && event.time !== null) found = { time: event.time, kind: event.kind };
  });
  return found;
}

/** Agents' events first; then by the time of the first event. Where that is not known the given order stands. */
function inOrder(files: readonly RecordingFile[]): readonly RecordingFile[] {
  const agents = files.filter((file) => file.isAgentEvents);
  const timed = files.filter((file) => !file.isAgentEvents && file.firstTime !== null);
  const rest = files.filter((file) => !file.isAgentEvents && file.firstTime === null);
  return [...agents, ...timed.sort((a, b) => (a.firstTime ?? 0) - (b.firstTime ?? 0)), ...rest];
}
