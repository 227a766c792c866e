import { dirname, join } from "node:path";
import type { SourceManifest } from "#decode/manifest.ts";
import { manifestsOf } from "#decode/objects.ts";
import { type FilesWanted, readPolicyTests } from "#decode/policy-test.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { PolicyTest } from "#model/policy-test.ts";
import { findManifestFiles } from "#sources/manifest-files.ts";
import { expandPattern, loadManifests } from "#sources/manifests.ts";
import { readInputText } from "./input-text.ts";
import { textLines } from "./text-lines.ts";

/** A test with its objects as manifests, those of `files:` among them. */
export type LoadedTest = {
  readonly test: PolicyTest;
  readonly manifests: readonly SourceManifest[];
  readonly findings: readonly Finding[];
};

/** The tests of files in order, one at a time. Names are unique in a run. */
export async function* readTests(files: readonly string[]): AsyncGenerator<LoadedTest> {
  const seen = new Map<string, string>();
  const shared = new Map<string, readonly SourceManifest[]>();
  for (const file of await testFiles(files)) {
    for await (const read of testsOf(file)) {
      const loaded = await withFiles(read, shared);
      const before = seen.get(loaded.test.name);
      if (before !== undefined) throw twice(loaded.test.name, file, before);
      seen.set(loaded.test.name, file);
      yield loaded;
    }
  }
}

async function testFiles(paths: readonly string[]): Promise<readonly string[]> {
  const { files } = await findManifestFiles(paths);
  return files.map((file) => file.path);
}

function twice(name: string, file: string, before: string): UserError {
  const where = before === file ? "an earlier test of this file" : `a test of ${before}`;
  return new UserError("duplicate-test", `\`${name}\` is the name of ${where} too`, {
    place: { file },
    help: "give every test of a run its own name",
  });
}

type ReadTest = {
  readonly test: PolicyTest;
  readonly wanted: FilesWanted | null;
  readonly findings: readonly Finding[];
};

async function* testsOf(file: string): AsyncGenerator<ReadTest> {
  if (!/\.jsonl(\.gz)?$/.test(file)) {
    yield* testsIn(await readInputText(file), file);
    return;
  }
  for await (const { text, number } of textLines(file)) {
    if (text.trim() !== "") yield* testsOnLine(text, file, number);
  }
}

function* testsIn(text: string, file: string): Generator<ReadTest> {
  const { tests, filesWanted, findings } = readPolicyTests(text, file);
  for (const [index, test] of tests.entries()) {
    const wanted = filesWanted.find((some) => some.test === index) ?? null;
    yield { test, wanted, findings: index === 0 ? findings : [] };
  }
}

/** One line of JSON Lines; places in it get the line's number. */
function* testsOnLine(text: string, file: string, number: number): Generator<ReadTest> {
  try {
    yield* testsIn(text, file);
  } catch (error) {
    if (!(error instanceof UserError) || error.place === undefined) throw error;
    const place = { ...error.place, line: number };
    throw new UserError(error.code, error.message, {
      place,
      cause: error,
      ...(error.help === undefined ? {} : { help: error.help }),
    });
  }
}

async function withFiles(read: ReadTest, shared: Map<string, readonly SourceManifest[]>): Promise<LoadedTest> {
  const { test, wanted, findings } = read;
  const own = manifestsOf(test.objects, test.file);
  if (wanted === null) return { test, manifests: own, findings };
  const directory = dirname(test.file ?? ".");
  const key = JSON.stringify([directory, wanted.patterns]);
  const others = shared.get(key) ?? (await manifestsAt(wanted, directory));
  shared.set(key, others);
  return { test, manifests: [...own, ...others], findings };
}

async function manifestsAt(wanted: FilesWanted, directory: string): Promise<readonly SourceManifest[]> {
  const paths: string[] = [];
  for (const pattern of wanted.patterns) {
    const found = await expandPattern(join(directory, pattern));
    if (found.length === 0) {
      const help = "patterns are relative to the file of the test";
      throw new UserError("no-such-file", `no file matches ${pattern}`, { place: wanted.place, help });
    }
    paths.push(...found);
  }
  return (await loadManifests(paths, { wrongVersions: "keep" })).manifests;
}
