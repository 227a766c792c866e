import { RE2JS } from "re2js";

/**
 * The error of Go's regexp.Compile for a pattern, null when it compiles. Policies' patterns are RE2's: no lookahead,
 * no back-references. Never a JavaScript RegExp, which takes other things and can run forever.
 *
 * re2js reports what Go reports but for a few texts, and refuses two groups of one name, which Go takes.
 */
export function regexpError(pattern: string): string | null {
  const error = compileError(pattern);
  if (error === null || !error.includes("duplicate capture group name")) return error;
  const renamed = compileError(withUniqueNames(pattern));
  return renamed === null ? null : renamed.replaceAll(UNIQUE, "");
}

function compileError(pattern: string): string | null {
  try {
    RE2JS.compile(pattern);
    return null;
  } catch (error) {
    return goText(error instanceof Error ? error.message : String(error), pattern);
  }
}

function goText(message: string, pattern: string): string {
  if (message.endsWith("trailing backslash at end of expression")) return `${message}: \`\``;
  if (message.endsWith("expression nests too deeply")) return `${message}: \`${pattern}\``;
  if (message.endsWith("invalid named capture: `(?<`")) {
    return "error parsing regexp: invalid or unsupported Perl syntax: `(?<`";
  }
  return message;
}

const UNIQUE = /__unique\d+(?=>)/g;

function withUniqueNames(pattern: string): string {
  let count = 0;
  return pattern.replaceAll(/(\(\?P?<[A-Za-z0-9_]+)(?=>)/g, (group) => `${group}__unique${count++}`);
}
