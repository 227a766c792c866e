import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ObserverServer, startObserverServer } from "#server/observer/observer-server.ts";
import { recordingHistory } from "#server/observer/recording-history.ts";
import { findRecordingFiles } from "#sources/recording-files.ts";
import { RelayConnection } from "#sources/relay-connection.ts";
import { DEFAULT_RELAY } from "#sources/relay-options.ts";
import { type LivePiece, livePieces } from "#sources/relay-source.ts";
import { inProcess } from "../cli/in-process.ts";
import { CERTIFICATES } from "../faults/fake-relay.ts";
import type { Run } from "../ringfence.ts";

const LINES = gunzipSync(readFileSync(join(import.meta.dirname, "..", "fixtures", "hubble", "flows-a.jsonl.gz")))
  .toString()
  .trimEnd()
  .split("\n");
const FLOWS = LINES.filter((line) => line.startsWith('{"flow"'));

const directory = mkdtempSync(join(tmpdir(), "ringfence-observer-"));
const file = join(directory, "flows.jsonl");
let server: ObserverServer;

async function serve(paths: readonly string[], options = {}): Promise<ObserverServer> {
  const { files } = await findRecordingFiles(paths);
  return await startObserverServer(
    recordingHistory(files, () => {}),
    { listen: "127.0.0.1:0", tls: null, version: "ringfence test", ...options },
  );
}

