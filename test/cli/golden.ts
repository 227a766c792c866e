import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";

const DIRECTORY = join(import.meta.dirname, "golden");

/** Compares a text with the file of that name under golden/; `UPDATE_GOLDEN=1` writes the file instead. */
export function expectGolden(name: string, text: string): void {
  const file = join(DIRECTORY, name);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  expect(text).toBe(readFileSync(file, "utf8"));
}
