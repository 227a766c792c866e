import { join } from "node:path";
import { Metadata, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { inProcess } from "../cli/in-process.ts";
import type { Run } from "../ringfence.ts";
import { type Answer, CERTIFICATES, drop, type FakeRelay, fakeRelay, flow, send } from "./fake-relay.ts";

let relay: FakeRelay | null = null;
afterEach(() => {
  relay?.close();
  relay = null;
});

async function observe(answer: Answer, words: readonly string[], options = {}): Promise<Run> {
  relay = await fakeRelay(answer, options);
  return await inProcess(["observe", "--server", relay.server, "-o", "json", ...words]);
}

function uuids(run: Run): readonly number[] {
  const lines = run.stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => Number((JSON.parse(line).flow.uuid as string).slice(-12)));
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

function expectFault(run: Run, message: RegExp, help: RegExp): void {
  expect(run.stderr).toMatch(message);
  expect(run.stderr).toMatch(help);
  expect(run.stderr.match(/^ringfence: /gm)).toHaveLength(1);
  expect(run.stderr).not.toMatch(/internal error|\n {4}at /);
  expect(run.status).toBe(2);
}

describe("a relay that drops mid-stream", () => {
  it("is asked again for what follows; nothing is missing, nothing comes twice, and that is told once", async () => {
    const run = await observe(
      (call, request, calls) => {
        if (calls === 0) {
          for (const number of range(1, 50)) send(call, flow(number));
          drop(call);
          return;
        }
        const since = Date.parse(String(request["since"]));
        for (const number of range(1, 80)) {
          const one = flow(number);
          if (Date.parse(String(one["time"])) >= since) send(call, one);
        }
        call.end();
      },
      ["--all"],
    );
    expect(uuids(run)).toEqual(range(1, 80));
    expect(relay?.requests[1]).toMatchObject({ since: "2026-09-14T08:00:47Z" });
    expect(relay?.requests[1]).not.toHaveProperty("number");
    expect(run.stderr.match(/the connection to .* broke after 2026-09-14T08:00:50Z .*connecting again/g)).toHaveLength(
      1,
    );
    expect(run.stderr.match(/connected again; nothing is missing/g)).toHaveLength(1);
    expect(run.status).toBe(0);
  });

  it("again and again, at any place: nothing comes twice", async () => {
    const run = await observe(
      (call, request, calls) => {
        const since = Date.parse(String(request["since"] ?? "2026-01-01T00:00:00Z"));
        const from = range(1, 60).filter((number) => Date.parse(String(flow(number)["time"])) >= since);
        for (const number of from.slice(0, 8 + calls)) send(call, flow(number));
        if ((from[7 + calls] ?? 61) >= 60) call.end();
        else drop(call);
      },
      ["--all"],
    );
    expect(uuids(run)).toEqual(range(1, 60));
    expect(relay?.requests.length).toBeGreaterThan(3);
    expect(run.status).toBe(0);
  }, 20_000);

  it("and no longer holds what was last seen: that flows are missing is told", async () => {
    const run = await observe(
      (call, _request, calls) => {
        if (calls === 0) {
          for (const number of range(1, 5)) send(call, flow(number));
          drop(call);
          return;
        }
        for (const number of range(100, 105)) send(call, flow(number));
        call.end();
      },
      ["--all"],
    );
    expect(uuids(run)).toEqual([...range(1, 5), ...range(100, 105)]);
    expect(run.stderr).toMatch(/flows are missing after 2026-09-14T08:00:05Z/);
  });

  it("while the last few are asked for: so many are given, not more", async () => {
    const run = await observe(
      (call, _request, calls) => {
        for (const number of range(1, calls === 0 ? 3 : 40)) send(call, flow(number));
        if (calls === 0) drop(call);
        else call.end();
      },
      ["--last", "10"],
    );
    expect(uuids(run)).toEqual(range(1, 10));
  });

  it("before anything came: that is told, and nothing is tried again", async () => {
    const run = await observe((call) => drop(call), ["--all"]);
    expectFault(run, /the relay goes down/, /help: /);
    expect(relay?.requests).toHaveLength(1);
  });
});

describe("a relay that cannot be reached", () => {
  it("where nothing listens", async () => {
    const gone = await fakeRelay(() => {});
    gone.close();
    const run = await inProcess(["observe", "--server", gone.server]);
    expectFault(run, /nothing listens at 127\.0\.0\.1/, /help: is the port forwarded\?/);
  });

  it("answers slowly: a question that needs no stream is given up in time", async () => {
    relay = await fakeRelay(() => {});
    const run = await inProcess(["status", "--server", relay.server, "--request-timeout", "300ms"]);
    expectFault(run, /has not answered in time/, /--request-timeout/);
  });

  it("answers slowly: a stream is waited for, and that is told once", async () => {
    const run = await observe(
      (call) => {
        call.sendMetadata(call.metadata);
        setTimeout(() => {
          send(call, flow(1));
          call.end();
        }, 500);
      },
      ["--request-timeout", "200ms"],
    );
    expect(uuids(run)).toEqual([1]);
    expect(run.stderr.match(/has not answered for 0\.2 s; still waiting/g)).toHaveLength(1);
    expect(run.status).toBe(0);
  });
});

describe("a relay that sends what is no flow", () => {
  it("a message over the limit", async () => {
    const huge = { Summary: "x".repeat(17 << 20) };
    const run = await observe(
      (call) => {
        send(call, flow(1));
        send(call, flow(2, huge));
      },
      ["--all"],
    );
    expectFault(run, /sent a message of \d+ bytes; more than 16777216 are not taken/, /help: /);
    expect(uuids(run)).toEqual([1]);
  });

  it("bytes that are no message", async () => {
    const run = await observe(
      (call) => {
        call.write(Buffer.from([0x0a, 0x05, 0x01]));
        call.end();
      },
      ["--all"],
    );
    expectFault(run, /sent what is no flow: a field is longer than its message/, /ringfence status/);
  });

  it("a refusal", async () => {
    const run = await observe((call) => call.emit("error", { code: status.INVALID_ARGUMENT, details: "no" }), []);
    expectFault(run, /refuses the request: no/, /help: /);
  });
});

describe("a newer Hubble", () => {
  it("with a field that is not known: the flow is printed without it, and that is told once", async () => {
    const run = await observe(
      (call) => {
        for (const number of range(1, 3)) {
          const bytes = Buffer.from("0a06" + "0801".repeat(0) + "10019a3f0168", "hex");
          expect(bytes.length).toBe(8);
          send(call, flow(number));
          call.write(bytes);
        }
        call.end();
      },
      ["--all"],
    );
    const lines = run.stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(6);
    expect(lines[1]).toBe('{"flow":{"verdict":"FORWARDED"}}');
    expect(run.stderr.match(/field 1011 of Flow is not known to this version of ringfence/g)).toHaveLength(1);
    expect(run.status).toBe(0);
  });

  it("of a later minor release: that is told once, in the hubble CLI's words", async () => {
    const run = await observe(
      (call, _request, calls) => {
        const metadata = new Metadata();
        metadata.set("hubble-relay-version", "1.99.1");
        call.sendMetadata(metadata);
        for (const number of range(1, 3)) send(call, flow(number));
        if (calls === 0) drop(call);
        else call.end();
      },
      ["--all"],
    );
    const text =
      'level=WARN msg="Hubble CLI version is lower than Hubble Relay, API compatibility is not guaranteed, updating to a matching or higher version is recommended" hubble-cli-version=1.20.2 hubble-relay-version=1.99.1';
    expect(run.stderr.split(text)).toHaveLength(2);
    expect(relay?.requests).toHaveLength(2);
    expect(run.status).toBe(0);
  });

  it("is told of by questions, too", async () => {
    relay = await fakeRelay(() => {}, { nodes: [{ name: "node-1", state: "NODE_CONNECTED" }], version: "1.21.3" });
    const run = await inProcess(["list", "nodes", "--server", relay.server]);
    expect(run.stdout).toMatch(/^NAME .*\nnode-1 +Connected/);
    expect(run.stderr).toMatch(
      /^time=\S+ level=WARN msg="Hubble CLI version is lower than Hubble Server, .*" hubble-cli-version=1\.20\.2 hubble-server-version=1\.21\.3\n$/,
    );
  });

  it("with a new enum value: its number is printed, and that is told once", async () => {
    const run = await observe(
      (call) => {
        for (const number of range(1, 3)) send(call, flow(number, { verdict: 42 }));
        call.end();
      },
      ["--all"],
    );
    expect(run.stdout.match(/"verdict":42/g)).toHaveLength(3);
    expect(run.stderr.match(/verdict 42 of Flow is not known to this version of ringfence/g)).toHaveLength(1);
    expect(run.status).toBe(0);
  });
});

describe("certificates", () => {
  const path = (name: string) => join(CERTIFICATES, name);
  const CA = ["--tls", "--tls-ca-cert-files", path("ca.pem")];
  const NAME = ["--tls-server-name", "instance.hubble-relay.cilium.io"];
  const CLIENT = ["--tls-client-cert-file", path("client.pem"), "--tls-client-key-file", path("client.key.pem")];
  const one: Answer = (call) => {
    send(call, flow(1));
    call.end();
  };

  it("that are right: TLS and mutual TLS", async () => {
    expect(uuids(await observe(one, [...CA, ...NAME], { certificate: "relay" }))).toEqual([1]);
    relay?.close();
    const mutual = { certificate: "relay", isMutual: true };
    expect(uuids(await observe(one, [...CA, ...NAME, ...CLIENT], mutual))).toEqual([1]);
    relay?.close();
    expect(uuids(await observe(one, ["--tls", "--tls-allow-insecure"], { certificate: "expired" }))).toEqual([1]);
  });

  it("one that has expired", async () => {
    const run = await observe(one, [...CA, ...NAME], { certificate: "expired" });
    expectFault(run, /the certificate of 127\.0\.0\.1:\d+ has expired/, /help: renew it/);
  });

  it("one for another name", async () => {
    const run = await observe(one, [...CA, "--tls-server-name", "relay.example"], { certificate: "relay" });
    expectFault(run, /is for another name: \*\.hubble-relay\.cilium\.io/, /--tls-server-name/);
  });

  it("one of an authority that is not known", async () => {
    const run = await observe(one, ["--tls", ...NAME], { certificate: "relay" });
    expectFault(run, /comes from an authority that is not known here/, /--tls-ca-cert-files/);
  });

  it("none of ours where one is asked for", async () => {
    const run = await observe(one, [...CA, ...NAME], { certificate: "relay", isMutual: true });
    expectFault(run, /asks for a client certificate|closes the connection/, /--tls/);
  });

  it("TLS where there is none, and none where there is TLS", async () => {
    expectFault(await observe(one, ["--tls"]), /does not speak TLS|closes the connection/, /--tls/);
    relay?.close();
    expectFault(
      await observe(one, [], { certificate: "relay" }),
      /closes the connection/,
      /if it speaks TLS, add --tls/,
    );
  });

  it("a file that is none", async () => {
    const run = await observe(one, ["--tls", "--tls-ca-cert-files", path("none.pem")], { certificate: "relay" });
    expectFault(run, /none\.pem: cannot be read \(ENOENT\)/, /help: name a PEM file/);
  });
});
