import { describe, expect, it } from "vitest";
import { readTetragonEvent } from "./tetragon.ts";

const event = {
  process_kprobe: {
    process: {
      exec_id: "bjE6MTIz",
      pid: 12,
      binary: "/usr/bin/curl",
      arguments: "http://db:5432",
      pod: { namespace: "shop", name: "web-1", workload: "web" },
    },
    function_name: "tcp_connect",
    args: [
      {
        sock_arg: {
          family: "AF_INET",
          protocol: "IPPROTO_TCP",
          saddr: "10.0.0.10",
          daddr: "10.0.0.20",
          sport: 4000,
          dport: 5432,
        },
      },
    ],
  },
  node_name: "n1",
  time: "2026-11-21T10:00:00.123456789Z",
};

describe("a Tetragon event", () => {
  it("tells who connected, and where to", () => {
    expect(readTetragonEvent(event)).toEqual({
      time: Date.parse("2026-11-21T10:00:00.123Z"),
      binary: "/usr/bin/curl",
      namespace: "shop",
      pod: "web-1",
      address: "10.0.0.20",
      port: 5432,
    });
  });

  const probe = event.process_kprobe;
  it.each([
    ["a program that was started", { process_exec: { process: probe.process }, time: event.time }],
    [
      "a process of the node",
      { ...event, process_kprobe: { ...probe, process: { ...probe.process, pod: undefined } } },
    ],
    ["a probe without a socket", { ...event, process_kprobe: { ...probe, args: [{ int_arg: 3 }] } }],
    ["an event without a time", { ...event, time: "" }],
    ["nothing at all", null],
  ])("%s tells nothing", (_, other) => {
    expect(readTetragonEvent(JSON.parse(JSON.stringify(other)))).toBeNull();
  });
});
