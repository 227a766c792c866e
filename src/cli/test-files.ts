import { stat } from "node:fs/promises";
import { UserError } from "#model/finding.ts";
import { expandPattern, findManifestFiles } from "#sources/manifest-files.ts";

const TEST_FILES = "**/*.test.{yaml,yml,json,jsonl,jsonl.gz}";

/**
 * The test files behind operands: a file is itself, a directory all `*.test.yaml`, `.yml`, `.json`, `.jsonl` and
 * `.jsonl.gz` below it, a pattern what it matches. Without operands the current directory is searched.
 */
export async function findTestFiles(operands: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const operand of operands.length === 0 ? ["."] : operands) {
    if (await isDirectory(operand)) found.push(...(await testsBelow(operand, operands.length === 0)));
    else found.push(...(await findManifestFiles([operand])).files.map((file) => file.path));
  }
  return [...new Set(found)];
}

async function testsBelow(directory: string, isDefault: boolean): Promise<readonly string[]> {
  const root = directory.replace(/\/+$/, "");
  const files = await expandPattern(root === "." ? TEST_FILES : `${root}/${TEST_FILES}`);
  if (files.length > 0) return files;
  throw new UserError(
    "no-tests",
    `no tests in ${isDefault ? "this directory" : directory}: no file is named *.test.yaml`,
    {
      help: "looked for *.test.yaml, .yml, .json, .jsonl and .jsonl.gz at any depth; name a file, or write the first tests with: ringfence test --record",
    },
  );
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** True for a file that is read line by line, a test a line. */
export function isJsonLines(file: string): boolean {
  return /\.jsonl(\.gz)?$/.test(file);
}

/** Whether the JSON Lines among the files hold more than this many bytes, unpacked as far as that can be told. */
export async function isLargeSet(files: readonly string[], bytes: number): Promise<boolean> {
  let sum = 0;
  for (const file of files.filter(isJsonLines)) {
    const size = (await stat(file)).size;
    sum += file.endsWith(".gz") ? size * 10 : size;
  }
  return sum > bytes;
}
