import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Finding } from "#model/finding.ts";
import { createClickHouse, openClickHouse } from "#store/clickhouse/clickhouse-store.ts";
import { Recorder } from "#store/recorder.ts";
import { inProcess } from "../../cli/in-process.ts";
import { line, START, take } from "../recorded-flows.ts";
import { ANSWER, type Behaviour, FakeClickHouse, refusal } from "./fake-server.ts";

let fake: FakeClickHouse;
beforeEach(async () => {
  fake = await FakeClickHouse.start();
});
afterEach(() => fake.stop());

const QUICK = { waitsMs: [1, 1] };
const RETENTION = { days: null, bytes: null };

async function open(parameters = "") {
  const said: Finding[] = [];
  const store = await createClickHouse(fake.url(parameters), QUICK);
  const options = { flushSeconds: 60, retention: RETENTION, now: () => START, say: (one: Finding) => said.push(one) };
  return { store, recorder: await Recorder.open(store, options), said };
}

/** What opening says, its help too. */
async function refusedWith(opened: Promise<unknown>) {
  const cause: unknown = await opened.then(
    () => null,
    (one: unknown) => one,
  );
  if (!(cause instanceof Error)) throw new Error("it was opened");
  const { code, help, place } = Object.assign({ code: "", help: "", place: undefined }, cause);
  expect(JSON.stringify([cause.message, code, help, place])).not.toMatch(/top-secret/);
  return { code, message: cause.message, help };
}

const always = (behaviour: Behaviour) => () => behaviour;
const page = "<html>404</html>";

describe("a server that cannot be used is said in words", () => {
  it.each([
    [
      "a wrong password",
      refusal(516, "me: Authentication failed: password is incorrect"),
      "store-password",
      /the password of user me/,
    ],
    ["an unknown user", refusal(192, "Unknown user me"), "store-password", /the password of user me/],
    ["no right", refusal(497, "me: Not enough privileges"), "store-not-allowed", /user me has not the right/],
    [
      "a read-only user",
      refusal(164, "Cannot execute query in readonly mode"),
      "store-not-allowed",
      /has not the right/,
    ],
    ["no such database", refusal(81, "Database flows does not exist"), "store-no-database", /no database flows/],
    ["no tables", refusal(60, "Unknown table flows.migrations"), "no-store", /holds no recording/],
    ["no such cluster", refusal(701, "Requested cluster 'x' not found"), "store-no-cluster", /no cluster of this name/],
    [
      "a web server",
      { kind: "refuse", status: 404, code: null, text: page },
      "store-no-clickhouse",
      /no ClickHouse answers/,
    ],
    [
      "a proxy",
      { kind: "refuse", status: 502, code: null, text: page },
      "store-away",
      /what stands before ClickHouse.* answers 502/,
    ],
    ["what nobody knows", refusal(999_999, "Strange"), "store-refused", /ClickHouse refuses: Strange$/],
    ["a closed connection", { kind: "closed" }, "store-away", /no ClickHouse answers at 127.0.0.1/],
  ] as const)("%s", async (_, behaviour, code, message) => {
    fake.behave = always(behaviour);
    expect(await refusedWith(openClickHouse(fake.url(), QUICK))).toMatchObject({
      code,
      message: expect.stringMatching(message),
      help: expect.stringMatching(/./),
    });
  });

  it("one that is old", async () => {
    fake.version = "18.16.1";
    expect(await refusedWith(createClickHouse(fake.url(), QUICK))).toMatchObject({
      code: "store-old-server",
      message: expect.stringMatching(/is 18.16.1, which is too old/),
    });
  });

  it("a schema of a newer ringfence, by writers and readers", async () => {
    fake.schema = 99;
    for (const open of [createClickHouse, openClickHouse]) {
      expect(await refusedWith(open(fake.url(), QUICK))).toMatchObject({
        code: "store-format",
        message: expect.stringMatching(/has schema 99/),
      });
    }
    expect(fake.statements.filter((sql) => /^(?:INSERT|ALTER|DROP)/.test(sql))).toEqual([]);
  });

  it("one that is silent", async () => {
    fake.behave = always({ kind: "silence" });
    expect(await refusedWith(openClickHouse(fake.url("&timeout=0.1"), QUICK))).toMatchObject({
      code: "store-slow",
      message: expect.stringMatching(/did not answer within 0.1 s/),
    });
  });

  it("one that is not there", async () => {
    const url = fake.url();
    fake.stop();
    expect(await refusedWith(openClickHouse(url, QUICK))).toMatchObject({ code: "store-away" });
  });

  it("TLS where there is none, and no HTTP", async () => {
    const native = createServer((socket) => socket.end("Code: 101"));
    await new Promise<void>((resolve) => native.listen(0, "127.0.0.1", resolve));
    const address = native.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    for (const url of [fake.url("", "clickhouses"), `clickhouse://127.0.0.1:${port}/flows`]) {
      expect(await refusedWith(openClickHouse(url, QUICK))).toMatchObject({ code: "store-no-clickhouse" });
    }
    native.close();
  });
});

