import { redactedEvent } from "#decode/redact.ts";
import type { Finding } from "#model/finding.ts";
import { isObject, type Json } from "#model/json.ts";
import type { LiveSource } from "./live-recording.ts";
import { findRecordingFiles, STDIN } from "./recording-files.ts";
import { LineCutter } from "./recording-lines.ts";
import { sniffed } from "./recording-parts.ts";
import { fileStream, uncompressed } from "./recording-stream.ts";

/** What was copied. */
export type CopiedFlows = { lines: number; dropped: number };

/**
 * The lines of recordings, one file after the other in the order of time, for a capture: as they are, or redacted. Empty
 * lines are dropped; redacted, also those that are no JSON, since nobody knows what stands in them.
 */
export async function* captureFlows(
  paths: readonly string[],
  isRedacted: boolean,
  copied: CopiedFlows,
): AsyncGenerator<Uint8Array> {
  const { files } = await findRecordingFiles(paths);
  for (const file of files) {
    const source =
      file.path === STDIN
        ? await sniffed(process.stdin)
        : { pieces: fileStream(file.path), compression: file.compression };
    yield* copyLines(uncompressed(source.pieces, source.compression, file.path), isRedacted, copied);
  }
}

/** The same of what the rings of Hubble servers hold; what is to be said of them is added to `said`. */
export async function* captureLive(
  sources: readonly LiveSource[],
  {
    isRedacted,
    copied,
    said,
  }: { readonly isRedacted: boolean; readonly copied: CopiedFlows; readonly said: Finding[] },
): AsyncGenerator<Uint8Array> {
  const { liveLines } = await import("./live-recording.ts");
  for (const source of sources) {
    yield* copyLines(liveLines(source, { say: (finding) => said.push(finding) }), isRedacted, copied);
  }
}

async function* copyLines(
  pieces: AsyncIterable<Uint8Array>,
  isRedacted: boolean,
  copied: CopiedFlows,
): AsyncGenerator<Uint8Array> {
  let ready: string[] = [];
  const decoder = new TextDecoder();
  const take = (bytes: Uint8Array, start: number, end: number) => {
    const line = decoder.decode(bytes.subarray(start, end)).trim();
    const kept = line === "" ? null : isRedacted ? redactedLine(line) : line;
    if (kept !== null) {
      ready.push(`${kept}\n`);
      copied.lines++;
    } else if (line !== "") copied.dropped++;
  };
  const cutter = new LineCutter({ line: take, tooLong: () => copied.dropped++ });
  for await (const piece of pieces) {
    cutter.push(piece);
    if (ready.length === 0) continue;
    yield Buffer.from(ready.join(""));
    ready = [];
  }
  cutter.end(take);
  if (ready.length > 0) yield Buffer.from(ready.join(""));
}

function redactedLine(line: string): string | null {
  try {
    const event: Json = JSON.parse(line);
    return isObject(event) ? JSON.stringify(redactedEvent(event)) : null;
  } catch {
    return null;
  }
}
