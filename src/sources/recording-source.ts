import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { FlowPiece, FlowSource } from "#hubble/flow-source.ts";
import type { RecordingFile } from "./recording-files.ts";
import { STDIN } from "./recording-files.ts";
import { sniffed } from "./recording-parts.ts";
import { type Compression, compressionOf, fileStream, uncompressed } from "./recording-stream.ts";

/** Larger pieces than a fold takes: what is printed unchanged is written as it was read. */
const PIECE_BYTES = 1 << 20;

export type RecordingSourceOptions = {
  /** Standard input for the path `-`; default the process's own. */
  readonly stdin?: AsyncIterable<Uint8Array>;
};

/** Recordings as a source of flows: the text of their files, one after the other, uncompressed. */
export function recordingSource(
  files: readonly Pick<RecordingFile, "path">[],
  options: RecordingSourceOptions = {},
): FlowSource {
  return { isRaw: true, pieces: () => recordingPieces(files, options) };
}

/** The text of recordings, uncompressed, one file after the other. */
export async function* recordingPieces(
  files: readonly Pick<RecordingFile, "path">[],
  { stdin }: RecordingSourceOptions = {},
): AsyncGenerator<FlowPiece> {
  for (const { path } of files) {
    if (path === STDIN) yield* streamPieces(await sniffed(stdin ?? process.stdin), "standard input");
    else yield* filePieces(path);
  }
}

async function* filePieces(path: string): AsyncGenerator<FlowPiece> {
  const descriptor = openSync(path, "r");
  try {
    const head = new Uint8Array(16);
    // A pipe (`<(…)`) can be read once only: it is read as a stream from its first byte.
    const isFile = fstatSync(descriptor).isFile();
    const compression = isFile
      ? compressionOf(head.subarray(0, readSync(descriptor, head, 0, head.length, 0)))
      : "none";
    if (!isFile) yield* streamPieces(await sniffed(fileStream(path)), path);
    else if (compression !== "none") yield* streamPieces({ pieces: fileStream(path), compression }, path);
    else yield* plainPieces(descriptor, path);
  } finally {
    closeSync(descriptor);
  }
}

function* plainPieces(descriptor: number, path: string): Generator<FlowPiece> {
  const buffer = new Uint8Array(PIECE_BYTES);
  for (let at = 0; ; ) {
    const read = readSync(descriptor, buffer, 0, buffer.length, at);
    if (read === 0) break;
    yield { kind: "text", bytes: buffer.subarray(0, read) };
    at += read;
  }
  yield { kind: "end", file: path, isBroken: false };
}

async function* streamPieces(
  { pieces, compression }: { readonly pieces: AsyncIterable<Uint8Array>; readonly compression: Compression },
  file: string,
): AsyncGenerator<FlowPiece> {
  const reading = uncompressed(pieces, compression, file);
  for (;;) {
    const next = await reading.next();
    if (next.done === true) {
      yield { kind: "end", file, isBroken: next.value.isBroken };
      return;
    }
    yield { kind: "text", bytes: next.value };
  }
}
