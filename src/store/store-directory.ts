import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Finding } from "#model/finding.ts";
import { FORMAT, MANIFEST, type Manifest, readManifest } from "./manifest.ts";

const SEGMENTS = "segments";
const UNFINISHED = "unfinished";
const DAMAGED = "damaged";
const STORE_FILE = "store.json";
const MAGIC = "PAR1";
/** An empty folder in the way is not waited for. */
const MOST_LISTINGS = 5;

/**
 * Where a store's files lie. A segment is a directory: it is written under `unfinished`, synced, and renamed into
 * `segments` in one step, so that it is there whole or not at all.
 */
export class StoreDirectory {
  readonly path: string;
  /** Segments that were looked at: nothing of one changes once it is there. */
  private readonly known = new Map<string, Manifest>();

  constructor(path: string) {
    this.path = path;
  }

  /** Makes it a store. Throws what the file system throws. */
  create(): void {
    for (const folder of [SEGMENTS, UNFINISHED]) mkdirSync(join(this.path, folder), { recursive: true });
    const file = join(this.path, STORE_FILE);
    if (formatAt(file) === null) writeSynced(file, `${JSON.stringify({ format: FORMAT })}\n`);
    syncDirectory(this.path);
  }

  /** The format that it says it has; null when it is no store. */
  format(): number | null {
    return formatAt(join(this.path, STORE_FILE));
  }

  pathOf(segment: string, file: string): string {
    return join(this.path, SEGMENTS, segment, file);
  }

  /** A new directory to write a segment into. */
  begin(name: string): string {
    const path = join(this.path, UNFINISHED, name);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Takes back what was begun. */
  discard(name: string): void {
    rmSync(join(this.path, UNFINISHED, name), { recursive: true, force: true });
  }

  /** For what has no room in the writer's memory. */
  overflow(): string {
    return join(this.path, UNFINISHED, "overflow");
  }

  /** Makes what was written a segment. From here on it survives a crash of the machine. */
  publish(manifest: Manifest): void {
    const path = join(this.path, UNFINISHED, manifest.name);
    for (const { name } of manifest.files) syncFile(join(path, name));
    writeSynced(join(path, MANIFEST), `${JSON.stringify(manifest)}\n`);
    syncDirectory(path);
    renameSync(path, join(this.path, SEGMENTS, manifest.name));
    syncDirectory(join(this.path, SEGMENTS));
  }

  /** Takes a segment away: it is gone at once, and its files soon. */
  remove(name: string): void {
    const away = join(this.path, UNFINISHED, `${name}.removed`);
    rmSync(away, { recursive: true, force: true });
    renameSync(join(this.path, SEGMENTS, name), away);
    rmSync(away, { recursive: true, force: true });
  }

  /** Removes what a writer that died left behind. Only for the one writer. */
  clean(): void {
    for (const name of namesIn(join(this.path, UNFINISHED))) {
      rmSync(join(this.path, UNFINISHED, name), { recursive: true, force: true });
    }
  }

  /** Keeps a damaged segment for people to look at, out of the way. */
  setAside(name: string): void {
    mkdirSync(join(this.path, DAMAGED), { recursive: true });
    const to = join(this.path, DAMAGED, name);
    rmSync(to, { recursive: true, force: true });
    renameSync(join(this.path, SEGMENTS, name), to);
  }

  /** The names of all segments. */
  names(): readonly string[] {
    return namesIn(join(this.path, SEGMENTS));
  }

  /**
   * Every whole segment, and for the others what is wrong with them. `isThorough`: looks into the files too. What is taken
   * away meanwhile has been joined into another that may not have been there when the names were read: they are read again.
   */
  list(isThorough = false): SegmentList {
    for (let attempt = 1; ; attempt++) {
      const list = this.listOnce(isThorough);
      if (!list.hasVanished || attempt >= MOST_LISTINGS) return list;
    }
  }

  private listOnce(isThorough: boolean): SegmentList & { readonly hasVanished: boolean } {
    const manifests: Manifest[] = [];
    const damaged: Damaged[] = [];
    let hasVanished = false;
    const names = this.names();
    this.forget(new Set(names));
    for (const name of names) {
      const found = this.known.get(name) ?? this.lookAt(name, isThorough);
      if (found === null) hasVanished = true;
      else if (typeof found === "string") damaged.push({ name, reason: found });
      else {
        manifests.push(found);
        this.known.set(name, found);
      }
    }
    return { manifests, damaged, hasVanished };
  }

  private forget(names: ReadonlySet<string>): void {
    for (const name of this.known.keys()) if (!names.has(name)) this.known.delete(name);
  }

  /** A segment's manifest, what is wrong with it, or null when it has just been taken away. */
  private lookAt(name: string, isThorough: boolean): Manifest | string | null {
    const folder = join(this.path, SEGMENTS, name);
    const text = textAt(join(folder, MANIFEST));
    if (text === null) return namesIn(folder).length === 0 ? null : "it has no manifest";
    const manifest = readManifest(text);
    if (manifest === null || manifest.name !== name) return "its manifest cannot be read";
    for (const { name: file, bytes } of manifest.files) {
      const wrong = wrongWith(join(folder, file), bytes, isThorough);
      if (wrong !== null) return textAt(join(folder, MANIFEST)) === null ? null : `${file} ${wrong}`;
    }
    return manifest;
  }
}

export type SegmentList = { readonly manifests: readonly Manifest[]; readonly damaged: readonly Damaged[] };

export type Damaged = { readonly name: string; readonly reason: string };

/** What to say of a damaged segment. */
export function damagedFinding({ name, reason }: Damaged, path: string, isMoved: boolean): Finding {
  return {
    id: "store-damaged",
    severity: "warn",
    message: `segment ${name} is damaged: ${reason}; ${isMoved ? `it was set aside under ${DAMAGED}/` : "it is passed over"}`,
    help: "what it held is missing here; look for a failing disk, or copy the segment again from a backup",
    place: { file: join(path, isMoved ? DAMAGED : SEGMENTS, name) },
  };
}

function wrongWith(path: string, bytes: number, isThorough: boolean): string | null {
  try {
    const { size } = statSync(path);
    if (size !== bytes) return `is ${size} bytes long instead of ${bytes}`;
    return isThorough && path.endsWith(".parquet") && !endsAsParquet(path, size)
      ? "does not end as a Parquet file"
      : null;
  } catch {
    return "is missing";
  }
}

function endsAsParquet(path: string, size: number): boolean {
  const descriptor = openSync(path, "r");
  try {
    const end = Buffer.alloc(MAGIC.length);
    readSync(descriptor, end, 0, end.length, size - end.length);
    return end.toString("latin1") === MAGIC;
  } finally {
    closeSync(descriptor);
  }
}

function formatAt(file: string): number | null {
  const text = textAt(file);
  try {
    const format: unknown = text === null ? null : JSON.parse(text).format;
    return typeof format === "number" ? format : null;
  } catch {
    return null;
  }
}

function textAt(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** Without hidden ones; none when the folder is not there. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith("."))
      .sort();
  } catch {
    return [];
  }
}

export function writeSynced(file: string, text: string): void {
  const temporary = `${file}.new`;
  writeFileSync(temporary, text);
  syncFile(temporary);
  renameSync(temporary, file);
}

export function syncFile(file: string): void {
  const descriptor = openSync(file, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function syncDirectory(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
