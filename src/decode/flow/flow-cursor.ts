const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;

/** Deeper nesting is left to JSON.parse. */
const MAX_DEPTH = 64;

const TRUE = [0x74, 0x72, 0x75, 0x65];
const FALSE = [0x66, 0x61, 0x6c, 0x73, 0x65];
const NULL = [0x6e, 0x75, 0x6c, 0x6c];

/** Bytes that may follow a backslash, `u` apart. */
const ESCAPES = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)));

/**
 * A place in the bytes of one line of JSON. Every `skip` and `read` moves past what it accepts and answers false (or a
 * value that says so) where JSON.parse would refuse the text, or where this reader leaves the line to JSON.parse; the
 * cursor is then worthless. It accepts exactly JSON's grammar: what it lets pass, JSON.parse lets pass.
 */
export class JsonCursor {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  at = 0;
  end = 0;
  /** The last string that `readPlainString` met: its bytes without quotes and their hash. */
  textStart = 0;
  textEnd = 0;
  textHash = 0;

  /** Points the cursor at a line. */
  attach(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = start;
    this.end = end;
  }

  /** A copy of some bytes, which outlives the buffer (a Buffer's own slice would not). */
  copy(start: number, end: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.bytes, start, end);
  }

  /** The byte at the cursor after white space; -1 at the end. */
  peek(): number {
    const { bytes, end } = this;
    let at = this.at;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.at = at;
        return byte;
      }
      at++;
    }
    this.at = at;
    return -1;
  }

  /** Moves past one byte after white space, if it is this one. */
  skip(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  skipOpenBrace(): boolean {
    return this.skip(OPEN_BRACE);
  }

  skipColon(): boolean {
    return this.skip(COLON);
  }

  /** After a member of an object: 1 when another follows (the cursor is past the comma), 0 when it ends, -1 for neither. */
  nextMember(): number {
    const byte = this.peek();
    if (byte !== COMMA && byte !== CLOSE_BRACE) return -1;
    this.at++;
    return byte === COMMA ? 1 : 0;
  }

  /** At the start of an object's members: 1 when there are any, 0 when it is empty (the cursor is past it). */
  firstMember(): number {
    if (this.peek() !== CLOSE_BRACE) return 1;
    this.at++;
    return 0;
  }

  /** A string without escapes and beyond-ASCII bytes; others are JSON.parse's. Sets textStart, textEnd, textHash. */
  readPlainString(): boolean {
    if (this.peek() !== QUOTE) return false;
    const { bytes, end } = this;
    let at = this.at + 1;
    this.textStart = at;
    let hash = 0;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.textEnd = at;
        this.textHash = hash;
        this.at = at + 1;
        return true;
      }
      if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return false;
      hash = (Math.imul(hash, 31) + byte) | 0;
      at++;
    }
    return false;
  }

  /** A non-negative whole number of at most nine digits without leading zeros; -1 for anything else. */
  readSmallNumber(): number {
    const first = this.peek();
    const { bytes, end } = this;
    const start = this.at;
    let at = start;
    let value = 0;
    while (at < end) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    this.at = at;
    const digits = at - start;
    if (digits === 0 || digits > 9 || (first === 0x30 && digits > 1)) return -1;
    return isNumberTail(bytes[at]) ? -1 : value;
  }

  /** true or false as 1 and 0; -1 for anything else. */
  readFlag(): number {
    const byte = this.peek();
    if (byte === 0x74) return this.skipWord(TRUE) ? 1 : -1;
    return byte === 0x66 && this.skipWord(FALSE) ? 0 : -1;
  }

  skipWord(word: readonly number[]): boolean {
    for (const byte of word) {
      if (this.at >= this.end || this.bytes[this.at] !== byte) return false;
      this.at++;
    }
    return true;
  }

  /** Moves past `{"source":"…","destination":"…"}` with two addresses of 17 plain bytes, exactly so; false otherwise. */
  skipMacPair(): boolean {
    const { view, at, end } = this;
    if (at + MAC_PAIR_LENGTH > end) return false;
    for (const [offset, word] of MAC_PAIR_WORDS) {
      if (view.getInt32(at + offset, true) !== word) return false;
    }
    let odd = 0;
    for (let offset = 0; offset <= 12; offset += 4) {
      odd |= oddBytes(view.getInt32(at + 11 + offset, true)) | oddBytes(view.getInt32(at + 45 + offset, true));
    }
    odd |= oddBytes(view.getInt32(at + 24, true)) | oddBytes(view.getInt32(at + 58, true));
    if (odd !== 0) return false;
    this.at = at + MAC_PAIR_LENGTH;
    return true;
  }

  /** Moves past any value. */
  skipValue(depth = 0): boolean {
    const byte = this.peek();
    if (byte === QUOTE) return this.skipString();
    if (byte === OPEN_BRACE) return depth < MAX_DEPTH && this.skipObject(depth + 1);
    if (byte === OPEN_BRACKET) return depth < MAX_DEPTH && this.skipArray(depth + 1);
    if (byte === 0x74) return this.skipWord(TRUE);
    if (byte === 0x66) return this.skipWord(FALSE);
    if (byte === 0x6e) return this.skipWord(NULL);
    return this.skipNumber();
  }

  private skipObject(depth: number): boolean {
    this.at++;
    let more = this.firstMember();
    while (more === 1) {
      if (this.peek() !== QUOTE || !this.skipString()) return false;
      if (!this.skipColon() || !this.skipValue(depth)) return false;
      more = this.nextMember();
    }
    return more === 0;
  }

  private skipArray(depth: number): boolean {
    this.at++;
    if (this.peek() === CLOSE_BRACKET) {
      this.at++;
      return true;
    }
    for (;;) {
      if (!this.skipValue(depth)) return false;
      const byte = this.peek();
      if (byte !== COMMA && byte !== CLOSE_BRACKET) return false;
      this.at++;
      if (byte === CLOSE_BRACKET) return true;
    }
  }

  /** Any string, escapes checked. The cursor is at its opening quote. */
  private skipString(): boolean {
    const { bytes, end } = this;
    let at = this.at + 1;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.at = at + 1;
        return true;
      }
      if (byte < 0x20) return false;
      if (byte === BACKSLASH) {
        const length = escapeLength(bytes, at + 1, end);
        if (length === 0) return false;
        at += length;
      }
      at++;
    }
    return false;
  }

  private skipNumber(): boolean {
    const { bytes, end } = this;
    let at = this.at;
    if (bytes[at] === MINUS) at++;
    if (bytes[at] === 0x30 && at < end) at++;
    else {
      const whole = digitsEnd(bytes, at, end);
      if (whole === at) return false;
      at = whole;
    }
    if (at < end && bytes[at] === 0x2e) {
      const fraction = digitsEnd(bytes, at + 1, end);
      if (fraction === at + 1) return false;
      at = fraction;
    }
    if (at < end && ((bytes[at] as number) | 0x20) === 0x65) {
      const sign = bytes[at + 1] === MINUS || bytes[at + 1] === 0x2b ? 2 : 1;
      const exponent = digitsEnd(bytes, at + sign, end);
      if (exponent === at + sign) return false;
      at = exponent;
    }
    this.at = at;
    return true;
  }
}

