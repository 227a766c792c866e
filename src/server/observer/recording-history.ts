import { setTimeout as sleep } from "node:timers/promises";
import { open, stat } from "node:fs/promises";
import { CanonicalScanner } from "#hubble/canonical/scanner.ts";
import type { Message } from "#hubble/message.ts";
import { ResponseReader } from "#hubble/response-reader.ts";
import type { RecordingFile } from "#sources/recording-files.ts";
import { LineCutter } from "#sources/recording-lines.ts";
import { recordingPieces } from "#sources/recording-source.ts";
import type { FlowHistory, HistoryPiece, HistoryRequest } from "./flow-history.ts";
import { HistoryTally } from "./history-tally.ts";

/** How often files are looked at for what was appended. */
const POLL_MILLISECONDS = 250;
const PIECE_BYTES = 1 << 20;

/** Files of recorded flows as a history. To follow is to read on in the last file, where it is plain text and grows. */
export function recordingHistory(files: readonly RecordingFile[], warn: (text: string) => void): FlowHistory {
  let tally: Promise<HistoryTally> | null = null;
  const tallied = () => {
    tally ??= tallyOf(files, warn);
    return tally;
  };
  return {
    view: async () => ({ pieces: (request) => piecesOf(files, request, warn) }),
    summary: async () => (await tallied()).summary(),
    namespaces: async () => (await tallied()).namespacesInOrder(),
  };
}

async function tallyOf(files: readonly RecordingFile[], warn: (text: string) => void): Promise<HistoryTally> {
  const tally = new HistoryTally();
  const { signal } = new AbortController();
  const request = { since: null, until: null, verdicts: null, isFollow: false, isFromEnd: false, signal };
  for await (const piece of piecesOf(files, request, warn)) for (const response of piece) tally.add(response);
  return tally;
}

async function* piecesOf(
  files: readonly RecordingFile[],
  { isFollow, isFromEnd, signal }: HistoryRequest,
  warn: (text: string) => void,
): AsyncGenerator<HistoryPiece> {
  const last = files.at(-1);
  const isGrowing = isFollow && last !== undefined && last.compression === "none";
  const end = isGrowing ? (await stat(last.path)).size : 0;
  const lines = new HistoryLines(warn);
  if (!isFromEnd) yield* recorded(files, lines, signal);
  if (isGrowing) yield* appended(last.path, end, { lines: new HistoryLines(warn), signal });
  else if (isFollow) await untilAborted(signal);
}

async function* recorded(
  files: readonly RecordingFile[],
  lines: HistoryLines,
  signal: AbortSignal,
): AsyncGenerator<HistoryPiece> {
  for await (const piece of recordingPieces(files)) {
    if (signal.aborted) return;
    if (piece.kind === "text") yield* lines.take(piece.bytes);
    else if (piece.kind === "end") yield* lines.end();
  }
}

async function* appended(
  path: string,
  from: number,
  { lines, signal }: { readonly lines: HistoryLines; readonly signal: AbortSignal },
): AsyncGenerator<HistoryPiece> {
  const file = await open(path, "r");
  const buffer = new Uint8Array(PIECE_BYTES);
  try {
    for (let at = from; !signal.aborted; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      at += bytesRead;
      if (bytesRead > 0) yield* lines.take(buffer.subarray(0, bytesRead));
      else await sleep(POLL_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await file.close();
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Lines as messages, one piece of text after the other. */
class HistoryLines {
  private readonly scanner = new CanonicalScanner();
  private readonly reader: ResponseReader;
  private readonly cutter: LineCutter;
  private piece: Uint8Array | null = null;
  private readonly ready: { readonly bytes: Uint8Array; readonly start: number; readonly end: number }[] = [];

  constructor(warn: (text: string) => void) {
    this.reader = new ResponseReader((_level, message) => warn(message));
    this.cutter = new LineCutter({
      line: (bytes, start, end) => this.keep(bytes, start, end),
      tooLong: () => warn("a line longer than 8 MiB was passed over"),
    });
  }

  /** Messages are handed out one at a time: each is good until the next. */
  *take(bytes: Uint8Array): Generator<HistoryPiece> {
    this.piece = bytes;
    this.cutter.push(bytes);
    yield* this.drain();
  }

  *end(): Generator<HistoryPiece> {
    this.cutter.end((bytes, start, end) => this.keep(bytes, start, end));
    yield* this.drain();
  }

  /** A line that reaches over two pieces stands in the cutter's own bytes, which the next such line overwrites. */
  private keep(bytes: Uint8Array, start: number, end: number): void {
    if (bytes === this.piece) this.ready.push({ bytes, start, end });
    else this.ready.push({ bytes: bytes.slice(start, end), start: 0, end: end - start });
  }

  private *drain(): Generator<HistoryPiece> {
    const lines = this.ready.splice(0);
    for (const { bytes, start, end } of lines) {
      const message: Message | null =
        this.scanner.scan(bytes, start, end) ?? this.reader.read(bytes.subarray(start, end));
      if (message !== null) yield [message];
    }
  }
}
