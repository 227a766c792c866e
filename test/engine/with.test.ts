import { describe, expect, it } from "vitest";
import { readInventory } from "../../src/decode/objects/objects.ts";
import { readManifests } from "../../src/decode/yaml/yaml.ts";
import { address, policy, worldOf } from "./world.ts";

const objectsOf = (text: string) => readInventory(readManifests(text, "policies.yaml").manifests).policies;
const from = (app: string) => `ingress: [{fromEndpoints: [{matchLabels: {app: ${app}}}]}]`;

describe("an engine with other policies", () => {
  const { engine, pod, connection } = worldOf("# none");
  const [web, cache, closed, outside] = [
    policy("db", "db", from("web")),
    policy("db", "db", from("cache")),
    policy("other", "db", "ingress: [{}]"),
    policy("outside", "web", "egress: [{toCIDR: [198.51.100.0/24]}]"),
  ].map((text) => objectsOf(text)[0]);
  if (web === undefined || cache === undefined || closed === undefined || outside === undefined) throw new Error();
  const verdict = (one: typeof engine) => one.decide(connection(pod("shop/web"), pod("shop/db"))).verdict;
  const toOutside = (one: typeof engine) => one.decide(connection(pod("shop/web"), address("198.51.100.7"))).verdict;

  it("decides by its own policies, and leaves the engine that it came from as it was", () => {
    const first = engine.with([web]);
    const second = first.with([cache]);
    expect([verdict(engine), verdict(first), verdict(second), verdict(first)]).toEqual([
      "allowed",
      "allowed",
      "denied",
      "allowed",
    ]);
    expect(verdict(second.with([cache, web]))).toBe("allowed");
    expect(verdict(second.with([closed]))).toBe("denied");
  });

  it("knows outside addresses by the prefixes of its own policies", () => {
    const first = engine.with([web]);
    expect([toOutside(first), toOutside(first.with([outside])), toOutside(engine.with([closed]))]).toEqual([
      "allowed",
      "allowed",
      "allowed",
    ]);
    const other = objectsOf(policy("outside", "web", "egress: [{toCIDR: [198.51.100.0/28]}]"));
    expect(toOutside(first.with([outside]).with(other))).toBe("allowed");
    const narrow = objectsOf(policy("outside", "web", "egress: [{toCIDR: [198.51.100.0/30]}]"));
    expect(toOutside(first.with([outside]).with(narrow))).toBe("denied");
  });

  it("reads an object that both have once", () => {
    const first = engine.with([web, closed]);
    const second = first.with([cache, closed]);
    expect(second.policies[1]).toBe(first.policies[1]);
    expect(second.policies.map((one) => one.policy)).toEqual([
      "CiliumNetworkPolicy/shop/db",
      "CiliumNetworkPolicy/shop/other",
    ]);
  });
});
