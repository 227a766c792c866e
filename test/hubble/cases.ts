import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const FOLDER = join(import.meta.dirname, "..", "fixtures", "hubble");

/** The text of a fixture; compressed ones uncompressed. */
export function fixtureText(name: string): string {
  const bytes = readFileSync(join(FOLDER, name));
  return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

export function fixturePath(name: string): string {
  return join(FOLDER, name);
}

/** The lines of a fixture. */
export function fixtureLines(name: string): readonly string[] {
  return fixtureText(name).trimEnd().split("\n");
}

/** The cases of a fixture of JSON Lines. */
export function fixtureCases<T>(name: string): readonly T[] {
  return fixtureLines(name).map((line) => JSON.parse(line) as T);
}
