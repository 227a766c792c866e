import { FlowScanner } from "#decode/flow/flow-scanner.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { FlowEvent } from "#model/flow.ts";
import { DuplicateWindow } from "./recording-duplicates.ts";
import { LineCutter, type LineTaker, MAX_LINE_BYTES } from "./recording-lines.ts";

/** So many unreadable lines, and more than readable ones, and the file is no recording. */
const MOST_BAD_LINES = 1000;

const OPEN_BRACE = 0x7b;

/** What takes the events of a recording: a fold, or who keeps their lines too (bytes[start, end), only until it returns). */
export type EventTaker = {
  readonly add: (event: FlowEvent, bytes: Uint8Array, start: number, end: number) => void;
  /** A line that holds no event: why. */
  readonly skip: (reason: string) => void;
  readonly say: (finding: Finding) => void;
};

/** One file, or a part of it, being read. */
type Reading = {
  readonly file: string;
  readonly isWhole: boolean;
  /** Lines that begin here or later are the next part's. */
  readonly stop: number;
  good: number;
  bad: number;
  firstBad: number;
};

/**
 * Takes the lines of files into a fold and accounts for each: every line is an event or skipped for a reason, and what
 * was skipped is said with the place of its first.
 */
export class RecordingFold {
  private readonly fold: EventTaker;
  private readonly scanner = new FlowScanner();
  private readonly duplicates = new DuplicateWindow();
  private readonly unknown = new Set<string>();
  private duplicateLines = 0;
  private lines = 0;
  private reading: Reading = { file: "", isWhole: true, stop: 0, good: 0, bad: 0, firstBad: -1 };

  constructor(fold: EventTaker) {
    this.fold = fold;
  }

  get linesRead(): number {
    return this.lines;
  }

  /** A cutter for one more file, or a part of one from `offset` on to `stop` (lines that begin there are the next part's). */
  begin(
    file: string,
    part: { readonly offset: number; readonly stop: number } = { offset: 0, stop: Number.POSITIVE_INFINITY },
  ): LineCutter {
    const isWhole = part.offset === 0 && part.stop === Number.POSITIVE_INFINITY;
    this.reading = { file, isWhole, stop: part.stop, good: 0, bad: 0, firstBad: -1 };
    const line: LineTaker["line"] = (bytes, start, end, offset) => {
      if (offset < part.stop) this.take(bytes, start, end, offset);
    };
    const tooLong: LineTaker["tooLong"] = (offset) => {
      if (offset < part.stop) this.tooLong(offset);
    };
    return new LineCutter({ line, tooLong }, part.offset);
  }

  /** The file is read: its last line may be cut. `isBroken`: it ended before its time (a truncated archive). */
  finish(cutter: LineCutter, isBroken = false): void {
    const { reading } = this;
    let isCut = isBroken;
    let offset = -1;
    cutter.end((bytes, start, end, at) => {
      if (at >= reading.stop) return;
      const event = this.scanner.scan(bytes, start, end);
      if (event !== null) this.addEvent(event, bytes, start, end);
      else if (isBlank(bytes, start, end)) this.skip("blank");
      else if (bytes[start] !== OPEN_BRACE) this.bad(at);
      else {
        isCut = true;
        offset = at;
      }
    });
    if (isCut) this.cut(offset);
    if (reading.isWhole && reading.good === 0 && reading.bad > 0) throw unreadable(reading);
    if (reading.bad > 0) this.sayDamaged(reading);
  }

  /** Lines before the part that is to be read: only remembered, so that what they repeat is not counted twice. */
  remember(bytes: Uint8Array, start: number, end: number): void {
    const event = this.scanner.scan(bytes, start, end);
    if (event?.kind === "flow") this.duplicates.isKnown(event.uuidHigh, event.uuidLow, event.time ?? 0);
  }

  private take(bytes: Uint8Array, start: number, end: number, offset: number): void {
    const event = this.scanner.scan(bytes, start, end);
    if (event !== null) this.addEvent(event, bytes, start, end);
    else if (isBlank(bytes, start, end)) this.skip("blank");
    else this.bad(offset);
  }

  private addEvent(event: FlowEvent, bytes: Uint8Array, start: number, end: number): void {
    this.lines++;
    if (event.kind === "flow" && this.duplicates.isKnown(event.uuidHigh, event.uuidLow, event.time ?? 0)) {
      this.reading.good++;
      this.duplicateLines++;
      this.fold.skip("duplicate");
      return;
    }
    if (event.kind === "unknown") {
      if (this.unknown.size < 20) this.unknown.add(event.what);
      if (event.what === "") {
        this.fold.skip("not-an-event");
        this.reading.bad++;
        return;
      }
    } else this.reading.good++;
    this.fold.add(event, bytes, start, end);
  }

  private skip(reason: string): void {
    this.lines++;
    this.fold.skip(reason);
  }

  private bad(offset: number): void {
    const { reading } = this;
    this.skip("not-json");
    reading.bad++;
    if (reading.firstBad < 0) reading.firstBad = offset;
    if (reading.bad > MOST_BAD_LINES && reading.bad > reading.good) throw unreadable(reading);
  }

  private tooLong(offset: number): void {
    this.skip("too-long");
    this.reading.bad++;
    this.say({
      id: "line-too-long",
      severity: "warn",
      message: `a line is longer than ${MAX_LINE_BYTES / 1024 / 1024} MB and was passed over`,
      help: "no Hubble event is as long: the recording was damaged there",
      place: { file: this.reading.file, byte: offset },
    });
  }

  private cut(offset: number): void {
    const { file } = this.reading;
    if (offset >= 0) this.skip("cut");
    this.say({
      id: "recording-cut",
      severity: "warn",
      message: "the recording ends in the middle of a line; all before it was read",
      help: "end the recorder before the file is copied, or ignore the loss of one event",
      place: offset >= 0 ? { file, byte: offset } : { file },
    });
  }

  private sayDamaged(reading: Reading): void {
    if (reading.firstBad < 0) return;
    this.say({
      id: "recording-damaged",
      severity: "warn",
      message: "lines are no JSON and were passed over; the first is here",
      help: "look at the byte: two recorders may have written into one file",
      place: { file: reading.file, byte: reading.firstBad },
      count: reading.bad,
    });
  }

  private say(finding: Finding): void {
    this.fold.say(finding);
  }

  /** What holds for all that was read. Once, at the end. */
  summarize(): void {
    if (this.duplicateLines > 0) {
      this.say({
        id: "duplicate-lines",
        severity: "info",
        message: "events were recorded twice (same uuid): each was counted once",
        count: this.duplicateLines,
      });
    }
    if (this.scanner.invalidUtf8() > 0) {
      this.say({
        id: "invalid-utf8",
        severity: "info",
        message: "lines hold text that is not UTF-8: it was read with replacement characters",
        count: this.scanner.invalidUtf8(),
      });
    }
    if (this.unknown.size > 0) {
      const names = [...this.unknown].filter((name) => name !== "").sort();
      this.say({
        id: "unknown-events",
        severity: "info",
        message:
          names.length === 0 ? "lines hold JSON that is no event" : `events of unknown kinds: ${names.join(", ")}`,
        help: "the recording may be of a newer Hubble than this version knows",
      });
    }
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}

function unreadable(reading: Reading): UserError {
  const byte = Math.max(0, reading.firstBad);
  return new UserError("recording-unreadable", "not a recording of flows", {
    help: "one JSON object a line is expected: record with hubble observe -f -o jsonpb",
    place: { file: reading.file, byte },
  });
}
