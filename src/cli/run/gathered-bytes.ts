const SIZE = 1 << 18;
const NEWLINE = 10;

/** Gathers text and lines as bytes, in order, and gives them away in large pieces: what was given away is not touched again. */
export class GatheredBytes {
  private readonly emit: (bytes: Uint8Array<ArrayBuffer>) => void;
  private readonly encoder = new TextEncoder();
  private bytes = new Uint8Array(SIZE);
  private length = 0;

  constructor(emit: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.emit = emit;
  }

  text(text: string): void {
    const { read, written } = this.encoder.encodeInto(text, this.bytes.subarray(this.length));
    if (read === text.length) {
      this.length += written;
      return;
    }
    this.flush();
    this.emit(this.encoder.encode(text));
  }

  /** The line in from[start, end), and a newline. */
  line(from: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.length + length >= SIZE) this.flush();
    if (length >= SIZE) this.emit(Uint8Array.prototype.slice.call(from, start, end));
    else {
      this.bytes.set(from.subarray(start, end), this.length);
      this.length += length;
    }
    this.bytes[this.length++] = NEWLINE;
  }

  flush(): void {
    if (this.length > 0) this.emit(this.bytes.slice(0, this.length));
    this.length = 0;
  }
}
