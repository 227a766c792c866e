import { describe, expect, it } from "vitest";
import { keyText, readPlainScalar, readScalar } from "./scalar.ts";
import { SCALARS } from "./scalar.table.ts";

/** The rows hold a scalar as written in a file: quoted, tagged or plain. */
function split(written: string): { text: string; tag: string | null; plain: boolean } {
  const tagged = /^(!\S*)(?: (.*))?$/.exec(written);
  const tag = tagged?.[1] ?? null;
  const rest = tagged === null ? written : (tagged[2] ?? "");
  const quoted = /^(["'])(.*)\1$/.exec(rest);
  return { text: quoted?.[2] ?? rest, tag, plain: quoted === null };
}

describe("a scalar is read as kubectl reads it", () => {
  it.each(SCALARS)("%s is %s, as a key %s", (written, json, key) => {
    const { text, tag, plain } = split(written);
    const reading = readScalar(text, tag, plain);
    const value = "value" in reading ? reading.value : undefined;
    const numberless = typeof value === "number" && !Number.isFinite(value);
    expect(value === undefined || numberless ? null : JSON.stringify(value)).toBe(
      json && JSON.stringify(JSON.parse(json)),
    );
    if (written === "<<") return; // a merge key, read by the mapping
    expect(value === undefined ? null : keyText(text, value)).toBe(key);
  });
});

it("keeps a negative zero a zero", () => {
  expect(Object.is(readPlainScalar("-0"), 0) || readPlainScalar("-0") === 0).toBe(true);
});
