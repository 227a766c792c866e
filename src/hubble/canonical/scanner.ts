import type { Message } from "../message.ts";
export class CanonicalScanner {
  scan(_bytes: Uint8Array, _start: number, _end: number): Message | null {
    return null;
  }
}
