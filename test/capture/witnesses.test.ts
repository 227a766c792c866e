import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { joinWitnesses } from "#cli/gather-witnesses.ts";
import { EMPTY_INVENTORY } from "#model/objects.ts";
import type { Traffic } from "#model/snapshot.ts";
import { readMetricHistory } from "#sources/prometheus.ts";

const TRAFFIC = { conversations: [], names: [], epochs: [], coverage: { findings: [] } } as unknown as Traffic;
const folder = mkdtempSync(join(tmpdir(), "ringfence-witnesses-"));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const said = async (witnesses: Parameters<typeof joinWitnesses>[1]) =>
  (await joinWitnesses(TRAFFIC, witnesses, EMPTY_INVENTORY)).coverage.findings;

const answer = (metric: object) =>
  JSON.stringify({ status: "success", data: { resultType: "vector", result: [{ metric, value: [1, "41.6"] }] } });

describe("metrics", () => {
  it("tell what the recording does not hold", async () => {
    const saved = file("saved.json", answer({ source: "shop/cron", destination: "shop/db", action: "forwarded" }));
    expect((await said({ metrics: [saved] })).map(({ message }) => message)).toEqual([
      "metrics counted shop/cron -> shop/db 42 times (forwarded); the recording does not hold it",
    ]);
  });

  it("without contexts are told to need them", async () => {
    const saved = file("bare.json", answer({ verdict: "DROPPED" }));
    expect((await said({ metrics: [saved] })).map(({ id }) => id)).toEqual(["metrics-without-ends"]);
  });

  it("are asked of Prometheus with one GET", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${new URL(request.url ?? "", "http://x").pathname}`);
      response.end(answer({ source: "a", destination: "b" }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { edges } = await readMetricHistory(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    server.close();
    expect(edges.length).toBe(1);
    expect(asked).toEqual(["GET /api/v1/query"]);
  });

  it.each([
    ["a server that is not there", "http://127.0.0.1:1", "127.0.0.1:1"],
    ["an error of Prometheus", file("error.json", '{"status":"error","error":"query timed out"}'), "query timed out"],
    ["another file", file("other.txt", "hello"), "no answer to a query"],
  ])("%s is an error", async (_, where, message) => {
    await expect(readMetricHistory(where)).rejects.toThrow(message);
  });
});

describe("a Tetragon export", () => {
  it("without connections is told to need a probe", async () => {
    const lines = file("tetragon.jsonl", '{"process_exec":{}}\n{"process_exit":{}}\nbroken\n');
    expect(await said({ processes: [lines] })).toMatchObject([
      { id: "no-processes", message: "none of 3 lines tells of a connection that a pod's process opened" },
    ]);
  });

  it("that is not there is an error", async () => {
    await expect(said({ processes: [join(folder, "none")] })).rejects.toMatchObject({ code: "unreadable" });
  });
});
