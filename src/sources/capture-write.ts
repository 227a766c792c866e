import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { blockYaml, listItemYaml } from "#decode/object-yaml.ts";
import { UserError } from "#model/finding.ts";
import type { Json, JsonObject } from "#model/json.ts";
import { TAR_END, tarHeader, tarPadding } from "./capture-tar.ts";

/** What goes into a capture. */
export type CaptureContent = {
  readonly objects: readonly JsonObject[];
  /** The agents' ConfigMap, null when none is known. */
  readonly ciliumConfig: JsonObject | null;
  /** Lines with their newlines; null when there is no recording. */
  readonly flows: AsyncIterable<Uint8Array> | null;
  /** What capture.json tells, the file list left out. Asked for after the flows were read, so that it can count them. */
  readonly facts: () => JsonObject;
};

/** So much stands in one objects file: readers take up to 64 MB. */
const MAX_OBJECTS_BYTES = 32 << 20;

/**
 * Writes a capture: a directory, or one file when the name ends in `.tar.gz` or `.tgz`. It appears under its name only
 * when it is whole. Throws UserError when something stands there already, or the disk does not take it.
 */
export async function writeCapture(out: string, content: CaptureContent): Promise<readonly string[]> {
  const isArchive = /\.(tar\.gz|tgz)$/.test(out);
  refuseExisting(out, isArchive);
  const parent = dirname(out);
  let directory = "";
  try {
    mkdirSync(parent, { recursive: true });
    directory = mkdtempSync(join(parent, `.${basename(out)}.`));
    const files = await writeFiles(directory, content);
    if (isArchive) await pack(directory, files, out);
    else {
      rmSync(out, { recursive: true, force: true });
      await rename(directory, out);
    }
    return files;
  } catch (cause) {
    if (cause instanceof UserError || !(cause instanceof Error) || !("code" in cause)) throw cause;
    throw new UserError("cannot-write", `cannot be written: ${cause.message}`, {
      cause,
      place: { file: out },
      help: "name another place; nothing is left of this one",
    });
  } finally {
    if (directory !== "") rmSync(directory, { recursive: true, force: true });
  }
}

/** An empty directory may be filled; anything else stays untouched. */
function refuseExisting(out: string, isArchive: boolean): void {
  if (!existsSync(out)) return;
  const isEmptyDirectory = !isArchive && statSync(out).isDirectory() && readdirSync(out).length === 0;
  if (isEmptyDirectory) return;
  throw new UserError("exists", "exists already", { place: { file: out }, help: "name a new path" });
}

async function writeFiles(directory: string, content: CaptureContent): Promise<readonly string[]> {
  const files: string[] = [];
  const put = async (name: string, text: string) => {
    await writeFile(join(directory, name), text, { mode: 0o600 });
    files.push(name);
  };
  const stretches = objectTexts(content.objects);
  for (const [index, text] of stretches.entries()) {
    await put(index === 0 ? "objects.yaml" : `objects-${index + 1}.yaml`, text);
  }
  if (content.ciliumConfig !== null) await put("cilium-config.yaml", blockYaml(content.ciliumConfig));
  if (content.flows !== null) {
    const stream = createWriteStream(join(directory, "flows.jsonl.gz"), { mode: 0o600 });
    await pipeline(content.flows, createGzip(), stream);
    files.push("flows.jsonl.gz");
  }
  const facts: Json = { ...content.facts(), files: [...files] };
  await put("capture.json", `${JSON.stringify(facts, null, 2)}\n`);
  return files;
}

function objectTexts(objects: readonly JsonObject[]): readonly string[] {
  const head = "apiVersion: v1\nkind: List\nitems:\n";
  const texts: string[] = [];
  let parts: string[] = [];
  let size = 0;
  for (const object of objects) {
    const text = listItemYaml(object);
    if (size + text.length > MAX_OBJECTS_BYTES && parts.length > 0) {
      texts.push(head + parts.join(""));
      parts = [];
      size = 0;
    }
    parts.push(text);
    size += text.length;
  }
  return parts.length === 0 ? texts : [...texts, head + parts.join("")];
}

/** Below one directory that is named like the archive, capture.json first. */
async function pack(directory: string, files: readonly string[], out: string): Promise<void> {
  const top = basename(out).replace(/\.(tar\.gz|tgz)$/, "");
  const archive = join(directory, "archive");
  await pipeline(
    tarPieces(directory, files.toReversed(), top),
    createGzip(),
    createWriteStream(archive, { mode: 0o600 }),
  );
  await rename(archive, out);
}

async function* tarPieces(directory: string, files: readonly string[], top: string): AsyncGenerator<Uint8Array> {
  for (const file of files) {
    const path = join(directory, file);
    const { size, mtimeMs } = await stat(path);
    yield tarHeader(`${top}/${file}`, size, Math.floor(mtimeMs / 1000));
    yield* createReadStream(path);
    yield tarPadding(size);
  }
  yield TAR_END;
}
