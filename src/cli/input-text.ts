import { UserError } from "#model/finding.ts";
import { findManifestFiles } from "#sources/manifest-files.ts";
import { readManifestText, readStreamText } from "#sources/manifest-text.ts";

/** The text of one small input file, gzipped or not; `-` is standard input. */
export async function readInputText(path: string): Promise<string> {
  if (path === "-") return await readStreamText(process.stdin, "-");
  const { files } = await findManifestFiles([path]);
  if (files.length === 1 && files[0]?.path === path) return await readManifestText(path);
  throw new UserError("not-a-file", "is a directory; one file is read here", {
    place: { file: path },
    help: "name the file in it",
  });
}

/** Standard input can be read once: two flags that both name `-` are refused. */
export function refuseTwoStreams(paths: Readonly<Record<string, readonly string[]>>): void {
  const readers = Object.entries(paths).flatMap(([flag, given]) =>
    given.filter((path) => path === "-").map(() => `--${flag}`),
  );
  if (readers.length < 2) return;
  throw new UserError("two-streams", `standard input is named by ${readers.join(" and ")}: it can be read only once`, {
    help: "write one of them to a file",
  });
}
