import { closeSync, openSync, readSync } from "node:fs";
import type { RecordingFile } from "./recording-files.ts";
import { STDIN } from "./recording-files.ts";
import { type EventTaker, RecordingFold } from "./recording-fold.ts";
import { LineCutter } from "./recording-lines.ts";
import { compressionOf, fileStream, PIECE_BYTES, type ReadCount, uncompressed } from "./recording-stream.ts";

/** A file, or the lines of one that begin in bytes[from, to). */
export type RecordingPart = { readonly file: RecordingFile; readonly from: number; readonly to: number };

export type PartProgress = {
  readonly file: string;
  /** Bytes read on disk, of all parts so far. */
  readonly bytes: number;
  readonly lines: number;
};

export type PartOptions = {
  readonly onProgress?: (progress: PartProgress) => void;
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Waited for after every piece that was read: the taker has work to do. */
  readonly pause?: () => Promise<void>;
};

/** Before a part that begins inside a file so many bytes are looked at for events that it may repeat. */
const LOOK_BACK_BYTES = 16 << 20;
const PROGRESS_BYTES = 16 << 20;

/** Reads parts, in order, into a fold. */
export async function foldParts(
  parts: readonly RecordingPart[],
  fold: EventTaker,
  options: PartOptions = {},
): Promise<void> {
  const reader = new RecordingFold(fold);
  const state = { bytes: 0, next: PROGRESS_BYTES };
  const tell = (file: string, bytes: number) => {
    state.bytes += bytes;
    if (state.bytes < state.next || options.onProgress === undefined) return;
    state.next = state.bytes + PROGRESS_BYTES;
    options.onProgress({ file, bytes: state.bytes, lines: reader.linesRead });
  };
  for (const part of parts) {
    const { path, compression } = part.file;
    const read = async (bytes: number) => {
      tell(path, bytes);
      if (options.pause !== undefined) await options.pause();
    };
    if (path !== STDIN && compression === "none") await readPlain(part, reader, read);
    else await readStream(part, reader, options.stdin, read);
  }
  reader.summarize();
}

/** A plain file by its descriptor: no copies, and other parts of it may be read elsewhere at the same time. */
async function readPlain(
  part: RecordingPart,
  reader: RecordingFold,
  tell: (bytes: number) => Promise<void>,
): Promise<void> {
  const descriptor = openSync(part.file.path, "r");
  try {
    if (part.from > 0) lookBack(descriptor, part.from, reader);
    const start = part.from === 0 ? 0 : lineStart(descriptor, part.from);
    const cutter = reader.begin(part.file.path, { offset: start, stop: part.to });
    const piece = new Uint8Array(PIECE_BYTES);
    let at = start;
    let read = 0;
    // The line that begins before `to` is read whole, however far it reaches.
    while (at - piece.length < part.to && (read = readSync(descriptor, piece, 0, piece.length, at)) > 0) {
      cutter.push(piece.subarray(0, read));
      at += read;
      await tell(read);
      if ((at - start) % (64 << 20) < PIECE_BYTES) await breathe();
    }
    reader.finish(cutter);
  } finally {
    closeSync(descriptor);
  }
}

/** Lets timers and messages through. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Where the first line begins at or after `from`: a line belongs to the part in which it begins. */
function lineStart(descriptor: number, from: number): number {
  const piece = Buffer.alloc(1 << 16);
  for (let at = from - 1; ; at += piece.length) {
    const read = readSync(descriptor, piece, 0, piece.length, at);
    const newline = piece.subarray(0, read).indexOf(10);
    if (newline >= 0) return at + newline + 1;
    if (read < piece.length) return at + read;
  }
}

/** Events shortly before the part, so that what a reconnect recorded twice is not counted on both sides of the cut. */
function lookBack(descriptor: number, from: number, reader: RecordingFold): void {
  const start = Math.max(0, from - LOOK_BACK_BYTES);
  const cutter = new LineCutter({
    line: (bytes, first, end) => reader.remember(bytes, first, end),
    tooLong: () => {},
  });
  const piece = new Uint8Array(PIECE_BYTES);
  for (let at = start; at < from; ) {
    const read = readSync(descriptor, piece, 0, Math.min(piece.length, from - at), at);
    if (read === 0) return;
    cutter.push(piece.subarray(0, read));
    at += read;
  }
}

async function readStream(
  part: RecordingPart,
  reader: RecordingFold,
  stdin: AsyncIterable<Uint8Array> | undefined,
  tell: (bytes: number) => Promise<void>,
): Promise<void> {
  const { path } = part.file;
  const isStdin = path === STDIN;
  const source = isStdin
    ? sniffed(stdin ?? process.stdin)
    : { pieces: fileStream(path), compression: part.file.compression };
  const { pieces, compression } = await source;
  const cutter = reader.begin(isStdin ? "standard input" : path);
  const count: ReadCount = { compressed: 0, plain: 0 };
  const reading = uncompressed(pieces, compression, isStdin ? "standard input" : path, count);
  let told = 0;
  for (;;) {
    const next = await reading.next();
    if (next.done === true) {
      reader.finish(cutter, next.value.isBroken);
      return;
    }
    cutter.push(next.value);
    await tell(count.compressed - told);
    told = count.compressed;
  }
}

/** Standard input with the compression that its first bytes show. */
export async function sniffed(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head = first.done === true ? new Uint8Array(0) : first.value;
  const pieces = (async function* () {
    if (first.done !== true) yield head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  })();
  return { pieces, compression: compressionOf(head) };
}
