import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { LastLines } from "#hubble/observer.ts";

const BLOCK_BYTES = 1 << 20;
/** So much is kept as it is; blocks beyond it are compressed. */
const PLAIN_BYTES = 64 << 20;

/** Lines one after the other, each with a newline; compressed once they are full and there are many. */
type Block = { bytes: Uint8Array; length: number; lines: number; isCompressed: boolean };

/**
 * Keeps the last `count` lines. Recordings compress more than ten times: a million flows of 1.6 KB take some 150 MB.
 */
export function createLastLines(count: number): LastLines {
  const blocks: Block[] = [];
  let lines = 0;
  let plainBytes = 0;
  const drop = () => {
    for (let first = blocks[0]; first !== undefined && lines - first.lines >= count; first = blocks[0]) {
      lines -= first.lines;
      if (!first.isCompressed) plainBytes -= first.bytes.length;
      blocks.shift();
    }
  };
  const begin = (needed: number): Block => {
    drop();
    const full = blocks.at(-1);
    if (full !== undefined && plainBytes > PLAIN_BYTES) plainBytes -= compress(full);
    const block = { bytes: new Uint8Array(Math.max(BLOCK_BYTES, needed)), length: 0, lines: 0, isCompressed: false };
    plainBytes += block.bytes.length;
    blocks.push(block);
    return block;
  };
  return {
    add: (bytes, start, end) => {
      const needed = end - start + 1;
      const current = blocks.at(-1);
      const block = current !== undefined && current.length + needed <= current.bytes.length ? current : begin(needed);
      block.bytes.set(bytes.subarray(start, end), block.length);
      block.length += needed;
      block.bytes[block.length - 1] = 10;
      block.lines++;
      lines++;
    },
    *drain() {
      drop();
      let extra = Math.max(0, lines - count);
      for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
        const bytes = block.isCompressed ? inflateRawSync(block.bytes) : block.bytes;
        let start = 0;
        for (; extra > 0; extra--) start = bytes.indexOf(10, start) + 1;
        yield bytes.subarray(start, block.length);
      }
      lines = 0;
      plainBytes = 0;
    },
  };
}

/** Answers how many bytes it was. */
function compress(block: Block): number {
  const before = block.bytes.length;
  const packed = deflateRawSync(block.bytes.subarray(0, block.length), { level: 1 });
  // A copy of its own: what zlib gives may lie in a larger buffer.
  block.bytes = new Uint8Array(packed);
  block.isCompressed = true;
  return before;
}
