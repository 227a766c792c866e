import type { Io } from "../io.ts";

const BUFFER_CHARACTERS = 64 * 1024;

/** Writes text piece by piece, in writes worth making, waiting for each; stops when the reader has gone. */
export async function printChunks(chunks: Iterable<string>, io: Io): Promise<void> {
  let buffer = "";
  for (const chunk of chunks) {
    buffer += chunk;
    if (buffer.length < BUFFER_CHARACTERS) continue;
    await io.out(buffer);
    buffer = "";
    if (!io.isOpen()) return;
  }
  await io.out(buffer);
}
