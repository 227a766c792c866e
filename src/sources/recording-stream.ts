import { spawn } from "node:child_process";
import { accessSync, constants, createReadStream } from "node:fs";
import { delimiter, join } from "node:path";
import { type Readable, Transform } from "node:stream";
import zlib from "node:zlib";
import { Decompress } from "fzstd";
import { UserError } from "#model/finding.ts";

export type Compression = "none" | "gzip" | "zstd";

/** Pieces read at once: they stay in the core's cache while their lines are read. */
export const PIECE_BYTES = 1 << 17;
/** An archive that grows more than this many times, and beyond this size, is a bomb: recordings grow 10 to 60 times. */
const MOST_GROWTH = 400;
const HARMLESS_BYTES = 128 * 1024 * 1024;

/** Told by the first bytes, not by the name. */
export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  return isZstd ? "zstd" : "none";
}

/** What was read so far: of the file as it lies on disk, and uncompressed. */
export type ReadCount = { compressed: number; plain: number };

/**
 * The uncompressed pieces of a stream. An archive that ends too early ends the pieces after what could be read: the
 * return value says so. Throws a UserError for a damaged archive and for one that grows beyond all measure.
 */
export async function* uncompressed(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  file: string,
  count: ReadCount = { compressed: 0, plain: 0 },
): AsyncGenerator<Uint8Array, { readonly isBroken: boolean }> {
  const counted = countedPieces(source, count);
  const pieces = compression === "none" ? counted : decompressed(counted, compression);
  try {
    for await (const piece of pieces) {
      count.plain += piece.length;
      refuseBomb(count, file);
      yield piece;
    }
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    if (isTruncation(cause)) return { isBroken: true };
    throw new UserError("recording-damaged", `${file}: cannot be uncompressed: ${messageOf(cause)}`, {
      help: "copy the file again, or uncompress what can be saved of it",
      place: { file },
      cause,
    });
  }
  return { isBroken: false };
}

async function* countedPieces(source: AsyncIterable<Uint8Array>, count: ReadCount): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    count.compressed += piece.length;
    yield new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  }
}

function refuseBomb(count: ReadCount, file: string): void {
  if (count.plain < HARMLESS_BYTES || count.plain / Math.max(1, count.compressed) < MOST_GROWTH) return;
  throw new UserError(
    "recording-bomb",
    `${file}: ${count.compressed} bytes grow to more than ${count.plain}: this is no recording of flows`,
    { help: "uncompress it by hand if it is one", place: { file } },
  );
}

/** zlib's `unexpected end of file`, and the same of the others. */
function isTruncation(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? cause.code : "";
  return code === "Z_BUF_ERROR" || /unexpected (end|EOF)|premature end|truncated/i.test(messageOf(cause));
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function decompressed(source: AsyncIterable<Uint8Array>, compression: "gzip" | "zstd"): AsyncIterable<Uint8Array> {
  if (compression === "gzip") return piped(source, zlib.createGunzip({ chunkSize: PIECE_BYTES }));
  const native = nativeZstd();
  if (native !== null) return piped(source, native);
  const command = commandOnPath("zstd");
  return command === null ? zstdInJavaScript(source) : zstdByCommand(source, command);
}

/** zlib's own zstd, from Node 22.15 on. */
function nativeZstd(): Transform | null {
  const create: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (typeof create !== "function") return null;
  const stream: unknown = create({ chunkSize: PIECE_BYTES });
  return stream instanceof Transform ? stream : null;
}

async function* piped(source: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  const feeding = feed(source, transform);
  try {
    for await (const piece of transform) yield asBytes(piece);
    await feeding;
  } finally {
    transform.destroy();
    await feeding.catch(() => {});
  }
}

async function feed(source: AsyncIterable<Uint8Array>, transform: Transform): Promise<void> {
  try {
    for await (const piece of source) {
      if (transform.destroyed) return;
      if (!transform.write(piece)) await drained(transform);
    }
    transform.end();
  } catch (cause) {
    transform.destroy(cause instanceof Error ? cause : new Error(String(cause)));
  }
}

function drained(transform: Transform): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ["drain", "close", "error"]) transform.off(event, done);
      resolve();
    };
    for (const event of ["drain", "close", "error"]) transform.once(event, done);
  });
}

function asBytes(piece: unknown): Uint8Array {
  if (!(piece instanceof Uint8Array)) throw new Error("a stream of bytes gave something else");
  return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
}

/** Where a command lies on the PATH, null when it does not. */
function commandOnPath(name: string): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not there: look in the next folder
    }
  }
  return null;
}

async function* zstdByCommand(source: AsyncIterable<Uint8Array>, command: string): AsyncGenerator<Uint8Array> {
  const child = spawn(command, ["-d", "-c", "-q"], { stdio: ["pipe", "pipe", "pipe"] });
  const said: string[] = [];
  child.stderr.on("data", (text: Buffer) => said.push(text.toString()));
  const exit = new Promise<number | null>((resolve) => child.on("close", resolve));
  child.stdin.on("error", () => {});
  const feeding = (async () => {
    for await (const piece of source) {
      if (child.stdin.destroyed) break;
      if (!child.stdin.write(piece))
        await new Promise((resolve) => child.stdin.once("drain", resolve).once("close", resolve));
    }
    child.stdin.end();
  })();
  try {
    for await (const piece of child.stdout) yield asBytes(piece);
    await feeding;
    if ((await exit) !== 0) throw new Error(said.join("").trim() || "zstd failed");
  } finally {
    child.kill();
  }
}

async function* zstdInJavaScript(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const stream = new Decompress((piece) => ready.push(piece));
  for await (const piece of source) {
    stream.push(piece);
    yield* ready.splice(0);
  }
  stream.push(new Uint8Array(0), true);
  yield* ready.splice(0);
}

/** A file's bytes, in pieces. */
export function fileStream(path: string): Readable {
  return createReadStream(path, { highWaterMark: PIECE_BYTES });
}
