import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { UserError } from "#model/finding.ts";

/** A manifest file, or what a compressed one unpacks to, may be this large. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

const unzip = promisify(gunzip);

/**
 * The text of a manifest file: UTF-8, or UTF-16 with a byte order mark (what PowerShell's `>` writes), gzipped or not.
 * Throws `UserError` when it is too large, packed too tightly, cut off, or no text.
 */
export async function readManifestText(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    // At once: a repository has thousands of small files, and waiting for each costs more than reading it.
    if (statSync(path).size > MAX_MANIFEST_BYTES) throw tooLarge(path);
    bytes = readFileSync(path);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError("unreadable", "cannot be read", {
      cause,
      place: { file: path },
      help: "check its permissions",
    });
  }
  return textOfBytes(bytes, path);
}

/** All of a stream, at most `MAX_MANIFEST_BYTES`. */
export async function readStreamText(stream: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > MAX_MANIFEST_BYTES) throw tooLarge(name);
    parts.push(part);
  }
  return textOfBytes(Buffer.concat(parts), name);
}

async function textOfBytes(bytes: Uint8Array, file: string): Promise<string> {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? await unpacked(bytes, file) : bytes;
  const encoding = byteOrder(plain);
  if (encoding !== null) return new TextDecoder(encoding).decode(plain);
  const zero = plain.indexOf(0);
  if (zero >= 0) throw notText(file, zero);
  if (!isUtf8(plain)) throw notText(file, firstBadByte(plain));
  return new TextDecoder().decode(plain);
}

async function unpacked(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  try {
    return await unzip(bytes, { maxOutputLength: MAX_MANIFEST_BYTES });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(file);
    throw new UserError("broken-gzip", "is no whole gzip file", {
      cause,
      place: { file },
      help: "it may have been cut while it was copied; copy it again",
    });
  }
}

function byteOrder(bytes: Uint8Array): "utf-16le" | "utf-16be" | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : null;
}

/** The offset of the first byte that is no UTF-8: before what the decoder replaces. */
function firstBadByte(bytes: Uint8Array): number {
  const text = new TextDecoder().decode(bytes);
  return new TextEncoder().encode(text.slice(0, Math.max(0, text.indexOf("\ufffd")))).length;
}

function notText(file: string, byte: number): UserError {
  return new UserError("not-text", "is no text: manifests are UTF-8", {
    place: { file, byte },
    help: "name YAML or JSON files",
  });
}

function tooLarge(file: string): UserError {
  return new UserError("too-large", `is larger than ${MAX_MANIFEST_BYTES / 1024 / 1024} MB`, {
    place: { file },
    help: "split it by kind or namespace; a flow recording is given with --flows",
  });
}
