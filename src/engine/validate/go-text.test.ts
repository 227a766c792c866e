import { describe, expect, it } from "vitest";
import { byteLength, jsonText, quote, upperCase } from "./go-text.ts";

describe("quote", () => {
  it.each([
    ["plain", '"plain"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["a\tb\n", '"a\\tb\\n"'],
    ["\u0001\u007f", '"\\x01\\x7f"'],
    ["é😀", '"é😀"'],
    ["\u200b\u00a0", '"\\u200b\\u00a0"'],
  ])("%j", (text, quoted) => {
    expect(quote(text)).toBe(quoted);
  });
});

describe("JSON", () => {
  it("has sorted keys, no spaces, and escapes what HTML would read", () => {
    expect(jsonText({ b: [1, true, null], a: "<é&>" })).toBe('{"a":"\\u003cé\\u0026\\u003e","b":[1,true,null]}');
  });

  it("writes numbers of any size", () => {
    expect(jsonText([1e21, 1e-7, 80, -0, 1.5])).toBe("[1e+21,1e-7,80,-0,1.5]");
  });
});

it("counts bytes", () => {
  expect(byteLength("é")).toBe(2);
});

it("makes capitals letter by letter", () => {
  expect(upperCase("tcpß")).toBe("TCPß");
});
