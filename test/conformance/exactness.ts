import { CILIUM_MINORS, type CiliumMinor } from "#model/profile.ts";
import type { MinorRun } from "./run-corpus.ts";

/** One suite of the page: a file of the corpus, or another's suite that lies beside the checkout. */
export type SuiteRow = {
  readonly name: string;
  readonly minors: Readonly<Record<CiliumMinor, MinorRun>>;
  /** Keys that differ and are known to. */
  readonly knownGaps: number;
  readonly isInCorpus: boolean;
};

/** What the last long run of `npm run fuzz` came to: corpus/fuzz-record.json. */
export type FuzzRecord = {
  readonly date: string;
  readonly minutes: number;
  readonly seed: number;
  readonly versions: readonly string[];
  readonly engines: readonly string[];
  readonly worlds: number;
  readonly decisions: number;
  readonly unanswered: number;
  readonly keys: number;
  readonly differences: number;
  readonly unstable: number;
  readonly ordered: number;
};

const VERSIONS: Readonly<Record<CiliumMinor, string>> = { "1.18": "1.18.11", "1.19": "1.19.6", "1.20": "1.20.2" };

/** Text above the figures: what is claimed, what is not, and what is no code of Cilium's. */
const PREFACE = `# Exactness

<!-- written by \`npm run exactness\`: change test/conformance/exactness.ts instead -->

ringfence decides what Cilium 1.18.11, 1.19.6 and 1.20.2 decide. The expectations below were written by Cilium's own Go
code (\`oracle/\`), asked for verdict, redirect, proxy answer, authentication and the policies that decided, for each side.

**Not modelled**, so never claimed:

- the host firewall: policies with a \`nodeSelector\` are read and judged valid or not, and decide nothing;
- what a sidecar mesh, a CiliumEnvoyConfig, an Ingress or a Gateway does behind Cilium's back, and local redirect policies;
- the kernel: replies and connection tracking, a pod that talks to itself, SCTP and other protocols while they are switched
  off, encryption, full policy maps, the moments while an agent regenerates or restarts;
- requests to Kafka, \`l7proto\` and a \`listener\`: that it is redirected is said, the answer is undecided;
- TLS termination: rules that need a Secret never match;
- other clusters of a mesh (recognised, not decided), cloud groups (\`toGroups\`), a \`label-prefix-file\` (the agent's \`labels\` are).

**Reconstruction rather than Cilium's code**, in the oracle as well, so that agreement there proves less:

- HTTP and server names: Envoy decides them, and the oracle follows its filter's source; expressions are RE2's;
- the ipcache's glue: which labels an address, node or CIDR group has, copied line by line without the controllers;
- the tables of Services behind \`toServices\`, and 1.20's CIDR labels of pods;
- in 1.18 ICMP type 0, where Cilium's own lookup panics;
- two modules that Cilium pins could not be had and have near versions instead (\`statedb\` in 1.20, \`apimachinery\` in 1.18).

**Undecided** counts as an answer: a proxy was not shown the request that it decides by.
`;

const FUZZING = "## Fuzzing\n";

const REPEAT = `## Repeat it

    RINGFENCE_FULL=1 npm test                  the corpus, both engines, on Node alone
    make oracle && make corpus                 ask Cilium's code again for every expectation (Go)
    npm run fuzz -- --minutes 60 --seed 7      new worlds against Cilium's code, both engines
    npm run exactness                          this page, from a run of everything that is there
    npm run exactness -- --fuzz                its last paragraph alone, from corpus/fuzz-record.json
    ringfence test corpus/topic-g-http.jsonl.gz --output jsonl     one file, line by line
`;

