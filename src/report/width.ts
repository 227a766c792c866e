const SGR = /\u001B\[[0-9;]*m/g;
// Combining marks and zero-width characters take no column.
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;
// East Asian wide and emoji blocks take two. Kubernetes names are ASCII; file names need not be.
const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u;

function columnsOf(character: string): number {
  if (character <= "\u007E") return 1;
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Columns that a text takes on a terminal; colour sequences take none. */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of text.replace(SGR, "")) columns += columnsOf(character);
  return columns;
}

/** Fills up with spaces to a number of columns. */
export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** A plain text cut to a number of columns; `…` stands for what is gone. Paint afterwards. */
export function cutEnd(untrusted: string, width: number): string {
  const text = withoutControls(untrusted);
  if (displayWidth(text) <= width) return text;
  let columns = 0;
  let kept = "";
  for (const character of text) {
    columns += columnsOf(character);
    if (columns > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** As `cutEnd`, from the middle: the head and the tail of a name or path say the most. */
export function cutMiddle(untrusted: string, width: number): string {
  const text = withoutControls(untrusted);
  const characters = [...text];
  if (displayWidth(text) <= width || width < 5) return cutEnd(text, width);
  let head = Math.ceil((width - 1) / 2);
  let tail = width - 1 - head;
  const cut = () => `${characters.slice(0, head).join("")}…${characters.slice(characters.length - tail).join("")}`;
  while (displayWidth(cut()) > width) {
    if (tail > 1) tail -= 1;
    else head -= 1;
  }
  return cut();
}

/** What becomes of a word longer than a line: cut in its middle, or broken over lines. */
export type LongWords = "cut" | "break";

/**
 * Words filled into lines of at most `width` columns; no line is ever longer. A non-breaking space (U+00A0) keeps two
 * words together and is printed as a space.
 */
export function wrap(text: string, width: number, long: LongWords = "cut"): readonly string[] {
  const lines: string[] = [];
  let line = "";
  const words = text.split(/[ \n]+/).filter((part) => part !== "");
  for (const fitted of words.flatMap((word) => fit(word.replaceAll("\u00A0", " "), width, long))) {
    if (line === "") line = fitted;
    else if (displayWidth(line) + 1 + displayWidth(fitted) <= width) line += ` ${fitted}`;
    else {
      lines.push(line);
      line = fitted;
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}

function fit(word: string, width: number, long: LongWords): readonly string[] {
  if (long === "cut") return [cutMiddle(word, width)];
  const parts = [""];
  for (const character of withoutControls(word)) {
    const last = parts.at(-1) ?? "";
    if (displayWidth(last) + columnsOf(character) <= width) parts[parts.length - 1] = last + character;
    else parts.push(character);
  }
  return parts;
}

/**
 * A shell command in lines of at most `width` columns, broken with a backslash so that it can still be copied.
 * A single argument longer than a line stays whole: a cut command would be a wrong one.
 */
export function wrapCommand(untrusted: string, width: number): readonly string[] {
  const command = withoutControls(untrusted);
  if (displayWidth(command) <= width) return [command];
  const lines: string[] = [];
  let line = "";
  for (const word of command.split(" ")) {
    if (line === "") line = word;
    else if (displayWidth(line) + 3 + displayWidth(word) <= width) line += ` ${word}`;
    else {
      lines.push(`${line} \\`);
      line = `  ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/**
 * Control characters and text-direction marks made visible: names come from recordings and manifests that others wrote,
 * and must not steer the reader's terminal. Everything here that fits text to a line does it.
 */
export function withoutControls(text: string): string {
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]/g, "\uFFFD");
}
