import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Value } from "../duckdb.ts";
import { encodeRows, RowDecoder, type WireColumn } from "./row-binary.ts";

const COLUMNS: readonly WireColumn[] = [
  { name: "text", wire: "String" },
  { name: "small", wire: "UInt8" },
  { name: "day", wire: "UInt16" },
  { name: "port", wire: "Int32" },
  { name: "number", wire: "UInt32" },
  { name: "key", wire: "Int64" },
  { name: "hash", wire: "UInt64" },
  { name: "time", wire: "Float64", isNullable: true },
  { name: "uuid", wire: "UUID", isNullable: true },
];

const row = fc.tuple(
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.integer({ min: 0, max: 255 }),
  fc.integer({ min: 0, max: 65_535 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.option(fc.double({ noNaN: true })),
  fc.option(fc.uuid()),
);

function columnsOf(rows: readonly (readonly Value[])[]): readonly (readonly Value[])[] {
  return COLUMNS.map((_, column) => rows.map((values) => values[column] ?? null));
}

describe("ClickHouse's binary rows", () => {
  it("come back as they were, in pieces of any length", () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), fc.integer({ min: 1, max: 300 }), (rows, step) => {
        const bytes = encodeRows(COLUMNS, columnsOf(rows), rows.length);
        const decoder = new RowDecoder(COLUMNS);
        const found: Value[][] = COLUMNS.map(() => []);
        for (let from = 0; from < bytes.length; from += step) {
          decoder.push(bytes.subarray(from, from + step)).forEach((values, column) => found[column]?.push(...values));
        }
        expect(found).toEqual(columnsOf(rows));
        expect(decoder.left).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it("end within a row only when bytes are missing", () => {
    const bytes = encodeRows(COLUMNS.slice(0, 2), [["ab"], { all: 7 }], 1);
    expect([...bytes]).toEqual([2, 0x61, 0x62, 7]);
    const decoder = new RowDecoder(COLUMNS.slice(0, 2));
    expect(decoder.push(bytes.subarray(0, 3))).toEqual([[], []]);
    expect(decoder.left).toBe(3);
  });

  it("have a value where a column must have one", () => {
    expect(() => encodeRows(COLUMNS.slice(1, 2), [[null]], 1)).toThrow("small has no value");
  });
});
