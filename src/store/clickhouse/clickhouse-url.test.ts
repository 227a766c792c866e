import { describe, expect, it } from "vitest";
import { isClickHouseUrl, parseClickHouseUrl, withoutPassword } from "./clickhouse-url.ts";

describe("an address of a ClickHouse", () => {
  it.each([
    [
      "clickhouse://host",
      { host: "host", port: 8123, isTls: false, user: "default", password: "", database: "ringfence" },
    ],
    ["clickhouses://host", { host: "host", port: 8443, isTls: true }],
    ["clickhouse://me:p%40ss@host:80/flows", { user: "me", password: "p@ss", port: 80, database: "flows" }],
    ["clickhouse://[::1]:9/x", { host: "::1", port: 9, database: "x" }],
    ["clickhouse://h/x?cluster=all", { cluster: "all", isReplicated: true }],
    ["clickhouse://h/x?cluster=all&replicated=false", { cluster: "all", isReplicated: false }],
    ["clickhouse://h/x?writer=rack-1&timeout=5", { writer: "rack-1", timeoutSeconds: 5 }],
    ["clickhouses://h/x?ca=/ca.pem&cert=/c.pem&key=/k.pem", { authorityFile: "/ca.pem", certificateFile: "/c.pem" }],
  ])("%s", (text, expected) => {
    expect(parseClickHouseUrl(text, {})).toMatchObject(expected);
  });

  it("takes user and password from the environment, where it has none itself", () => {
    const environment = { CLICKHOUSE_USER: "env", CLICKHOUSE_PASSWORD: "secret" };
    expect(parseClickHouseUrl("clickhouse://h/x", environment)).toMatchObject({ user: "env", password: "secret" });
    expect(parseClickHouseUrl("clickhouse://me:own@h/x", environment)).toMatchObject({ user: "me", password: "own" });
  });

  it.each([
    ["clickhouse://", /is no address/],
    ["clickhouse://u:secret@h:99999/x", /is no address/],
    ["clickhouse://u:secret@h/x-y", /the database x-y has another name/],
    ["clickhouse://u:secret@h/x?clutser=a", /clutser means nothing here/],
    ["clickhouse://u:secret@h/x?writer=a'b", /writer=a'b: letters/],
    ["clickhouse://u:secret@h/x?timeout=soon", /timeout=soon: seconds/],
  ])("%s is refused, without its password", (text, message) => {
    expect(() => parseClickHouseUrl(text, {})).toThrow(message);
    expect(() => parseClickHouseUrl(text, {})).not.toThrow(/secret/);
  });

  it("is printed without its password", () => {
    expect(withoutPassword("clickhouse://u:se@cret@h/x?writer=a")).toBe("clickhouse://u@h/x?writer=a");
    expect(withoutPassword("clickhouse://u@h/x")).toBe("clickhouse://u@h/x");
    expect(withoutPassword("/var/lib/a:b@c")).toBe("/var/lib/a:b@c");
    expect(isClickHouseUrl("store://clickhouse://x")).toBe(false);
  });
});
