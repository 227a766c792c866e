import { quote } from "#engine/validate/go-text.ts";
import { quoteRune } from "../go-text.ts";
import { FlagError, flagTitle, type HubbleFlag } from "./flag.ts";

/** Takes a flag's value; throws FlagError when it cannot be one. */
export type SetFlag = (flag: HubbleFlag, value: string) => void;

/** The flags by name and by letter. */
export type FlagTable = {
  readonly byName: ReadonlyMap<string, HubbleFlag>;
  readonly byAlias: ReadonlyMap<string, HubbleFlag>;
};

export function flagTable(flags: readonly HubbleFlag[]): FlagTable {
  return {
    byName: new Map(flags.map((flag): [string, HubbleFlag] => [flag.name, flag])),
    byAlias: new Map(
      flags.flatMap((flag): [string, HubbleFlag][] => (flag.alias === undefined ? [] : [[flag.alias, flag]])),
    ),
  };
}

/** Reads words in order, each flag set as it is met; answers the words that are no flags. Upstream: pflag FlagSet.Parse. */
export function parseFlags(words: readonly string[], table: FlagTable, set: SetFlag): readonly string[] {
  const operands: string[] = [];
  const rest = [...words];
  const reader = { table, rest, set: (flag: HubbleFlag, value: string) => setFlag(flag, value, set) };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") return [...operands, ...rest];
    if (word.startsWith("--")) parseLong(word, reader);
    else if (word.startsWith("-") && word.length > 1) parseShort(word.slice(1), reader);
    else operands.push(word);
  }
  return operands;
}

type Reader = { readonly table: FlagTable; readonly rest: string[]; readonly set: SetFlag };

function setFlag(flag: HubbleFlag, value: string, set: SetFlag): void {
  try {
    set(flag, value);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw new FlagError(`invalid argument ${quote(value)} for ${quote(flagTitle(flag))} flag: ${error.message}`);
  }
}

function parseLong(word: string, { table, rest, set }: Reader): void {
  const text = word.slice(2);
  if (text.startsWith("-") || text.startsWith("=")) throw new FlagError(`bad flag syntax: ${word}`);
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  const flag = table.byName.get(name);
  if (flag === undefined) throw new FlagError(`unknown flag: --${name}`);
  const value = equals >= 0 ? text.slice(equals + 1) : (flag.bare ?? rest.shift());
  if (value === undefined) throw new FlagError(`flag needs an argument: ${word}`);
  set(flag, value);
  // Ours: what a shell's pattern names, up to the next flag.
  while (flag.kind === "paths" && isPath(rest[0])) set(flag, rest.shift() ?? "");
}

function isPath(word: string | undefined): boolean {
  return word !== undefined && (word === "-" || !word.startsWith("-"));
}

/** `-n shop`, `-nshop`, `-n=shop`, `-fA`. */
function parseShort(letters: string, { table, rest, set }: Reader): void {
  for (let left = letters; left !== ""; ) {
    const letter = left.charAt(0);
    const flag = table.byAlias.get(letter);
    if (flag === undefined) throw new FlagError(`unknown shorthand flag: ${quoteRune(letter)} in -${left}`);
    if (left.length > 2 && left.charAt(1) === "=") return set(flag, left.slice(2));
    if (flag.bare !== undefined) {
      set(flag, flag.bare);
      left = left.slice(1);
    } else {
      const value = left.length > 1 ? left.slice(1) : rest.shift();
      if (value === undefined) throw new FlagError(`flag needs an argument: ${quoteRune(letter)} in -${left}`);
      return set(flag, value);
    }
  }
}

/** The first word that is no flag and no value of one: where cobra looks for a subcommand. Upstream: cobra stripFlags. */
export function subcommandWord(words: readonly string[], table: FlagTable): string | undefined {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") return undefined;
    const flag = word.startsWith("--")
      ? table.byName.get(word.slice(2))
      : word.length === 2
        ? table.byAlias.get(word.slice(1))
        : undefined;
    const isLone = word.startsWith("--") || (word.startsWith("-") && word.length === 2);
    if (isLone && !word.includes("=") && flag?.bare === undefined) {
      if (words.length - at - 1 <= 1) return undefined;
      at++;
    } else if (word !== "" && !word.startsWith("-")) return word;
  }
  return undefined;
}
