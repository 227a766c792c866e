import { dirname, isAbsolute, join } from "node:path";
import type { SourceManifest } from "#decode/objects/manifest.ts";
import { manifestsOf } from "#decode/objects/objects.ts";
import { type FilesWanted, readPolicyTests } from "#decode/policy-test/policy-test.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { Place } from "#model/place.ts";
import type { PolicyTest } from "#model/policy-test.ts";
import { expandPattern, loadManifests } from "#sources/manifests.ts";
import { readInputText } from "./input-text.ts";
import { isJsonLines } from "./test-files.ts";
import { textLines } from "./text-lines.ts";

/** A stretch of a test file that is read and run at once: the whole of it, or some lines of JSON Lines. */
export type TestText = { readonly file: string; readonly lines: readonly TestLine[] };
/** `number` is null for a whole file. */
export type TestLine = { readonly text: string; readonly number: number | null };

/** A test with its objects as manifests, those of `files:` among them, and the texts of these for edits. */
export type LoadedTest = {
  readonly test: PolicyTest;
  readonly place: Place;
  readonly manifests: readonly SourceManifest[];
  readonly sources: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
};

/** What is at a place of a test file: a test, or why there is none. */
export type ReadTest = LoadedTest | UserError;

/** So many lines, or characters, are handed on at once: enough to keep a worker busy, few enough to lie in memory. */
const LINES_AT_ONCE = 64;
const CHARACTERS_AT_ONCE = 512 * 1024;

/** The texts of test files in order; large sets line by line, so that they never lie in memory whole. */
export async function* testTexts(files: readonly string[]): AsyncGenerator<TestText | UserError> {
  for (const file of files) {
    try {
      if (isJsonLines(file)) yield* linesOf(file);
      else yield { file, lines: [{ text: await readInputText(file), number: null }] };
    } catch (problem) {
      if (!(problem instanceof UserError)) throw problem;
      yield problem;
    }
  }
}

async function* linesOf(file: string): AsyncGenerator<TestText> {
  let lines: TestLine[] = [];
  let characters = 0;
  try {
    for await (const line of textLines(file)) {
      if (line.text.trim() === "") continue;
      lines.push(line);
      characters += line.text.length;
      if (lines.length < LINES_AT_ONCE && characters < CHARACTERS_AT_ONCE) continue;
      yield { file, lines };
      [lines, characters] = [[], 0];
    }
  } catch (problem) {
    // What came before the place at which a file breaks off is run all the same.
    if (lines.length > 0) yield { file, lines };
    throw problem;
  }
  if (lines.length > 0) yield { file, lines };
}

/** Manifests of `files:` that tests share, read once. */
export type SharedManifests = Map<string, Pick<LoadedTest, "manifests" | "sources">>;

/** The tests of a text in order. What cannot be read is answered in its place, and the next one is read. */
export async function* testsIn({ file, lines }: TestText, shared: SharedManifests): AsyncGenerator<ReadTest> {
  for (const line of lines) yield* testsOnLine(line, file, shared);
}

async function* testsOnLine(
  { text, number }: TestLine,
  file: string,
  shared: SharedManifests,
): AsyncGenerator<ReadTest> {
  const read = attempt(() => readPolicyTests(text, file));
  if (read instanceof UserError) {
    yield atLine(read, number);
    return;
  }
  for (const [index, test] of read.tests.entries()) {
    const place = { ...read.places[index], file, ...(number === null ? {} : { line: number }) };
    const wanted = read.filesWanted.find((some) => some.test === index) ?? null;
    const findings = index === 0 ? read.findings.map((finding) => ({ ...finding, ...placedAt(finding, number) })) : [];
    yield await loaded({ test, place, wanted, findings }, shared);
  }
  for (const problem of read.problems) yield atLine(problem, number);
}

function attempt<T>(read: () => T): T | UserError {
  try {
    return read();
  } catch (problem) {
    if (problem instanceof UserError) return problem;
    throw problem;
  }
}

/** One line of JSON Lines is read for itself; places in it get the line's number. */
function atLine(problem: UserError, number: number | null): UserError {
  if (number === null || problem.place === undefined) return problem;
  const help = problem.help === undefined ? {} : { help: problem.help };
  return new UserError(problem.code, problem.message, { ...help, ...placedAt(problem, number), cause: problem });
}

function placedAt({ place }: { readonly place?: Place | undefined }, number: number | null) {
  if (place === undefined) return {};
  return { place: number === null ? place : { ...place, line: number } };
}

type Unloaded = Pick<LoadedTest, "test" | "place" | "findings"> & { readonly wanted: FilesWanted | null };

async function loaded({ test, place, wanted, findings }: Unloaded, shared: SharedManifests): Promise<ReadTest> {
  try {
    const own = manifestsOf(test.objects, test.file);
    if (wanted === null) return { test, place, findings, manifests: own, sources: {} };
    const directory = dirname(test.file ?? ".");
    const key = JSON.stringify([directory, wanted.patterns]);
    const others = shared.get(key) ?? (await manifestsAt(wanted, directory));
    shared.set(key, others);
    return { test, place, findings, manifests: [...own, ...others.manifests], sources: others.sources };
  } catch (problem) {
    if (problem instanceof UserError) return problem;
    throw problem;
  }
}

async function manifestsAt(wanted: FilesWanted, directory: string) {
  const paths: string[] = [];
  for (const pattern of wanted.patterns) {
    const found = await expandPattern(isAbsolute(pattern) ? pattern : join(directory, pattern));
    if (found.length === 0) {
      const help = "patterns are relative to the file of the test";
      throw new UserError("no-such-file", `no file matches ${pattern}`, { place: wanted.place, help });
    }
    paths.push(...found);
  }
  const { manifests, texts } = await loadManifests(paths, { wrongVersions: "keep" });
  return { manifests, sources: Object.fromEntries(texts) };
}