/** High bits for bytes of a word that are a quote, a backslash, control or beyond ASCII; 0 when all are plain. */
export function oddBytes(word: number): number {
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  const control = (word - 0x20202020) & ~word;
  return (((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) | control | word) & 0x80808080;
}

const MAC_PAIR = '{"source":"00:00:00:00:00:00","destination":"00:00:00:00:00:00"}';
const MAC_PAIR_LENGTH = MAC_PAIR.length;

/** The words of that text which are not of the addresses. */
const MAC_PAIR_WORDS: readonly (readonly [offset: number, word: number])[] = [0, 4, 7, 28, 32, 36, 40, 41, 60].map(
  (offset) => [offset, wordOf(MAC_PAIR, offset)],
);

function wordOf(text: string, offset: number): number {
  return [0, 1, 2, 3].reduce((word, byte) => word | (text.charCodeAt(offset + byte) << (8 * byte)), 0);
}

/** Bytes that make a whole number something else: `.`, `e`, `E`. */
function isNumberTail(byte: number | undefined): boolean {
  return byte === 0x2e || byte === 0x65 || byte === 0x45;
}

function digitsEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++;
  return at;
}

/** Bytes of an escape after its backslash; 0 when it is none. */
function escapeLength(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  if (bytes[at] !== 0x75) return ESCAPES.has(bytes[at] as number) ? 1 : 0;
  for (let digit = 1; digit <= 4; digit++) {
    if (at + digit >= end || !isHex(bytes[at + digit] as number)) return 0;
  }
  return 5;
}

function isHex(byte: number): boolean {
  const lower = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}
