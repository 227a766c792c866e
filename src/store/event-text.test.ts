import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineOf, splitLine } from "./event-text.ts";

const same = (line: string) => {
  const split = splitLine(line);
  return split === null ? null : lineOf(split);
};

const LINE =
  '{"flow":{"time":"2026-09-14T08:00:00.026763580Z","uuid":"85eaae37-524f-40d4-b6a2-0d89a65251f6","IP":{"source":"10.0.0.33","destination":"10.0.2.35"},"l4":{"TCP":{"source_port":47899,"destination_port":6379}}},"time":"2026-09-14T08:00:00.026763580Z"}';

describe("a line in two parts", () => {
  it("has nothing of its own left in the template", () => {
    const split = splitLine(LINE);
    expect(split?.template).toBe(
      '{"flow":{"time":"\u0001","uuid":"\u0002","IP":{"source":"\u0005","destination":"\u0005"},"l4":{"TCP":{"source_port":\u0003,"destination_port":\u0004}}},"time":"\u0001"}',
    );
    expect(split?.time).toBe(1_789_372_800_026_763_580n);
    expect(split?.uuid).toBe("85eaae37-524f-40d4-b6a2-0d89a65251f6");
  });

  it.each([
    ["as Hubble writes it", LINE],
    [
      "times without, with short, with odd fractions",
      '{"time":"2026-01-01T00:00:00Z","a":{"time":"2026-01-01T00:00:00.5Z"},"b":{"time":"2026-01-01T00:00:00Z"}}',
    ],
    ["a time of another zone", '{"time":"2026-01-01T00:00:00+02:00","time":"no time"}'],
    ["a time that is no day", '{"time":"2026-13-41T00:00:00Z"}'],
    ["before 1970", '{"time":"1960-01-01T00:00:00.100Z"}'],
    [
      "a uuid that is none, and two of them",
      '{"uuid":"x","uuid":"85eaae37-524f-40d4-b6a2-0d89a65251f6","uuid":"85eaae37-524f-40d4-b6a2-0d89a65251f7"}',
    ],
    ["ports that no port is", '{"source_port":007,"destination_port":99999,"source_port":123456}'],
    ["a tunnel's ports and addresses beside", '{"source_port":1,"tunnel":{"source":"a","source_port":2},"source":"b"}'],
    ["escapes in values", String.raw`{"url":"http:\/\/x\"y\\","value":"\\","query":"\u0001"}`],
    ["lists of addresses and names", '{"ips":["1.1.1.1","2.2.2.2"],"destination_names":[],"ips":[]}'],
    [
      "ends as objects",
      '{"source":{"labels":["a=b"],"workloads":[{"name":"x"}]},"IP":{"source":"1"},"destination":{}}',
    ],
    ["ends with braces in their texts", '{"source":{"pod_name":"a}b{"},"destination":{"x":"}"},"uuid":"y"}'],
    ["ends twice, one in the other", '{"source":{"destination":{"source":{}}},"destination":{"a":1},"source":{"b":2}}'],
    ["a dollar in an end", '{"source":{"a":"$&$1"},"destination":{"a":"$`"}}'],
    ["a half of an end", '{"source":{"labels":["a=b"'],
    ["a half of a line", '{"time":"2026-01-01T00:00:00Z","uuid":"85ea'],
    ["nothing", ""],
  ])("comes back as it was: %s", (_, line) => expect(same(line)).toBe(line));

  it("is not taken apart when it holds the marks themselves", () => expect(splitLine('{"a":"\u0001"}')).toBeNull());

  it("comes back as it was, whatever it holds", () => {
    const key = fc.constantFrom("time", "uuid", "source_port", "source", "ips", "url", "value", "destination", "x");
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom("2026-01-01T00:00:00.120Z", "2026-01-01T00:00:00.12Z", "10.0.0.1"),
    );
    const value = fc.oneof(text, fc.nat(), fc.array(text), fc.dictionary(key, text));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value)), (members) => {
        const line = `{${members.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`).join(",")}}`;
        const back = same(line);
        if (back !== null) expect(back).toBe(line);
      }),
      { numRuns: 500 },
    );
  });

  const recordings = ["enforced", "audit"].map((phase) => `../shared/real/lab/${phase}/flows.jsonl.gz`);
  it.skipIf(!recordings.every(existsSync))("comes back as it was: every line of the lab", () => {
    for (const file of recordings) {
      const lines = gunzipSync(readFileSync(file)).toString().split("\n");
      expect(lines.filter((line) => same(line) !== line)).toEqual([]);
    }
  });
});
