import { Observer } from "#hubble/observer.ts";
import { EVERY_FLOW, type ObserveRequest } from "#hubble/observe-request.ts";
import type { PrintOptions } from "#hubble/print/format.ts";
import { createPrinter } from "#hubble/printer.ts";
import { readProtojson } from "#hubble/protojson/read.ts";
import { describe, expect, it } from "vitest";
import { fixtureLines } from "./cases.ts";

const lines = ["flows-a.jsonl.gz", "observe/input.jsonl.gz"].flatMap(fixtureLines);
// The same flows at other times and from other ports: what is remembered of the first must fit the others.
const later = lines.map((line) => line.replaceAll(/:(\d\d)(\.\d+)?Z"/g, ':07.12Z"').replace(/_port":\d/, '_port":9'));
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function observed(printed: readonly string[], print: PrintOptions): string {
  let text = "";
  const request: ObserveRequest = {
    number: EVERY_FLOW,
    isFirst: false,
    isFollow: false,
    since: null,
    until: null,
    filters: { allow: [], deny: [] },
    fieldMask: [],
    print,
    isSilent: true,
  };
  const observer = new Observer(request, {
    sink: {
      out: (more) => {
        text += more;
      },
      err: () => {},
      line: (bytes, start, end) => {
        text += `${decoder.decode(bytes.subarray(start, end))}\n`;
      },
    },
    last: { add: () => {}, drain: () => [] },
    warn: () => {},
  });
  for (const line of printed) {
    const bytes = encoder.encode(`${line}\n`);
    observer.line(bytes, 0, bytes.length - 1);
  }
  return text;
}

function careful(printed: readonly string[], print: PrintOptions): string {
  let text = "";
  const out = (more: string) => {
    text += more;
  };
  const printer = createPrinter(print, { out, err: () => {} });
  for (const line of printed) printer.response(readProtojson(line, "GetFlowsResponse", { discardUnknown: true }));
  return text;
}

const PLAIN: PrintOptions = {
  output: "compact",
  isColored: false,
  timeFormat: "StampMilli",
  hasNodeName: false,
  hasPolicyNames: false,
  isIpTranslated: true,
  isDebug: false,
};

describe("flows printed compactly from their bytes", () => {
  it.each([
    ["as they are", PLAIN],
    ["with nodes and policies", { ...PLAIN, hasNodeName: true, hasPolicyNames: true }],
    ["with addresses", { ...PLAIN, isIpTranslated: false }],
    ["in colours", { ...PLAIN, isColored: true }],
    ["with whole times", { ...PLAIN, timeFormat: "RFC3339Nano" }],
  ])("%s read as they do when printed with care", (_, print) => {
    // Met three times a line's parts are known.
    const printed = [...lines, ...lines, ...lines, ...later, ...lines];
    expect(observed(printed, print)).toBe(careful(printed, print));
  });
});
