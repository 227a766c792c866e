import type { Check } from "#lint/check.ts";
import { CHECKS } from "#lint/checks.ts";
import { type Ignore, ignoresIn, withoutIgnored } from "#lint/ignore.ts";
import { lintWorld } from "#lint/lint.ts";
import { createLintWorld, type LintInput, type LintWorld, withLinted } from "#lint/lint-world.ts";
import type { Finding } from "#model/finding.ts";
import type { LintFinding } from "#model/lint.ts";
import type { PolicyObject } from "#model/policy.ts";

/** Everything that was read when the workspace was opened. */
export type Opened = {
  readonly input: LintInput;
  readonly sources: Readonly<Record<string, string>>;
  /** Of the project's settings. */
  readonly checks: readonly Check[];
  readonly ignores: readonly Ignore[];
};

/** What one text holds. */
export type ReadText = { readonly policies: readonly PolicyObject[]; readonly said: readonly Finding[] };

/** What an editor shows of one file. */
export type FileReport = { readonly findings: readonly LintFinding[] };

const NOTHING: FileReport = { findings: [] };

/**
 * The policies of a workspace with the texts as an editor has them: files that are open count as they stand there. A
 * keystroke judges the one file's policies again, among all others; the recording is asked when a file is saved.
 */
export class LintWorkspace {
  private readonly world: LintWorld;
  private readonly opened: Opened;
  private readonly read: (file: string, text: string) => Promise<ReadText>;
  private readonly byFile = new Map<string, ReadText>();
  private readonly shownOfFlows = new Map<string, FileReport>();

  constructor(opened: Opened, read: (file: string, text: string) => Promise<ReadText>) {
    this.opened = opened;
    this.read = read;
    this.world = createLintWorld(opened.input);
    for (const policy of opened.input.linted) {
      const file = policy.file ?? "";
      const known = this.byFile.get(file) ?? { policies: [], said: [] };
      this.byFile.set(file, { ...known, policies: [...known.policies, policy] });
    }
  }

  /** The file's text is now this one. `isSettled`: it was opened or saved, and there is time for the recording. */
  async change(file: string, text: string, isSettled: boolean): Promise<FileReport> {
    const read = await this.read(file, text);
    const known = this.byFile.get(file);
    // A text that cannot be read is being typed: what it held before still counts for the others.
    const isBroken = read.said.some(({ id }) => id === "broken-manifest");
    this.byFile.set(file, isBroken && known !== undefined ? { policies: known.policies, said: read.said } : read);
    if (isBroken) return this.ignoring(file, text, { findings: read.said.map(asFinding) }, []);
    const asksFlows = ({ needs }: Check) => needs.includes("flows");
    const { checks } = this.opened;
    const own = this.judge(
      file,
      text,
      checks.filter((check) => !asksFlows(check)),
    );
    if (isSettled) this.shownOfFlows.set(file, this.judge(file, text, checks.filter(asksFlows)));
    const shown = this.shownOfFlows.get(file) ?? NOTHING;
    const all = { findings: [...own.findings, ...shown.findings] };
    return this.ignoring(file, text, all, checks);
  }

  /** The world in which this file's policies are the ones that are asked about. */
  worldOf(file: string): LintWorld {
    const { policies = [], said = [] } = this.byFile.get(file) ?? {};
    const others = [...this.byFile].flatMap(([name, one]) => (name === file ? [] : one.policies));
    return withLinted(this.world, { linted: policies, said, others });
  }

  private judge(file: string, text: string, checks: readonly Check[]): FileReport {
    const { report } = lintWorld(this.worldOf(file), {
      sources: { ...this.opened.sources, [file]: text },
      checks,
    });
    const isHere = ({ place }: LintFinding) => place.file === file;
    return { findings: report.findings.filter(isHere) };
  }

  private ignoring(file: string, text: string, { findings }: FileReport, asked: readonly Check[]): FileReport {
    const ignores = [...ignoresIn(text, file), ...this.opened.ignores];
    const report = { version: 1 as const, findings, slept: [], ignored: [], totals: NO_TOTALS };
    const checks = { known: new Set(CHECKS.map(({ id }) => id)), asked: new Set(asked.map(({ id }) => id)) };
    const kept = withoutIgnored(report, ignores, checks).findings.filter(({ place }) => place.file === file);
    return { findings: kept };
  }
}

const NO_TOTALS = { policies: 0, checks: 0, conversations: 0 };

function asFinding({ id, severity, message, help = "", place = {} }: Finding): LintFinding {
  return {
    ...{ check: id, severity, message, help, place },
    ...{ subjects: 0, subjectNames: [], peers: 0, peerNames: [], flows: 0, examples: [], fix: null },
  };
}
