/** A text's 64-bit fingerprint in two halves, as signed 32-bit integers: built four bytes at a time by both readers alike. */
export type Fingerprint = readonly [high: number, low: number];

export const FINGERPRINT_START = 0x2545f491;

/** Four bytes (little endian) further into the high half. */
export function mixHigh(high: number, word: number): number {
  const mixed = Math.imul(high ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** Four bytes further into the low half; another multiplier and order keep the halves independent. */
export function mixLow(low: number, word: number): number {
  const mixed = Math.imul(low ^ (low >>> 13), 0x5bd1e995) + Math.imul(word, 0x85ebca6b);
  return mixed | 0;
}

/** The fingerprint of an ASCII text; [0, 0] for "". Bytes beyond its end count as zero. */
export function fingerprint(text: string): Fingerprint {
  if (text === "") return [0, 0];
  let high = FINGERPRINT_START;
  let low = FINGERPRINT_START;
  for (let index = 0; index < text.length; index += 4) {
    const word = wordAt(text, index);
    high = mixHigh(high, word);
    low = mixLow(low, word);
  }
  return [high, low];
}

function wordAt(text: string, index: number): number {
  let word = 0;
  for (let byte = 0; byte < 4 && index + byte < text.length; byte++) {
    word |= (text.charCodeAt(index + byte) & 0xff) << (8 * byte);
  }
  return word;
}
