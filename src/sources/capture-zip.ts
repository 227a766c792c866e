import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createInflateRaw } from "node:zlib";
import { UserError } from "#model/finding.ts";

/** A file inside a zip archive. */
export type ZipMember = {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly compressedBytes: number;
  readonly bytes: number;
  /** Of its local header. */
  readonly offset: number;
};

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record and the longest comment behind it. */
const TAIL_BYTES = 22 + 0xffff;
const MAX_DIRECTORY_BYTES = 256 << 20;

/**
 * The files in a zip archive, from its central directory; zip64 too. Throws UserError for what is no whole archive (one
 * cut while it was copied lacks its directory, which stands at the end) and for encrypted members.
 */
export async function zipMembers(path: string): Promise<readonly ZipMember[]> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const tail = await bytesAt(file, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES), path);
    const at = lastIndexOf(tail, END);
    if (at < 0) throw broken(path, "has no directory at its end: it was cut while it was copied");
    const directory = await directoryOf(file, tail, at, path);
    if (directory.bytes > MAX_DIRECTORY_BYTES) throw broken(path, "has a directory that is too large");
    const bytes = await bytesAt(file, directory.offset, directory.bytes, path);
    return membersIn(bytes, path);
  } finally {
    await file.close();
  }
}

type Extent = { readonly offset: number; readonly bytes: number };

async function directoryOf(file: FileHandle, tail: Buffer, at: number, path: string): Promise<Extent> {
  const bytes = tail.readUInt32LE(at + 12);
  const offset = tail.readUInt32LE(at + 16);
  if (offset !== 0xffffffff && bytes !== 0xffffffff) return { offset, bytes };
  if (at < 20 || tail.readUInt32LE(at - 20) !== LOCATOR64) throw broken(path, "has a broken zip64 directory");
  const record = await bytesAt(file, Number(tail.readBigUInt64LE(at - 20 + 8)), 56, path);
  if (record.readUInt32LE(0) !== END64) throw broken(path, "has a broken zip64 directory");
  return { bytes: Number(record.readBigUInt64LE(40)), offset: Number(record.readBigUInt64LE(48)) };
}

function membersIn(bytes: Buffer, path: string): readonly ZipMember[] {
  const members: ZipMember[] = [];
  for (let at = 0; at + 46 <= bytes.length; ) {
    if (bytes.readUInt32LE(at) !== CENTRAL) throw broken(path, "has a broken directory");
    const nameBytes = bytes.readUInt16LE(at + 28);
    const extraBytes = bytes.readUInt16LE(at + 30);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameBytes);
    const method = bytes.readUInt16LE(at + 10);
    if ((bytes.readUInt16LE(at + 8) & 1) !== 0) throw broken(path, `${name} is encrypted`);
    if (method !== 0 && method !== 8)
      throw broken(path, `${name} is compressed in a way that is not known (${method})`);
    const extra = bytes.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
    const sizes = wideSizes(bytes, at, extra);
    if (!name.endsWith("/")) members.push({ name, isDeflated: method === 8, ...sizes });
    at += 46 + nameBytes + extraBytes + bytes.readUInt16LE(at + 32);
  }
  return members;
}

/** Sizes and offset, from the zip64 field for those that do not fit in 32 bits. */
function wideSizes(bytes: Buffer, at: number, extra: Buffer): Pick<ZipMember, "bytes" | "compressedBytes" | "offset"> {
  const wide = wideField(extra);
  let next = 0;
  const read = (position: number) => {
    const value = bytes.readUInt32LE(position);
    if (value !== 0xffffffff || wide === null || next + 8 > wide.length) return value;
    next += 8;
    return Number(wide.readBigUInt64LE(next - 8));
  };
  const size = read(at + 24);
  const compressedBytes = read(at + 20);
  return { bytes: size, compressedBytes, offset: read(at + 42) };
}

function wideField(extra: Buffer): Buffer | null {
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) return extra.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return null;
}

/** A member's bytes, unpacked. Throws UserError when they are damaged or not as many as the directory says. */
export async function* zipMemberBytes(path: string, member: ZipMember): AsyncGenerator<Uint8Array> {
  if (member.compressedBytes === 0) return;
  const start = await dataStart(path, member);
  const raw = createReadStream(path, { start, end: start + member.compressedBytes - 1 });
  const stream = member.isDeflated ? raw.pipe(createInflateRaw()) : raw;
  raw.on("error", (cause) => stream.destroy(cause));
  let size = 0;
  try {
    for await (const piece of stream) {
      size += piece.length;
      if (size > member.bytes) throw broken(path, `${member.name} is larger than it says`);
      yield piece;
    }
  } catch (cause) {
    throw cause instanceof UserError ? cause : broken(path, `${member.name} is damaged`, cause);
  } finally {
    raw.destroy();
  }
  if (size !== member.bytes) throw broken(path, `${member.name} is cut`);
}

async function dataStart(path: string, member: ZipMember): Promise<number> {
  const file = await open(path, "r");
  try {
    const header = await bytesAt(file, member.offset, 30, path);
    if (header.readUInt32LE(0) !== LOCAL) throw broken(path, `${member.name} is not where the directory says`);
    return member.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await file.close();
  }
}

async function bytesAt(file: FileHandle, offset: number, length: number, path: string): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  if (bytesRead < length) throw broken(path, "is cut");
  return bytes;
}

function lastIndexOf(bytes: Buffer, mark: number): number {
  for (let at = bytes.length - 22; at >= 0; at--) if (bytes.readUInt32LE(at) === mark) return at;
  return -1;
}

function broken(path: string, what: string, cause?: unknown): UserError {
  return new UserError("broken-archive", what, { place: { file: path }, help: "copy the file again", cause });
}
