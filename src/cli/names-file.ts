import { stat } from "node:fs/promises";
import { NAME_FORMS, questionsOf, type ReadNames, readNames } from "#decode/names/names.ts";
import { createQueryLog, looksLikeQueryLog } from "#decode/names/query-log.ts";
import { UserError } from "#model/finding.ts";
import { readInputText } from "./input-text.ts";
import { textLines } from "./text-lines.ts";

/** So many lines tell whether a file is a query log. */
const HEAD_LINES = 200;

/** One file given with `--names`. A query log may be of any size: it is read line by line. */
export async function readNamesFile(path: string): Promise<ReadNames> {
  if (!(await isQueryLog(path))) return readNames(await readText(path), path);
  const log = createQueryLog(path);
  for await (const { text } of textLines(path)) log.add(text);
  return questionsOf(log.end(), path);
}

async function readText(path: string): Promise<string> {
  try {
    return await readInputText(path);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "not-text") throw error;
    throw new UserError("bad-names", "is no text: no list of names", {
      help: NAME_FORMS,
      place: error.place ?? { file: path },
      cause: error,
    });
  }
}

async function isQueryLog(path: string): Promise<boolean> {
  if (path === "-" || !(await isFile(path))) return false;
  const head: string[] = [];
  for await (const { text } of textLines(path)) if (head.push(text) >= HEAD_LINES) break;
  return looksLikeQueryLog(head.join("\n"));
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
