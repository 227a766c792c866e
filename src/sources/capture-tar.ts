import { UserError } from "#model/finding.ts";

const BLOCK = 512;
const MAX_HEADER_TEXT = 1 << 20;

/** Takes the bytes of one file of an archive. */
export type TarSink = { readonly write: (piece: Uint8Array) => Promise<void>; readonly end: () => Promise<void> };

/**
 * Reads a tar archive (ustar, GNU long names, pax paths and sizes). `take` answers where a file's bytes go, null to pass it
 * over. Only plain files are handed out. Throws UserError for what is no archive, or is cut.
 */
export async function readTar(
  pieces: AsyncIterable<Uint8Array>,
  file: string,
  take: (name: string, bytes: number) => Promise<TarSink | null>,
): Promise<void> {
  const reader = new ByteReader(pieces, file);
  let given: { name?: string; bytes?: number } = {};
  for (;;) {
    const header = await reader.block();
    if (header === null || header.every((byte) => byte === 0)) return;
    if (!isHeader(header)) throw broken(file, "is no tar archive");
    const size = given.bytes ?? sizeOf(header);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "L" || type === "x") {
      given = { ...given, ...(type === "L" ? { name: await longName(reader, size) } : await paxFields(reader, size)) };
      continue;
    }
    const isFile = type === "0" || type === "\0";
    const sink = isFile ? await take(given.name ?? nameOf(header), size) : null;
    given = {};
    await reader.copy(size, sink);
    await sink?.end();
  }
}

/** Cuts pieces of any size into what is asked for. */
class ByteReader {
  private readonly pieces: AsyncIterator<Uint8Array>;
  private readonly file: string;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array>, file: string) {
    this.pieces = pieces[Symbol.asyncIterator]();
    this.file = file;
  }

  /** The next block, null at the end. */
  async block(): Promise<Uint8Array | null> {
    const bytes = new Uint8Array(BLOCK);
    let filled = 0;
    while (filled < BLOCK) {
      const piece = await this.some(BLOCK - filled);
      if (piece === null && filled === 0) return null;
      if (piece === null) throw broken(this.file, "is cut");
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes;
  }

  /** Hands `size` bytes on and passes over what fills their last block. */
  async copy(size: number, sink: TarSink | null): Promise<void> {
    for (let left = size; left > 0; ) {
      const piece = await this.some(left);
      if (piece === null) throw broken(this.file, "is cut");
      left -= piece.length;
      await sink?.write(piece);
    }
    for (let padding = (BLOCK - (size % BLOCK)) % BLOCK; padding > 0; ) {
      const piece = await this.some(padding);
      if (piece === null) return;
      padding -= piece.length;
    }
  }

  async text(size: number): Promise<string> {
    if (size > MAX_HEADER_TEXT) throw broken(this.file, "has a name that is too long");
    const parts: Uint8Array[] = [];
    await this.copy(size, {
      write: async (piece) => {
        parts.push(piece.slice());
      },
      end: async () => {},
    });
    return Buffer.concat(parts).toString("utf8");
  }

  private async some(most: number): Promise<Uint8Array | null> {
    while (this.rest.length === 0) {
      const next = await this.pieces.next();
      if (next.done === true) return null;
      this.rest = next.value;
    }
    const piece = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(piece.length);
    return piece;
  }
}

async function longName(reader: ByteReader, size: number): Promise<string> {
  return (await reader.text(size)).replace(/\0+$/, "");
}

/** `LENGTH KEY=VALUE` lines. */
async function paxFields(reader: ByteReader, size: number): Promise<{ name?: string; bytes?: number }> {
  const text = await reader.text(size);
  const path = /(?:^|\n)\d+ path=([^\n]*)/.exec(text)?.[1];
  const bytes = /(?:^|\n)\d+ size=(\d+)/.exec(text)?.[1];
  return { ...(path === undefined ? {} : { name: path }), ...(bytes === undefined ? {} : { bytes: Number(bytes) }) };
}

/** Upstream: POSIX ustar; the checksum counts its own field as blanks. */
function isHeader(header: Uint8Array): boolean {
  const told = Number.parseInt(textAt(header, 148, 8).trim(), 8);
  return told === checksum(header);
}

function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0);
}

function sizeOf(header: Uint8Array): number {
  const first = header[124] ?? 0;
  if ((first & 0x80) === 0) return Number.parseInt(textAt(header, 124, 12).trim() || "0", 8);
  return header.subarray(125, 136).reduce((size, byte) => size * 256 + byte, 0);
}

function nameOf(header: Uint8Array): string {
  const prefix = textAt(header, 257, 5) === "ustar" ? textAt(header, 345, 155) : "";
  const name = textAt(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textAt(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** The header of a plain file, ustar, readable by its owner. `name` has at most 100 bytes. */
export function tarHeader(name: string, bytes: number, seconds: number): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const put = (text: string, at: number) => header.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  if (new TextEncoder().encode(name).length > 100) throw new Error(`name too long for a tar header: ${name}`);
  put(name, 0);
  put("0000600\x000000000\x000000000\x00", 100);
  if (bytes < 8 ** 11) put(octal(bytes, 11), 124);
  else for (let at = 135, left = bytes; at > 124; at--, left = Math.floor(left / 256)) header[at] = left % 256;
  if (bytes >= 8 ** 11) header[124] = 0x80;
  put(octal(seconds, 11), 136);
  put("0", 156);
  put("ustar\x0000", 257);
  put(`${octal(checksum(header), 6)}\0 `, 148);
  return header;
}

/** What fills the last block of a file. */
export function tarPadding(bytes: number): Uint8Array {
  return new Uint8Array((BLOCK - (bytes % BLOCK)) % BLOCK);
}

/** Two empty blocks end an archive. */
export const TAR_END = new Uint8Array(BLOCK * 2);

function broken(file: string, what: string): UserError {
  return new UserError("broken-archive", what, { place: { file }, help: "copy the file again" });
}
