import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { UserError } from "#model/finding.ts";

/** A line longer than this is no test. */
const MAX_LINE_CHARACTERS = 16 * 1024 * 1024;

export type NumberedLine = { readonly text: string; readonly number: number };

/** The lines of a text file, unpacked when its name ends in `.gz`, one at a time: large sets never lie in memory whole. */
export async function* textLines(file: string): AsyncGenerator<NumberedLine> {
  let rest = "";
  let number = 0;
  for await (const chunk of chunksOf(file)) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) yield { text, number: (number += 1) };
    if (rest.length > MAX_LINE_CHARACTERS) {
      throw new UserError("long-line", "the line is longer than 16 MB", { place: { file, line: number + 1 } });
    }
  }
  if (rest !== "") yield { text: rest, number: number + 1 };
}

async function* chunksOf(file: string): AsyncGenerator<string> {
  const bytes = createReadStream(file, { highWaterMark: 1 << 20 });
  const plain = file.endsWith(".gz") ? bytes.pipe(createGunzip()) : bytes;
  // pipe() does not hand on what goes wrong with the file.
  bytes.on("error", (error) => plain.destroy(error));
  const decoder = new TextDecoder();
  try {
    for await (const chunk of plain) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError("unreadable", `cannot be read: ${reason}`, { cause, place: { file }, help: "check the file" });
  }
}
