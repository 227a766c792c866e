import { describe, expect, it } from "vitest";
import { readNames } from "./names.ts";
import { readQueryLog } from "./query-log.ts";

const LINE = '10.0.1.7:41632 - 5 "A IN api.github.com. udp 35 false 512" NOERROR qr,rd,ra 70 0.001s';

const asked = (text: string) =>
  readQueryLog(text, "log").questions.map((one) => `${one.asker} ${one.name} ${one.answered} ${one.count}`);

describe("a CoreDNS query log", () => {
  it.each([
    ["the common format", `[INFO] ${LINE}`],
    ["the combined format", `[INFO] ${LINE} "0"`],
    ["without a level, as before 1.2", LINE],
    ["with the level's time, as before 1.6", `2026-11-21T02:40:01.123Z [INFO] ${LINE}`],
    ["kubectl logs --prefix", `[pod/coredns-5d78c9869d-x7k2p/coredns] [INFO] ${LINE}`],
    ["kubectl logs --prefix --timestamps", `[pod/coredns-x/coredns] 2026-11-21T02:40:01.123456789Z [INFO] ${LINE}`],
    ["a container runtime's file", `2026-11-21T02:40:01.123456789Z stdout F [INFO] ${LINE}`],
    ["a JSON log", JSON.stringify({ log: `[INFO] ${LINE}\n`, stream: "stdout" })],
    ["upper case", `[INFO] ${LINE.replace("api.github.com", "API.GitHub.com")}`],
    ["over TCP", `[INFO] ${LINE.replace(" udp ", " tcp ")}`],
  ])("%s", (_, text) => {
    expect(asked(text)).toEqual(["10.0.1.7 api.github.com true 1"]);
  });

  it("counts alike questions, whatever their type; any NOERROR is an answer", () => {
    const suffixed = LINE.replace("api.github.com.", "api.github.com.shop.svc.cluster.local.").replace(
      "NOERROR",
      "NXDOMAIN",
    );
    const text = [LINE, LINE.replace('"A ', '"AAAA '), suffixed, LINE.replace("NOERROR", "SERVFAIL")].join("\n");
    expect(asked(text)).toEqual([
      "10.0.1.7 api.github.com true 3",
      "10.0.1.7 api.github.com.shop.svc.cluster.local false 1",
    ]);
  });

  it("IPv6 askers stand in brackets; types without a name are told by number", () => {
    expect(asked(LINE.replace("10.0.1.7", "[fd00::7]"))).toEqual(["fd00::7 api.github.com true 1"]);
    expect(asked(LINE.replace('"A ', '"TYPE65 '))).toEqual(["10.0.1.7 api.github.com true 1"]);
  });

  it("what else it logs is counted, never an error", () => {
    const text = [".:53", "[INFO] plugin/reload: Running", LINE, "[ERROR] plugin/errors: 2 x. A: i/o timeout", ""].join(
      "\n",
    );
    const read = readNames(text, "coredns.log");
    expect(read.questions).toHaveLength(1);
    expect(read.findings).toMatchObject([
      { id: "names-other-lines", severity: "info", message: "3 lines hold no question and were passed over" },
    ]);
  });

  it("one without any question says how to get them", () => {
    const banner = "maxprocs: Leaving\n.:53\nCoreDNS-1.12.0\nlinux/amd64, go1.23.3, 51e11f1\n";
    expect(() => readNames(banner, "coredns.log")).toThrow("is a CoreDNS log without questions");
  });

  it("never throws on what is cut, and takes no time", () => {
    const cut = Array.from({ length: LINE.length }, (_, index) => LINE.slice(0, index)).join("\n");
    expect(readQueryLog(cut, "log").questions.length).toBeLessThan(2);
    expect(readQueryLog(`${"1".repeat(200_000)} ${"[a:".repeat(50_000)}`, "log").questions).toEqual([]);
  });
});
