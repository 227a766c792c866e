import { describe, expect, it } from "vitest";
import { createConntrackReader } from "./conntrack.ts";

const REST =
  "Packets=9 Bytes=900 RxFlagsSeen=0x1a LastRxReport=1 TxFlagsSeen=0x1a LastTxReport=1 Flags=0x0010 [ SeenNonSyn ] RevNAT=0 SourceSecurityID=12 BackendID=0 NatPort=0 ";

function read(...lines: readonly string[]) {
  const reader = createConntrackReader();
  for (const line of lines) reader.add(line);
  const { entries, leftOut } = reader.end();
  return {
    entries: entries.map(
      (e) => `${e.protocol} ${e.source} ${e.sourcePort} ${e.destination} ${e.destinationPort} ${e.packets}`,
    ),
    leftOut,
  };
}

describe("cilium-dbg bpf ct list", () => {
  it.each([
    ["egress", `TCP OUT 10.0.0.1:4000 -> 10.0.0.2:80 expires=99 ${REST}`, "TCP 10.0.0.1 4000 10.0.0.2 80 9"],
    ["ingress", `UDP IN 10.0.0.1:4000 -> 10.0.0.2:53 expires=99 ${REST}`, "UDP 10.0.0.1 4000 10.0.0.2 53 9"],
    [
      "IPv6, as it is printed",
      `TCP OUT fd00::1:4000 -> fd00::2:80 expires=99 ${REST}`,
      "TCP fd00::1 4000 fd00::2 80 9",
    ],
    ["IPv6", `TCP OUT [fd00::1]:4000 -> [fd00::2]:80 expires=99 ${REST}`, "TCP fd00::1 4000 fd00::2 80 9"],
    [
      "with --time-diff",
      `TCP OUT 10.0.0.1:4000 -> 10.0.0.2:80 expires=99 (remaining: 21 sec(s)) ${REST}`,
      "TCP 10.0.0.1 4000 10.0.0.2 80 9",
    ],
  ])("%s", (_, line, entry) => {
    expect(read(line)).toEqual({ entries: [entry], leftOut: {} });
  });

  it("tells a connection once that both its sides stand for", () => {
    const { entries } = read(
      `TCP OUT 10.0.0.1:4000 -> 10.0.0.2:80 expires=99 ${REST}`,
      `TCP IN 10.0.0.1:4000 -> 10.0.0.2:80 expires=99 ${REST}`,
    );
    expect(entries.length).toBe(1);
  });

  it.each([
    ["a translation", `TCP SVC 10.0.0.1:80 -> 10.96.0.1:4000 expires=99 ${REST}`, { service: 1 }],
    ["a related message", `ICMP OUT 10.0.0.1:0 -> 10.0.0.2:0 related expires=99 ${REST}`, { related: 1 }],
    ["an echo", `ICMP OUT 10.0.0.1:7 -> 10.0.0.2:0 expires=99 ${REST}`, { "other-protocol": 1 }],
    [
      "one being closed",
      `TCP OUT 10.0.0.1:4000 -> 10.0.0.2:80 expires=99 ${REST.replace("SeenNonSyn", "TxClosing SeenNonSyn")}`,
      { closing: 1 },
    ],
    [
      "an expired one",
      `TCP OUT 10.0.0.1:4000 -> 10.0.0.2:80 expires=99 (remaining: -3 sec(s)) ${REST}`,
      { expired: 1 },
    ],
    ["a line of another form", `TCP AWAY 10.0.0.1 expires=99 ${REST}`, { unreadable: 1 }],
    ["a heading", "# cilium-dbg bpf ct list --time-diff", {}],
  ])("leaves out %s", (_, line, leftOut) => {
    expect(read(line)).toEqual({ entries: [], leftOut });
  });
});
