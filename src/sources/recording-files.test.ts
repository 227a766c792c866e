import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findRecordingFiles } from "./recording-files.ts";

const directory = mkdtempSync(join(tmpdir(), "recording-files-"));
afterAll(() => rmSync(directory, { recursive: true }));
const flow = (second: number) =>
  `{"flow":{"time":"2026-11-21T10:00:0${second}Z","verdict":"FORWARDED"},"time":"2026-11-21T10:00:0${second}Z"}\n`;
writeFileSync(join(directory, "flows.jsonl"), flow(2));
writeFileSync(join(directory, "flows-1.jsonl"), flow(1));
writeFileSync(join(directory, "notes.txt"), "nothing\n");
symlinkSync("nowhere", join(directory, "link"));
mkdirSync(join(directory, "empty"));

const names = async (...paths: readonly string[]) =>
  (await findRecordingFiles(paths.map((path) => join(directory, path)))).files.map(({ path }) =>
    path.slice(directory.length + 1),
  );

describe("the files behind paths", () => {
  it("are in the order of their times, each once, however they were named", async () => {
    const ordered = ["flows-1.jsonl", "flows.jsonl"];
    expect(await names("flows.jsonl", "flows-1.jsonl", "flows.jsonl")).toEqual(ordered);
    expect(await names("flows*.jsonl")).toEqual(ordered);
    expect(await names("flows{,-1}.jsonl")).toEqual(ordered);
  });

  it("of a directory: links that lead nowhere and notes are passed over", async () => {
    expect(await names("")).toEqual(["flows-1.jsonl", "flows.jsonl"]);
  });
});

describe("what is not there is told once, with what was probably meant", () => {
  it.each([
    ["flows.jsonx", "does not exist", /did you mean .*flows\.jsonl\?/],
    ["flow*.gz", "does not exist", /name a file that hubble observe/],
    ["flows.jsonl/x", "does not exist: a part of the path is a file", /name a file/],
    ["link", "does not exist", /name a file/],
    ["empty", "no file in this directory is a recording of flows", /record with/],
  ])("%s", async (path, message, help) => {
    const file = join(directory, path);
    await expect(findRecordingFiles([file])).rejects.toMatchObject({
      message,
      help: expect.stringMatching(help),
      place: { file },
    });
  });
});
