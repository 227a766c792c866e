import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FlagCollector, observeRequest } from "#hubble/observe-request.ts";
import type { LastLines } from "#hubble/observer.ts";
import { createLastLines } from "#cli/run/observe-last.ts";
import { StretchPrinter } from "#cli/run/observe-stretch.ts";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { inProcess } from "../cli/in-process.ts";
import { fixtureLines } from "./cases.ts";

const folder = mkdtempSync(join(tmpdir(), "observe-recordings-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const lines = fixtureLines("observe/input.jsonl.gz");
const [first = "", second = ""] = lines;
process.env["HUBBLE_CONFIG"] = join(folder, "none.yaml");

function write(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const observe = (...words: readonly string[]) => inProcess(["observe", ...words]);

describe("observe reads every recording", () => {
  it("rotated and compressed files as one, in the order of time", async () => {
    const early = write("b.jsonl.gz", gzipSync(`${lines.slice(0, 40).join("\n")}\n`));
    const late = write("a.jsonl", `${lines.slice(40).join("\n")}\n`);
    const ran = await observe("--flows", late, early, "-o", "json");
    expect(ran.stdout).toBe(`${lines.join("\n")}\n`);
  });

  it("a line over 64 KiB, where the hubble CLI stops", async () => {
    const long = first.replace('"Summary":"', `"Summary":"${"x".repeat(200_000)}`);
    const ran = await observe("--input-file", write("long.jsonl", `${long}\n${second}\n`), "-o", "json");
    expect(ran).toEqual({ status: 0, stdout: `${long}\n${second}\n`, stderr: "" });
  });

  it("a last line without newline, and lines that end as on Windows", async () => {
    const ran = await observe("--input-file", write("end.jsonl", `${first}\r\n${second}`), "-o", "json");
    expect(ran.stdout).toBe(`${first}\n${second}\n`);
  });

  it("lines across pieces of the file unharmed", async () => {
    const text = `${Array.from({ length: 30 }, () => lines.join("\n")).join("\n")}\n`;
    expect(text.length).toBeGreaterThan(3 << 20);
    const ran = await observe("--input-file", write("pieces.jsonl", text), "-o", "json");
    expect(ran.stdout === text).toBe(true);
  });

  it("an unknown field with one warning, and prints what it knows", async () => {
    const odd = first.replace('"flow":{', '"flow":{"from_the_future":1,');
    const ran = await observe("--input-file", write("odd.jsonl", `${odd}\n${odd}\n`), "-o", "json");
    expect(ran.stdout).toBe(`${first}\n${first}\n`);
    expect(ran.stderr.match(/unknown field detected/g)).toHaveLength(1);
  });

  it("a broken line with a warning that quotes it, and goes on", async () => {
    const ran = await observe("--input-file", write("broken.jsonl", `{"flow":\n${first}\n`), "-o", "json");
    expect(ran.stdout).toBe(`${first}\n`);
    expect(ran.stderr).toContain('msg="Failed to unmarshal json to flow"');
    expect(ran.stderr).toContain('line="{\\"flow\\":"');
  });

  it("a server where no recording is named, and says what to do when there is none", async () => {
    const ran = await observe("--first", "1", "--server", "127.0.0.1:9");
    expect(ran.status).toBe(2);
    expect(ran.stdout).toBe("");
    expect(ran.stderr).toMatch(/^ringfence: nothing listens at 127\.0\.0\.1:9\nhelp: is the port forwarded\?/);
  });

  it("no file that is not there, in the hubble CLI's words", async () => {
    const ran = await observe("--input-file", "/nonexistent/x");
    expect(ran).toEqual({ status: 1, stdout: "", stderr: "open /nonexistent/x: no such file or directory\n" });
  });
});

function drained(kept: LastLines): readonly string[] {
  return [...kept.drain()].flatMap((bytes) => new TextDecoder().decode(bytes).split("\n").slice(0, -1));
}

describe("a recording printed in stretches", () => {
  const text = `${lines.join("\n")}\n`;
  const file = write("stretches.jsonl", text);
  const settings = { isLegacyJson: false, isRecording: true, isDebug: false, isColorful: false };
  const inputs = { now: { seconds: 0, nanos: 0 }, allowlist: [], denylist: [] };

  it.each(["jsonpb", "compact"] as const)("is what one thread prints, wherever it is cut: %s", async (output) => {
    const whole = await observe("--input-file", file, "-o", output);
    const request = observeRequest(new FlagCollector().values(), { ...settings, ...inputs });
    const printer = new StretchPrinter({ ...request, print: { ...request.print, output } });
    for (const size of [700, 1601, 40_000, text.length, text.length + 9]) {
      let printed = "";
      for (let from = 0; from < text.length; from += size) {
        for (const bytes of printer.print({ file, from, to: from + size }).out)
          printed += new TextDecoder().decode(bytes);
      }
      expect(printed).toBe(whole.stdout);
    }
  });
});

describe("what --last keeps", () => {
  it("is the last lines, in order, however many there were", () => {
    const encoder = new TextEncoder();
    for (const [count, total] of [
      [1, 10],
      [10, 10],
      [20, 10],
      [1000, 70_000],
      [69_999, 70_000],
    ] as const) {
      const kept = createLastLines(count);
      for (let line = 0; line < total; line++) {
        const bytes = encoder.encode(`(${line} ${"x".repeat(line % 50)})`);
        kept.add(bytes, 1, bytes.length - 1);
      }
      const found = drained(kept).map((text) => Number.parseInt(text, 10));
      expect(found).toEqual(Array.from({ length: total }, (_, line) => line).slice(-count));
    }
  });

  it("survives compression", () => {
    const kept = createLastLines(40);
    const line = new Uint8Array(4 << 20).fill(0x61);
    for (let count = 0; count < 60; count++) {
      line[0] = 0x30 + count;
      kept.add(line, 0, line.length);
    }
    const found = drained(kept).map((text) => `${text.charAt(0)}${text.length}`);
    expect(found).toEqual(
      Array.from({ length: 40 }, (_, index) => `${String.fromCharCode(0x30 + 20 + index)}${line.length}`),
    );
  });
});

const example = join(import.meta.dirname, "..", "..", "examples", "homelab");
const homelab = ["--flows", join(example, "flows.jsonl.gz"), "--policies", join(example, "policies")];

describe("ours on top", () => {
  it("--decide says beside each flow what the proposal says", async () => {
    const words = [...homelab, "--objects", join(example, "objects"), "--decide", "--first", "3"];
    const ran = await observe(...words, "--to-pod", "blog/blog", "--verdict", "FORWARDED");
    expect(ran.stderr).toBe("");
    expect(ran.stdout.trimEnd().split("\n")).toHaveLength(3);
    for (const line of ran.stdout.trimEnd().split("\n")) expect(line).toMatch(/\) => (allowed|denied|undecided|-)/);
  });

  it("--decide and --distinct agree", async () => {
    const words = [
      ...homelab,
      "--objects",
      join(example, "objects"),
      "--decide",
      "--to-pod",
      "blog/blog",
      "-o",
      "json",
    ];
    const distinct = await observe(...words, "--distinct");
    const events = await observe(...words, "--first", "20", "--not", "--reply");
    const decisions = (text: string) =>
      new Set(
        text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line).decision as string),
      );
    const known = decisions(distinct.stdout);
    for (const decision of decisions(events.stdout)) if (decision !== "-") expect(known).toContain(decision);
  });

  it("--distinct counts conversations, the most frequent first", async () => {
    const ran = await observe(...homelab.slice(0, 2), "--distinct", "-n", "blog");
    const [head = "", ...rows] = ran.stdout.trimEnd().split("\n");
    expect(head.split(/ {3,}/)).toEqual(["FLOWS", "SOURCE", "DESTINATION", "PORT", "VERDICTS"]);
    const counts = rows.map((row) => Number.parseInt(row, 10));
    expect(counts.length).toBeGreaterThan(0);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  });

  it("--decide without policies is refused", async () => {
    const ran = await observe("--flows", join(example, "flows.jsonl.gz"), "--decide");
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain("--decide has no policies to decide by");
  });
});