/** The page, docs/exactness.md. */
export function exactnessPage(rows: readonly SuiteRow[], record: FuzzRecord, gaps: readonly string[]): string {
  const own = rows.filter(({ isInCorpus }) => isInCorpus);
  const others = rows.filter(({ isInCorpus }) => !isInCorpus);
  return [
    PREFACE,
    "## By version\n",
    table(
      ["Cilium", "decisions", "undecided", "policies judged", "keys compared", "equal", "known gaps"],
      [...CILIUM_MINORS.map((minor) => versionRow(minor, rows))],
    ),
    "## By suite\n",
    "The corpus, in `corpus/`. Decisions by version; keys over all of them.\n",
    suiteTable(own),
    "Suites of others, which may not be copied here; their cases agree with Cilium 1.20.2's code.\n",
    others.length === 0 ? "Not run: they were not there.\n" : suiteTable(others),
    "## Known gaps\n",
    "Each is run, and the tests demand that it still differs (`corpus/known-gaps.txt`).\n",
    `${gaps.map((gap) => `- ${gap}`).join("\n")}\n`,
    FUZZING,
    fuzzText(record),
    REPEAT,
  ].join("\n");
}

function versionRow(minor: CiliumMinor, rows: readonly SuiteRow[]): readonly string[] {
  const runs = rows.map(({ minors }) => minors[minor]);
  const sum = (count: (run: MinorRun) => number) => runs.reduce((total, run) => total + count(run), 0);
  const [keys, differing] = [sum((run) => run.keys), sum((run) => run.differing)];
  const counts = [sum((run) => run.connections), sum((run) => run.undecided), sum((run) => run.policies)];
  return [VERSIONS[minor], ...[...counts, keys, keys - differing, differing].map(figure)];
}

function suiteTable(rows: readonly SuiteRow[]): string {
  const head = ["suite", ...CILIUM_MINORS, "policies", "keys", "equal", "known gaps"];
  return table(head, rows.map(suiteRow));
}

function suiteRow({ name, minors, knownGaps }: SuiteRow): readonly string[] {
  const runs = CILIUM_MINORS.map((minor) => minors[minor]);
  const sum = (count: (run: MinorRun) => number) => runs.reduce((total, run) => total + count(run), 0);
  const keys = sum((run) => run.keys);
  const figures = [sum((run) => run.policies), keys, keys - sum((run) => run.differing), knownGaps];
  return [name, ...runs.map(({ connections }) => figure(connections)), ...figures.map(figure)];
}

/** The page with what another run of the fuzzer came to. */
export function withFuzzRecord(page: string, record: FuzzRecord): string {
  const [before = "", rest = ""] = page.split(FUZZING);
  if (!rest.includes(REPEAT)) throw new Error("docs/exactness.md is not as it was written: run npm run exactness");
  return [before, FUZZING, "\n", fuzzText(record), "\n", REPEAT].join("");
}

function fuzzText(record: FuzzRecord): string {
  const { date, minutes, seed, versions, engines, worlds, decisions, keys, differences } = record;
  const found = `**${differences === 0 ? "no" : figure(differences)} difference${differences === 1 ? "" : "s"}**`;
  return [
    `On ${date}, ${minutes} minutes from seed ${seed}: ${figure(worlds)} worlds made at random, ${figure(decisions)}`,
    `connections decided by Cilium ${versions.join(", ")} and by the engines ${engines.join(" and ")}, ${figure(keys)} keys`,
    `of each engine compared: ${found}. Left out: ${figure(record.unstable)} keys that Cilium's code itself answers now so,`,
    `now otherwise (the order of a Go map); ${figure(record.ordered)} that it answers otherwise when the world's other`,
    `connections are left out (what it resolved before); ${figure(record.unanswered)} connections whose policy it cannot`,
    "compute. Never made: `toGroups` before 1.20, and nodes nobody knows where policies tell nodes apart.\n",
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, index) => (index === 0 ? "---" : "---:"));
  return `${[head, rule, ...rows].map(line).join("\n")}\n`;
}

/** 12345 as 12,345. */
export function figure(count: number): string {
  return count.toLocaleString("en-US");
}
