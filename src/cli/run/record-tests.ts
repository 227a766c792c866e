import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative } from "node:path";
import { recordTests } from "#analysis/record-tests/record-tests.ts";
import { UserError } from "#model/finding.ts";
import type { RecordedTest } from "#model/policy-test.ts";
import type { Coverage } from "#model/coverage.ts";
import { RECORDED_MARK, recordedYaml } from "#report/policy-test/recorded.ts";
import { counted, minuteText } from "#report/words.ts";
import { type Invocation, isOn, valueOf } from "../args.ts";
import type { ExitCode } from "../command.ts";
import { FORCE, WRITE } from "../commands/test.ts";
import { progressOf } from "../flag-values.ts";
import { ONLY } from "../flags.ts";
import { gather } from "../gather.ts";
import { gatherRequest } from "../gather-request.ts";
import type { Io } from "../io.ts";
import { testReports } from "../test-pool.ts";

/** `ringfence test --record`: gathers as `rehearse` does, makes tests of what is accepted, prints or writes them. */
export async function runRecordTests(invocation: Invocation, io: Io): Promise<ExitCode> {
  refuseOddities(invocation);
  const progress = progressOf(invocation, io);
  const gathered = await gather(gatherRequest(invocation), progress);
  const { snapshot, proposed, sources } = gathered;
  progress.update(`deciding ${snapshot.traffic.conversations.length} conversations`);
  const files = new Set(Object.keys(sources).filter((file) => file !== "-"));
  const tests = recordTests({ snapshot, proposed, only: isOn(invocation, ONLY), files });
  progress.clear();
  const directory = valueOf(invocation, WRITE);
  const origin = originOf(snapshot.traffic.coverage, files, directory ?? ".");
  if (directory !== null) return await writeTests(tests, origin, { directory, force: isOn(invocation, FORCE), io });
  await io.out(tests.map((test) => recordedYaml(test, origin)).join("---\n"));
  io.err(`${summary(tests)}\n`);
  return 0;
}

function refuseOddities(invocation: Invocation): void {
  const [operand] = invocation.operands;
  if (operand === undefined) return;
  throw new UserError("bad-arguments", `--record runs no tests: ${operand} is not read`, {
    help: "the recording is given with --flows, the policies with --policies",
  });
}

/** Where tests come from, and the policy files as they are named from the tests' directory. */
export function originOf(coverage: Coverage, files: ReadonlySet<string>, directory: string): Origin {
  return { window: windowText(coverage), files: patternsOf(files, directory) };
}

type Origin = { readonly window: string; readonly files: readonly string[] };
type Target = { readonly directory: string; readonly force: boolean; readonly io: Pick<Io, "out" | "err"> };

/** Writes one file a namespace and runs them as they lie there; 1 when one does not pass. */
export async function writeTests(tests: readonly RecordedTest[], origin: Origin, target: Target): Promise<ExitCode> {
  const { directory, force, io } = target;
  const written = tests.map((test) => ({
    path: join(directory, fileName(test)),
    text: recordedYaml(test, origin),
    test,
  }));
  if (!force) await Promise.all(written.map(({ path }) => refuseForeign(path)));
  await mkdir(directory, { recursive: true });
  for (const { path, text } of written) await writeFile(path, text);
  const run = written.filter(({ test }) => test.connections > 0).map(({ path }) => path);
  const wrong = await failuresOf(run);
  await io.out(written.map(({ path, test }) => `${path}: ${counted(test.connections, "connection")}\n`).join(""));
  io.err(`${summary(tests)}\n`);
  if (wrong.length === 0) return 0;
  io.err(
    `ringfence: not as expected when run from their files: ${wrong.join(", ")}\nhelp: run ringfence test ${directory} to see why\n`,
  );
  return 1;
}

/** Runs what was written, from its files. */
async function failuresOf(paths: readonly string[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  const printing = { output: "jsonl", text: { width: 80, color: false, all: false } };
  for await (const report of testReports(paths, { printing, filter: null })) {
    if (report.kind === "broken") wrong.push(report.message);
    if (report.kind === "ran" && report.failed > 0) wrong.push(report.name);
  }
  return wrong;
}

async function refuseForeign(path: string): Promise<void> {
  if (!existsSync(path) || (await readFile(path, "utf8")).startsWith(RECORDED_MARK)) return;
  throw new UserError("file-exists", "exists, and was not written by --record", {
    place: { file: path },
    help: "name another directory with --write, or give --force",
  });
}

/** `blog.test.yaml`; traffic outside namespaces has a name that no namespace can have. */
function fileName({ namespace }: RecordedTest): string {
  return `${namespace === null || namespace === "" ? "_outside-namespaces" : namespace}.test.yaml`;
}

function windowText({ from, to }: Coverage): string {
  if (from === null || to === null) return "";
  const text = (time: number) => minuteText(new Date(time).toISOString());
  return `${text(from)} to ${text(to)}`;
}

/** A pattern for every directory that holds policies, so that a policy added later is tested as well. */
function patternsOf(files: ReadonlySet<string>, directory: string): readonly string[] {
  const patterns = [...files].map((file) => {
    const folder = relative(directory, dirname(file));
    const extension = file.endsWith(".gz") ? null : extname(file);
    return folder === "" || extension === null || !/^\.ya?ml$/.test(extension)
      ? join(folder, relative(dirname(file), file))
      : join(folder, `*${extension}`);
  });
  return [...new Set(patterns)].sort();
}

function summary(tests: readonly RecordedTest[]): string {
  const connections = tests.reduce((sum, test) => sum + test.connections, 0);
  const leftOut = tests.reduce((sum, test) => sum + test.leftOut.length, 0);
  const rest = leftOut === 0 ? "" : `; ${leftOut} left out, each with its reason at the end of its test`;
  const written = tests.filter((test) => test.connections > 0).length;
  return `${counted(connections, "accepted connection")} in ${counted(written, "test")}${rest}`;
}