describe("trouble while recording", () => {
  it.each([
    ["no memory", refusal(241, "Memory limit exceeded"), "store-memory"],
    ["a full disk", refusal(243, "Cannot reserve 1.00 MiB"), "store-full"],
    [
      "a full disk, said by the system",
      refusal(75, "write: errno: 28, strerror: No space left on device"),
      "store-full",
    ],
    ["too many parts", refusal(252, "Too many parts (3000)"), "store-too-many-parts"],
    ["replicas away", refusal(242, "Table is in readonly mode"), "store-replicas"],
    ["the server away", { kind: "closed" }, "store-away"],
  ] as const)("%s: said once, recording goes on in memory, and all is written after it", async (_, behaviour, code) => {
    const { store, recorder, said } = await open();
    // The first time the lease is still renewed.
    fake.behave = (sql) => (recorder.isHealthy && sql.includes("flows.writers") ? ANSWER : behaviour);
    for (let second = 0; second < 3; second++) {
      take(recorder, line(second * 1000));
      await recorder.flush();
    }
    expect([recorder.isHealthy, recorder.counts.failures]).toEqual([false, 3]);
    expect(said.map(({ id }) => id)).toEqual([code]);
    expect(said[0]?.message).toMatch(/recording goes on in memory, and what has no room there is counted as lost/);
    expect(fake.stored.size).toBe(0);
    fake.behave = () => ANSWER;
    take(recorder, line(4000));
    await recorder.close();
    await store.close();
    expect(said.map(({ id }) => id)).toEqual([code, "store-writable"]);
    expect(fake.count("segments")).toBe(1);
    const [, segment] = [...fake.stored].find(([key]) => key.startsWith("flows.segments ")) ?? [];
    expect(segment?.toString()).toMatch(/"events":4,/);
  });

  it("an answer that is lost: the same is sent again under the same token, and stored once", async () => {
    const { store, recorder, said } = await open();
    const lost = new Set<string>();
    fake.behave = (sql) => {
      const table = /^INSERT INTO (\S+)/.exec(sql)?.[1] ?? "";
      if (table === "" || lost.has(table)) return ANSWER;
      lost.add(table);
      return { kind: "lost-answer" };
    };
    take(recorder, line(0));
    await recorder.close();
    await store.close();
    expect([said, recorder.counts.failures]).toEqual([[], 0]);
    expect(lost.size).toBeGreaterThan(6);
    for (const table of ["events", "conversations", "ends", "rests", "segments"]) expect(fake.count(table)).toBe(1);
    const sent = fake.statements.filter((sql) => sql.startsWith("INSERT INTO flows.events "));
    expect([sent.length, new Set(sent).size]).toEqual([2, 1]);
  });

  it("an hour that failed midway goes on where it was when nothing has come since", async () => {
    const { store, recorder } = await open();
    fake.behave = (sql) => (/^INSERT INTO flows.segments/.test(sql) ? refusal(241, "Memory") : ANSWER);
    take(recorder, line(0));
    await recorder.flush();
    expect([fake.count("conversations"), fake.count("segments")]).toEqual([1, 0]);
    fake.behave = () => ANSWER;
    const before = fake.statements.length;
    await recorder.flush();
    const again = fake.statements.slice(before).filter((sql) => /^INSERT INTO flows.(?!writers)/.test(sql));
    expect(again.map((sql) => sql.split(" ")[2])).toEqual(["flows.segments"]);
    expect([fake.count("conversations"), fake.count("segments")]).toEqual([1, 1]);
    await recorder.close();
    await store.close();
  });

  it("a writer still tells what it knows to be there", async () => {
    const { store, recorder } = await open();
    take(recorder, line(0));
    await recorder.flush();
    fake.behave = always({ kind: "closed" });
    expect(await store.segments()).toEqual([]);
    await store.close();
  });
});

describe("a password in an address", () => {
  const url = "clickhouse://me:top-secret@127.0.0.1:1/flows";
  it.each([
    ["rehearse", "--flows", url, "--policies", "examples/homelab/policies"],
    ["rehearse", "--flows", url, "--flows", "other.jsonl", "--policies", "examples/homelab/policies"],
    ["rehearse", "--flows", `${url}?since=never`, "--policies", "examples/homelab/policies"],
    ["observe", "--flows", url],
    ["serve", "--observer", "--flows", url],
    ["record", "--flows", "examples/homelab/flows.jsonl.gz", "--to", url],
    ["record", "--flows", url, "--to", "somewhere"],
    ["capture", "--flows", url],
  ])("is not printed by %s %s", async (...words) => {
    const { status, stdout, stderr } = await inProcess(words);
    expect(status).toBe(2);
    expect(stdout + stderr).not.toMatch(/top-secret/);
  });
});
