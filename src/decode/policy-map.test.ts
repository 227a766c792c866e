import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isCounting, readPolicyMaps } from "./policy-map.ts";

const TABLE = `Endpoint ID: 71
Path: /sys/fs/bpf/tc/globals/cilium_policy_v3_00071

POLICY   DIRECTION   IDENTITY   PORT/PROTO   PROXY PORT   AUTH TYPE   BYTES   PACKETS   PREFIX   COOKIE
Allow    Ingress     0          ANY          NONE         disabled    -       -         0        0
Deny     Egress      23481      80/TCP       NONE         disabled    1024    12        24       0
Allow    Egress      2          8080-8083/TCP   NONE      disabled    -       -         22       0
Allow    Egress      2          ICMPv6       NONE         disabled    -       -         8        0

`;

describe("cilium-dbg bpf policy get --all --numeric", () => {
  it("is read as the table for people", () => {
    const [dump] = readPolicyMaps(TABLE);
    expect(dump?.endpointId).toBe(71);
    expect(
      dump?.entries.map(
        (e) =>
          `${e.isDeny ? "deny" : "allow"} ${e.direction} ${e.identity} ${e.port}/${e.portPrefix} ${e.protocol} ${e.packets}`,
      ),
    ).toEqual([
      "allow ingress 0 0/0 0 null",
      "deny egress 23481 80/16 6 12",
      "allow egress 2 8080/14 6 null",
      "allow egress 2 0/0 58 null",
    ]);
  });

  const lab = join(import.meta.dirname, "../../../shared/real/lab/enforced/agent/bpf-policy.json");
  if (!existsSync(lab)) console.warn("no ../shared/real/lab: a real agent's dump is not read");
  it.skipIf(!existsSync(lab))("is read as JSON: a real agent counts only entries that met a packet", () => {
    const dumps = readPolicyMaps(readFileSync(lab, "utf8"));
    const entries = dumps.flatMap((dump) => dump.entries);
    expect(isCounting(dumps)).toBe(true);
    expect(entries.length).toBe(422);
    expect(entries.filter(({ packets }) => packets !== null).length).toBe(71);
    expect(entries.filter(({ packets }) => packets === 0)).toEqual([]);
    expect(entries.find(({ identity }) => identity === 23481)).toMatchObject({
      direction: "ingress",
      port: 80,
      portPrefix: 16,
      protocol: 6,
    });
  });
});
