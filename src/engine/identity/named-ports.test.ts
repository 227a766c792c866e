import type { Pod } from "#model/objects.ts";
import { describe, expect, it } from "vitest";
import {
  clusterPort,
  clusterPorts,
  isServiceName,
  namedPort,
  namedPortLabelValues,
  namedPortMap,
} from "./named-ports.ts";
import { protocolName, TCP, UDP } from "../rules/protocol.ts";

const port = (name: string, number: number, protocol = "TCP") => ({ name, port: number, protocol });

describe("isServiceName", () => {
  it.each([
    ["http", true],
    ["web-2", true],
    ["0x50", true],
    ["HTTP", true],
    ["80", false],
    ["0120", false],
    ["-http", false],
    ["a--b", false],
    ["", false],
    ["sixteen-letters-x", false],
  ])("%s: %s", (text, is) => {
    expect(isServiceName(text)).toBe(is);
  });

  it("is quick on texts that are none", () => {
    const started = performance.now();
    isServiceName("1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-");
    expect(performance.now() - started).toBeLessThan(50);
  });
});

describe("namedPortMap", () => {
  it("keeps names in lower case, of two ports with a name the last", () => {
    const map = namedPortMap([port("HTTP", 53), port("http", 80), port("80", 80), port("dns", 53, "UDP")]);
    expect(namedPort(map, "http", TCP)).toBe(80);
    expect(namedPort(map, "dns", UDP)).toBe(53);
    expect(namedPort(map, "dns", TCP)).toBeNull();
    expect(map.size).toBe(2);
  });

  it("takes TCP where no protocol is written, and no port that cannot be", () => {
    const map = namedPortMap([port("a", 80, ""), port("b", 0), port("c", 70000), port("d", 80, "nonsense")]);
    expect([...map.keys()]).toEqual(["a"]);
  });
});

describe("clusterPort", () => {
  const pod = (ports: Pod["ports"], hostNetwork = false) => ({ ports, hostNetwork }) as Pod;

  it("has a number only where the whole cluster agrees", () => {
    const agreed = clusterPorts([pod([port("web", 80)]), pod([port("web", 80)]), pod([port("dns", 53, "UDP")])]);
    expect(clusterPort(agreed, "web", TCP)).toBe(80);
    const split = clusterPorts([pod([port("web", 80)]), pod([port("web", 8080)])]);
    expect(clusterPort(split, "web", TCP)).toBeNull();
    expect(clusterPort(agreed, "web", UDP)).toBeNull();
  });

  it("leaves out pods of the host's network", () => {
    expect(clusterPort(clusterPorts([pod([port("web", 80)]), pod([port("web", 8080)], true)]), "web", TCP)).toBe(80);
  });
});

describe("namedPortLabelValues", () => {
  it("sorts by name", () => {
    const map = namedPortMap([port("http", 80), port("dns", 53, "UDP")]);
    expect(namedPortLabelValues(map, protocolName)).toEqual(["dns.UDP.53_http.TCP.80"]);
  });

  it("begins another label before a value grows over 63 characters", () => {
    const many = Array.from({ length: 12 }, (_, i) => port(`port-${String(i).padStart(2, "0")}`, 8000 + i));
    const values = namedPortLabelValues(namedPortMap(many), protocolName);
    expect(values.length).toBe(4);
    expect(values.every((value) => value.length <= 63)).toBe(true);
    expect(values.join("_").split("_").length).toBe(12);
  });
});
