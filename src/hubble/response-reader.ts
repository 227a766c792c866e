import { quote } from "#engine/validate/go-text.ts";
import type { Message } from "./message.ts";
import { ProtoError } from "./protojson/parse.ts";
import { readProtojson } from "./protojson/read.ts";

/** A warning as the hubble CLI logs it. */
export type LogWarning = (
  level: "WARN" | "ERROR",
  message: string,
  attributes: readonly (readonly [name: string, value: string])[],
) => void;

/**
 * Reads lines of recordings as Hubble's own client does: an unknown field is told once, and passed over from then on; a
 * line that is no response is told and passed over. Upstream: hubble/cmd/observe ioReaderClient.unmarshalNext.
 */
export class ResponseReader {
  private isLenient = false;
  private readonly warn: LogWarning;
  private readonly decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(warn: LogWarning) {
    this.warn = warn;
  }

  /** The GetFlowsResponse in canonical form; null for a line that is none. */
  read(line: Uint8Array): Message | null {
    const text = this.decode(line);
    if (text === null) return null;
    const strict = this.isLenient ? null : tryRead(text, false);
    if (strict !== null && !(strict instanceof ProtoError)) return strict;
    const lenient = tryRead(text, true);
    if (lenient instanceof ProtoError) {
      this.unreadable(lenient.message, text);
      return null;
    }
    if (strict !== null) {
      this.isLenient = true;
      const message = "unknown field detected, upgrade the Hubble CLI to get rid of this warning";
      this.warn("WARN", message, [["error", strict.message]]);
    }
    return lenient;
  }

  private decode(line: Uint8Array): string | null {
    try {
      return this.decoder.decode(line);
    } catch {
      this.unreadable("proto: invalid UTF-8", new TextDecoder().decode(line));
      return null;
    }
  }

  private unreadable(error: string, line: string): void {
    this.warn("WARN", "Failed to unmarshal json to flow", [
      ["error", error],
      ["line", line],
    ]);
  }
}

function tryRead(text: string, discardUnknown: boolean): Message | ProtoError {
  try {
    return readProtojson(text, "GetFlowsResponse", { discardUnknown });
  } catch (error) {
    if (error instanceof ProtoError) return error;
    throw error;
  }
}

/** A line of Go's structured log. Upstream: slog.TextHandler. */
export function logLine(
  time: string,
  level: "DEBUG" | "WARN" | "ERROR",
  message: string,
  attributes: readonly (readonly [name: string, value: string])[],
): string {
  const pairs = [["time", time], ["level", level], ["msg", message], ...attributes];
  return `${pairs.map(([name, value = ""]) => `${name}=${logValue(value)}`).join(" ")}\n`;
}

/** Quoted where it is not plain. */
function logValue(value: string): string {
  return /^[^\s"=\p{C}\u007f]+$/u.test(value) ? value : quote(value);
}
