import type { NameQuestion } from "#model/coverage.ts";
import { isAddress } from "../address.ts";
import { isName, plainName } from "./name-entry.ts";

/** The questions of a resolver's log, alike ones counted, and what was passed over. */
export type QueryLog = {
  readonly questions: readonly NameQuestion[];
  /** Lines that hold no question: a resolver logs other things as well. */
  readonly otherLines: number;
  /** Questions for which no room was left. */
  readonly dropped: number;
};

/** Different askers and names beyond this are counted, not kept. */
const MAX_QUESTIONS = 100_000;

/**
 * CoreDNS's common and combined format: `10.0.1.7:41632 - 5 "A IN api.github.com. udp 35 false 512" NOERROR qr,rd 70
 * 0.001s`, with whatever stands before it: `[INFO]`, the pod's name and the time that `kubectl logs --prefix
 * --timestamps` write. A runtime's own JSON has escaped quotes.
 * Upstream: coredns plugin/log, plugin/pkg/replacer (CommonLogFormat, CombinedLogFormat).
 */
const QUESTION =
  /(?:^|[\s"])\[?([0-9a-fA-F.:]+)\]?:\d+ - \d+ \\?"(?:TYPE)?[A-Z0-9]+ (?:CLASS)?[A-Z0-9]+ (\S+) (?:udp|tcp|tls|https|grpc|quic|dns|doq)\S* [^"\\]*\\?" (\S+) /;

/** True when one of the first lines is a question; or when nothing but CoreDNS writes such a log. */
export function looksLikeQueryLog(text: string): boolean {
  return text.split("\n", 2000).some((line) => QUESTION.test(line) || /\bCoreDNS-\d/.test(line));
}

/** Takes a log line by line; `end` gives what was told. */
export type QueryLogReader = { readonly add: (line: string) => void; readonly end: () => QueryLog };

/** Reads a CoreDNS query log. It tells who asked for which name and whether there is one, never its addresses. */
export function createQueryLog(file: string): QueryLogReader {
  const found = new Map<string, { -readonly [Key in keyof NameQuestion]: NameQuestion[Key] }>();
  let otherLines = 0;
  let dropped = 0;
  const add = (line: string) => {
    const match = QUESTION.exec(line);
    const [, asker = "", asked = "", rcode = ""] = match ?? [];
    if (match === null || !isAddress(asker) || !isName(asked)) {
      if (line.trim() !== "") otherLines++;
      return;
    }
    const name = plainName(asked);
    const known = found.get(`${asker} ${name}`);
    if (known !== undefined) {
      known.answered ||= rcode === "NOERROR";
      known.count++;
    } else if (found.size >= MAX_QUESTIONS) dropped++;
    else found.set(`${asker} ${name}`, { name, asker, answered: rcode === "NOERROR", count: 1, file });
  };
  return { add, end: () => ({ questions: [...found.values()], otherLines, dropped }) };
}

/** The same of a text that is at hand. */
export function readQueryLog(text: string, file: string): QueryLog {
  const log = createQueryLog(file);
  for (const line of text.split("\n")) log.add(line);
  return log.end();
}
