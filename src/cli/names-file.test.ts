import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readNamesFile } from "./names-file.ts";

const LINE = '[INFO] 10.0.1.7:41632 - 5 "A IN api.github.com. udp 35 false 512" NOERROR qr,rd,ra 70 0.001s\n';

describe("a file given with --names", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "names-"));
  });
  afterAll(async () => rm(folder, { recursive: true }));

  async function read(name: string, content: string | Uint8Array) {
    const path = join(folder, name);
    await writeFile(path, content);
    return readNamesFile(path);
  }

  it("is known by its content: names", async () => {
    const { names } = await read("a.txt", "198.51.100.1 a.example\n");
    expect(names.map((one) => one.name)).toEqual(["a.example"]);
  });

  it.each([
    ["plain", (text: string) => text, "core.log"],
    ["gzipped", (text: string) => gzipSync(text), "core.log.gz"],
  ])("or a query log of any size, %s", async (_, packed, name) => {
    const { questions, findings } = await read(name, packed(`CoreDNS-1.12.0\n${LINE.repeat(1000)}`));
    expect(questions).toMatchObject([{ name: "api.github.com", asker: "10.0.1.7", count: 1000 }]);
    expect(findings).toMatchObject([{ id: "names-other-lines" }]);
  });

  it("or neither: what would be is said", async () => {
    await expect(read("a.bin", new Uint8Array([0, 1, 2, 255]))).rejects.toMatchObject({
      code: "bad-names",
      help: expect.stringContaining("CoreDNS's query log"),
    });
    await expect(readNamesFile(folder)).rejects.toMatchObject({ code: "not-a-file" });
    await expect(readNamesFile(join(folder, "nowhere"))).rejects.toThrow("does not exist");
  });
});
