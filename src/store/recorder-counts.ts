import type { FlowEvent } from "#model/flow.ts";

/** What a recorder has done since it began: for `/metrics` and for the line that is said at its end. */
export class RecorderCounts {
  flows = 0;
  kept = 0;
  /** Events that should have been kept and had no room. */
  keptLost = 0;
  gaps = 0;
  /** Versions of objects, and those that had no room. */
  objects = 0;
  objectsLost = 0;
  reconnects = 0;
  failures = 0;
  segments = 0;
  bytes = 0;
  /** Milliseconds since 1970 of the last write, null before it. */
  writtenAt: number | null = null;
  /** Servers that are recorded from, and whether each is connected. */
  readonly connected = new Map<string, boolean>();
  readonly events = new Map<string, number>();
  readonly lost = new Map<string, number>();
  readonly skipped = new Map<string, number>();

  note(event: FlowEvent): void {
    if (event.kind === "flow") this.flows++;
    else bump(this.events, event.kind, 1);
    if (event.kind === "lost")
      bump(this.lost, event.source === "" ? "UNKNOWN_LOST_EVENT_SOURCE" : event.source, event.count);
  }

  noteKept(hasRoom: boolean): void {
    if (hasRoom) this.kept++;
    else this.keptLost++;
  }

  noteObjects(taken: number, lost: number): void {
    this.objects += taken;
    this.objectsLost += lost;
  }

  noteSkipped(reason: string, lines: number): void {
    bump(this.skipped, reason, lines);
  }
}

function bump(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