beforeAll(async () => {
  writeFileSync(file, `${LINES.join("\n")}\n`);
  server = await serve([file]);
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

async function observe(...words: readonly string[]): Promise<Run> {
  return await inProcess(["observe", "--server", server.address, ...words]);
}

const linesOf = (run: Run) => run.stdout.split("\n").filter((line) => line !== "");
const flowsOf = (run: Run) => linesOf(run).filter((line) => line.startsWith('{"flow"'));

describe("a recording offered as an observer", () => {
  it("gives everything, byte for byte, in order", async () => {
    expect(linesOf(await observe("--all", "-o", "json"))).toEqual(LINES);
  });

  it("gives the last, the first, and the first since a time", async () => {
    expect(flowsOf(await observe("--last", "7", "-o", "json"))).toEqual(FLOWS.slice(-7));
    expect(flowsOf(await observe("-o", "json"))).toEqual(FLOWS.slice(-20));
    expect(flowsOf(await observe("--first", "7", "-o", "json"))).toEqual(FLOWS.slice(0, 7));
    const times = FLOWS.map((line) => String(JSON.parse(line).time ?? ""));
    const since = times[60] ?? "";
    const later = FLOWS.filter((_, index) => (times[index] ?? "") >= since);
    expect(flowsOf(await observe("--since", since, "--last", "5", "-o", "json"))).toEqual(later.slice(0, 5));
  });

  it.each([
    [["--verdict", "DROPPED"]],
    [["--namespace", "shop-2", "--not", "--port", "53"]],
    [["--http-status", "5+"]],
    [["--label", "reserved:world"]],
    [["--cel-expression", "_flow.verdict == Verdict.DROPPED"]],
    [["--type", "trace:to-endpoint", "--protocol", "tcp"]],
  ])("filters as a recording is filtered: %j", async (words) => {
    const recorded = await inProcess(["observe", "--flows", file, "-o", "json", ...words]);
    const live = await observe("--all", "-o", "json", ...words);
    expect(flowsOf(recorded).length).toBeGreaterThan(0);
    expect(flowsOf(live)).toEqual(flowsOf(recorded));
  });

  it("gives lines whole that reach over two pieces of a file", async () => {
    const long = join(directory, "long.jsonl");
    const lines = Array.from({ length: Math.ceil((3 << 20) / LINES.join("\n").length) }, () => LINES).flat();
    writeFileSync(long, `${lines.join("\n")}\n`);
    const large = await serve([long]);
    const run = await inProcess(["observe", "--all", "-o", "json", "--server", large.address]);
    expect(linesOf(run)).toEqual(lines);
    await large.close();
  });

  it("leaves what a field mask leaves", async () => {
    const run = await observe("--last", "3", "-o", "json", "--field-mask", "source.pod_name,verdict");
    const left = FLOWS.slice(-3).map((line) => {
      const { source, verdict } = JSON.parse(line).flow;
      const name = source?.pod_name === undefined ? {} : { pod_name: source.pod_name };
      return { flow: { verdict, ...(source === undefined ? {} : { source: name }) } };
    });
    expect(linesOf(run).map((line) => JSON.parse(line))).toEqual(left);
  });

  it("says how it is, which nodes and namespaces it knows", async () => {
    const status = await inProcess(["status", "--server", server.address]);
    expect(status.stdout).toMatch(
      /^Healthcheck \(via 127\.0\.0\.1:\d+\): Ok\nCurrent\/Max Flows: \d+\/\d+ \(100\.00%\)\n/,
    );
    const nodes = await inProcess(["list", "nodes", "--server", server.address]);
    expect(nodes.stdout).toMatch(/^NAME +STATUS +AGE +FLOWS\/S +CURRENT\/MAX-FLOWS\n/);
    const namespaces = await inProcess(["list", "namespaces", "--server", server.address, "-o", "json"]);
    const named = new Set(
      FLOWS.flatMap((line) => {
        const { source, destination } = JSON.parse(line).flow;
        return [source?.namespace, destination?.namespace].filter((name) => typeof name === "string" && name !== "");
      }),
    );
    const told: readonly { namespace: string }[] = JSON.parse(namespaces.stdout);
    expect(new Set(told.map(({ namespace }) => namespace))).toEqual(named);
  });

  it("follows a file that grows", async () => {
    const growing = join(directory, "growing.jsonl");
    writeFileSync(growing, `${FLOWS.slice(0, 5).join("\n")}\n`);
    const following = await serve([growing]);
    const connection = new RelayConnection({ ...DEFAULT_RELAY, server: following.address });
    const asked = {
      number: 2n,
      isFirst: false,
      isFollow: true,
      filters: { allow: [], deny: [] },
      since: null,
      until: null,
      fieldMask: [],
    };
    const pieces = livePieces({ connection, asked, slowSeconds: 9, now: () => 0, wait: () => Promise.resolve() });
    let text = "";
    let tellFirst = () => {};
    const first = new Promise<void>((resolve) => {
      tellFirst = resolve;
    });
    const took = (piece: LivePiece) => {
      if (piece.kind === "lines") text += new TextDecoder().decode(piece.bytes);
      if (text !== "") tellFirst();
    };
    const reading = (async () => {
      for await (const piece of pieces) {
        took(piece);
        if (text.split("\n").length > 5) return;
      }
    })();
    await first;
    appendFileSync(growing, `${FLOWS.slice(5, 8).join("\n")}\n`);
    await reading;
    expect(text.trimEnd().split("\n")).toEqual(FLOWS.slice(3, 8));
    connection.close();
    await following.close();
  });

  it("answers only those who have a certificate, where that is asked for", async () => {
    const path = (name: string) => join(CERTIFICATES, name);
    const tls = { certFile: path("relay.pem"), keyFile: path("relay.key.pem"), clientCaFile: path("ca.pem") };
    const secured = await serve([file], { tls });
    const words = ["observe", "--last", "1", "-o", "json", "--server", `tls://${secured.address}`];
    const trust = ["--tls-ca-cert-files", path("ca.pem"), "--tls-server-name", "a.hubble-relay.cilium.io"];
    const client = ["--tls-client-cert-file", path("client.pem"), "--tls-client-key-file", path("client.key.pem")];
    expect(flowsOf(await inProcess([...words, ...trust, ...client]))).toEqual(FLOWS.slice(-1));
    expect((await inProcess([...words, ...trust])).status).toBe(2);
    await secured.close();
  });

  it("reaches through a unix socket", async () => {
    const listen = `unix://${join(directory, "hubble.sock")}`;
    const local = await serve([file], { listen });
    const run = await inProcess(["observe", "--last", "2", "-o", "json", "--server", listen]);
    expect(flowsOf(run)).toEqual(FLOWS.slice(-2));
    await local.close();
  });
});

/** The hubble CLI of Cilium 1.20: what HUBBLE_CLI names, or the one on the PATH. */
const hubble = process.env["HUBBLE_CLI"] ?? "hubble";
const isThere = spawnSync(hubble, ["version"]).status === 0;
if (!isThere) console.warn("no hubble CLI (HUBBLE_CLI, PATH): it is not tried against the observer server");

describe("the real hubble CLI", () => {
  const CASES: readonly (readonly string[])[] = [
    ["--last", "50"],
    ["--first", "30", "-o", "json"],
    ["--last", "100", "-o", "dict", "--verdict", "DROPPED"],
    ["--all", "-o", "json", "--namespace", "shop-2"],
    ["--last", "20", "-o", "table", "--print-policy-names"],
  ];

  it.skipIf(!isThere).each(CASES)("prints from it what we print: %j", async (...words: readonly string[]) => {
    const theirs = await run(["observe", "--server", server.address, ...words]);
    const ours = await observe(...words);
    expect(ours.stdout).toBe(theirs);
    expect(theirs.length).toBeGreaterThan(100);
  });

  it.skipIf(!isThere)("asks it for its status and its nodes", async () => {
    for (const words of [
      ["status"],
      ["status", "-o", "json"],
      ["list", "nodes", "-o", "wide"],
      ["list", "namespaces"],
    ]) {
      const theirs = await run([...words, "--server", server.address]);
      expect((await inProcess([...words, "--server", server.address])).stdout).toBe(theirs);
    }
  });

  /** Not synchronously: the server answers from this process. */
  async function run(words: readonly string[]): Promise<string> {
    const { execFile } = await import("node:child_process");
    return await new Promise((resolve, reject) => {
      execFile(hubble, [...words], (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(stderr));
      });
    });
  }
});
