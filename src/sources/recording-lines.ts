const NEWLINE = 10;
/** A longer line is no event: it is passed over. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** Takes lines as they are cut: bytes[start, end) of a buffer that is overwritten afterwards. Offsets count from the file's start. */
export type LineTaker = {
  readonly line: (bytes: Uint8Array, start: number, end: number, offset: number) => void;
  /** The line at this offset is longer than MAX_LINE_BYTES; it is passed over whole. */
  readonly tooLong: (offset: number) => void;
};

/**
 * Cuts lines out of pieces of any size. Lines inside a piece are handed out where they stand; only one that reaches
 * beyond its piece is copied.
 */
export class LineCutter {
  private readonly taker: LineTaker;
  private rest = new Uint8Array(1 << 16);
  private restLength = 0;
  private restOffset: number;
  private isTooLong = false;
  private offset: number;

  /** `offset`: of the first byte in its file. */
  constructor(taker: LineTaker, offset = 0) {
    this.taker = taker;
    this.offset = offset;
    this.restOffset = offset;
  }

  push(piece: Uint8Array): void {
    const search = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let start = this.finishRest(piece, search);
    if (start < 0) return;
    for (let end = search.indexOf(NEWLINE, start); end !== -1; end = search.indexOf(NEWLINE, start)) {
      this.taker.line(piece, start, end, this.offset + start);
      start = end + 1;
    }
    this.restOffset = this.offset + start;
    this.offset += piece.length;
    this.restLength = 0;
    if (start < piece.length) this.keep(piece.subarray(start));
  }

  /** Ends the line that began in an earlier piece; returns where the next one begins, -1 when it has not ended yet. */
  private finishRest(piece: Uint8Array, search: Buffer): number {
    if (this.restLength === 0 && !this.isTooLong) return 0;
    const end = search.indexOf(NEWLINE);
    if (end === -1) {
      this.offset += piece.length;
      this.keep(piece);
      return -1;
    }
    this.keep(piece.subarray(0, end));
    if (!this.isTooLong) this.taker.line(this.rest, 0, this.restLength, this.restOffset);
    this.isTooLong = false;
    this.restLength = 0;
    return end + 1;
  }

  private keep(bytes: Uint8Array): void {
    if (this.isTooLong) return;
    const length = this.restLength + bytes.length;
    if (length > MAX_LINE_BYTES) {
      this.isTooLong = true;
      this.restLength = 0;
      this.taker.tooLong(this.restOffset);
      return;
    }
    if (length > this.rest.length) this.grow(length);
    this.rest.set(bytes, this.restLength);
    this.restLength = length;
  }

  private grow(length: number): void {
    const larger = new Uint8Array(Math.max(length, this.rest.length * 2));
    larger.set(this.rest.subarray(0, this.restLength));
    this.rest = larger;
  }

  /** The last line, if no newline ended it. */
  end(last: LineTaker["line"]): void {
    if (this.restLength > 0) last(this.rest, 0, this.restLength, this.restOffset);
    this.restLength = 0;
    this.isTooLong = false;
  }
}
