import { CanonicalScanner } from "#hubble/canonical/scanner.ts";
import type { Message } from "#hubble/message.ts";
import { ProtoError } from "#hubble/protojson/parse.ts";
import { readProtojson } from "#hubble/protojson/read.ts";
import { writeProtojson } from "#hubble/protojson/write.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixtureLines } from "./cases.ts";

const lines = [...fixtureLines("flows-a.jsonl.gz"), ...fixtureLines("observe/input.jsonl.gz")];
const encoder = new TextEncoder();

/** The line read with care: null when it is none. */
function careful(line: string): Message | null {
  try {
    return readProtojson(line, "GetFlowsResponse", { discardUnknown: false });
  } catch (error) {
    if (error instanceof ProtoError) return null;
    throw error;
  }
}

/** Values of a lazy message, as they are read. */
function plain(message: Message): unknown {
  return JSON.parse(JSON.stringify(message));
}

function check(scanner: CanonicalScanner, line: string): boolean {
  // In the middle of other bytes, as lines stand in a piece.
  const bytes = encoder.encode(`x${line}\n{"flow"`);
  const scanned = scanner.scan(bytes, 1, 1 + encoder.encode(line).length);
  const read = careful(line);
  const isCanonical = read?.["flow"] !== undefined && writeProtojson(read) === line;
  if (scanned !== null) {
    expect(isCanonical, line).toBe(true);
    expect(plain(scanned), line).toEqual(plain(read ?? {}));
  }
  return scanned !== null || !isCanonical;
}

/** Where a line is changed, and how. */
const change = fc.record({
  line: fc.nat({ max: lines.length - 1 }),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat({ max: 4 }),
  put: fc.constantFrom(
    "",
    "0",
    "1",
    " ",
    '"',
    "\\",
    "\\n",
    "\\u003c",
    "<",
    "é",
    "\\u00e9",
    "\u2028",
    "{}",
    "[]",
    ",",
    "}",
    "null",
    "false",
    '"x":1,',
    ',"uuid":"1"',
    "-1",
    "00",
    ".5",
    "Z",
    "\\ud800",
  ),
});

describe("the scanner of canonical lines", () => {
  it("takes every canonical flow, and reads of it what the careful reader reads", () => {
    const scanner = new CanonicalScanner();
    // Twice: what is remembered must mean the same.
    for (const line of [...lines, ...lines, ...lines]) expect(check(scanner, line), line).toBe(true);
  });

  it("never takes a line that Hubble would print otherwise", () => {
    const scanner = new CanonicalScanner();
    for (const line of lines) check(scanner, line);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const [first] = changes;
        let line = lines[first?.line ?? 0] ?? "";
        for (const { at, cut, put } of changes) {
          const place = Math.floor(at * line.length);
          line = line.slice(0, place) + put + line.slice(place + cut);
        }
        check(scanner, line);
      }),
      { numRuns: 3000 },
    );
  });

  it("does not read beyond the end of a line that is cut", () => {
    const scanner = new CanonicalScanner();
    const [line = ""] = lines;
    const bytes = encoder.encode(line);
    for (let end = 0; end < bytes.length; end++) expect(scanner.scan(bytes, 0, end)).toBe(null);
  });
});
