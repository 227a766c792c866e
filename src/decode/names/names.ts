import type { GivenName, NameQuestion } from "#model/coverage.ts";
import { type Finding, UserError } from "#model/finding.ts";
import type { Place } from "#model/place.ts";
import { givenName, type NameEntry, nameProblem } from "./name-entry.ts";
import { documentEntries } from "./names-document.ts";
import { cacheTableEntries, hostsEntries, looksLikeCacheTable, looksLikeHosts } from "./names-table.ts";
import { looksLikeQueryLog, type QueryLog, readQueryLog } from "./query-log.ts";

/** Names and addresses read from a file, or questions, and what of it could not be read. */
export type ReadNames = {
  readonly names: readonly GivenName[];
  readonly questions: readonly NameQuestion[];
  readonly findings: readonly Finding[];
};

/** More names than this are not kept; the finding `names-bound` says so. */
const MAX_NAMES = 200_000;
/** Bad entries beyond this are counted in the last. */
const MAX_FINDINGS = 20;

/**
 * Reads a file given with `--names`: which names which addresses have, for what Hubble cannot know before a DNS rule
 * exists. The form is told by the content: a YAML or JSON map (`github.com: [140.82.112.3]`), a list of `{name, ips}`,
 * lines of a hosts file, an agent's cache (`cilium-dbg fqdn cache list`, as table or JSON, of several agents too), or
 * CoreDNS's query log, which has questions alone. Throws `UserError` when nothing of it can be read; a bad entry among
 * good ones is a finding.
 */
export function readNames(text: string, file: string): ReadNames {
  return looksLikeQueryLog(text) ? questionsOf(readQueryLog(text, file), file) : namesOf(text, file);
}

/** The forms in one line, for errors. */
export const NAME_FORMS =
  "accepted: `name: [address, …]`, a list of `{name, ips}`, hosts lines `address name…`, `cilium-dbg fqdn cache list` (with or without -o json), CoreDNS's query log";

/** What a query log told, in the same form. Throws `UserError` when that is nothing. */
export function questionsOf({ questions, otherLines, dropped }: QueryLog, file: string): ReadNames {
  if (questions.length === 0) {
    throw new UserError("bad-names", "is a CoreDNS log without questions", {
      help: "switch its plugin `log` on in the Corefile, and take: kubectl -n kube-system logs -l k8s-app=kube-dns --tail=-1",
      place: { file },
    });
  }
  const findings: Finding[] = [];
  if (otherLines > 0) findings.push(otherLinesOf(otherLines, file));
  if (dropped > 0) findings.push(tooMany(`${questions.length} different questions`, file));
  return { names: [], questions, findings };
}

function namesOf(text: string, file: string): ReadNames {
  const problems: { readonly message: string; readonly place: Place }[] = [];
  const names: GivenName[] = [];
  let dropped = 0;
  for (const entry of entriesOf(text, file)) {
    const problem = nameProblem(entry);
    if (problem !== null) problems.push({ message: problem, place: entry.place });
    else if (names.length < MAX_NAMES) names.push(givenName(entry, file));
    else dropped++;
  }
  const [first] = problems;
  if (names.length === 0 && first !== undefined) {
    throw new UserError("bad-names", `no list of names: ${first.message}`, { help: NAME_FORMS, place: first.place });
  }
  const findings = problems.slice(0, MAX_FINDINGS).map(({ message, place }) => badEntry(message, place));
  const rest = problems.length - findings.length;
  const last = findings.pop();
  if (last !== undefined) findings.push(rest > 0 ? { ...last, count: rest + 1 } : last);
  if (dropped > 0) findings.push(tooMany(`${MAX_NAMES} names`, file));
  return { names, questions: [], findings };
}

function entriesOf(text: string, file: string): readonly NameEntry[] {
  if (looksLikeHosts(text)) return hostsEntries(text, file);
  if (looksLikeCacheTable(text)) return cacheTableEntries(text, file);
  try {
    return documentEntries(text, file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError("bad-names", `no list of names: ${error.message}`, {
      help: NAME_FORMS,
      place: error.place ?? { file },
      cause: error,
    });
  }
}

function badEntry(problem: string, place: Place): Finding {
  return { id: "bad-name-entry", severity: "warn", message: `${problem}; left out`, help: NAME_FORMS, place };
}

function otherLinesOf(count: number, file: string): Finding {
  return {
    id: "names-other-lines",
    severity: "info",
    message: `${count} lines hold no question and were passed over`,
    place: { file },
  };
}

function tooMany(what: string, file: string): Finding {
  return {
    id: "names-bound",
    severity: "warn",
    message: `more than ${what}: the rest is left out`,
    help: "give only the names that the recording's addresses have",
    place: { file },
  };
}
