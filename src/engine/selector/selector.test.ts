import { describe, expect, it } from "vitest";
import { parseLabels } from "./labels.ts";
import { type CidrReach, isWildcard, labelSelector, readSelector, selects, WILDCARD } from "./selector.ts";
import { cidrRuleSelectors, type CidrStack, cidrSelectors, worldName } from "./cidr-selector.ts";

const ANYWHERE: CidrReach = { modes: null, ipv4: true, ipv6: false };
const extend = (key: string) => (key.includes(":") ? key : `any:${key}`);

describe("label selectors", () => {
  const web = parseLabels(["k8s:app=web", "k8s:io.kubernetes.pod.namespace=a"]);
  const expression = (key: string, operator: string, ...values: string[]) => ({
    matchExpressions: [{ key, operator, values }],
  });

  it.each([
    ["matchLabels", { matchLabels: { app: "web" } }, true],
    ["another value", { matchLabels: { app: "db" } }, false],
    ["another source", { matchLabels: { "reserved:app": "web" } }, false],
    ["nothing asked", {}, true],
    ["null", null, true],
    ["In", expression("app", "In", "db", "web"), true],
    ["In of nothing", expression("app", "In"), false],
    ["NotIn", expression("app", "NotIn", "web"), false],
    ["NotIn where the key is missing", expression("tier", "NotIn", "web"), true],
    ["Exists", expression("app", "Exists"), true],
    ["DoesNotExist", expression("tier", "DoesNotExist"), true],
    ["both kinds, one failing", { matchLabels: { app: "web" }, ...expression("app", "NotIn", "web") }, false],
  ])("%s: %#", (_, written, takes) => {
    expect(selects(labelSelector(readSelector(written, extend)), web, ANYWHERE)).toBe(takes);
  });

  it("are the same selector for the same question", () => {
    const keys = [{ matchLabels: { a: "1", b: "2" } }, { matchLabels: { b: "2", a: "1" } }].map(
      (written) => labelSelector(readSelector(written, extend)).key,
    );
    expect(keys[0]).toBe(keys[1]);
    expect(isWildcard(labelSelector(readSelector({}, extend)))).toBe(true);
    expect(isWildcard(WILDCARD)).toBe(true);
  });
});

describe("CIDR selectors", () => {
  const stack = (over: Partial<CidrStack> = {}): CidrStack => ({
    ...{ ipv4: true, ipv6: false, cidr: "selector", worldByFamily: true, cidrGroupValuesInKeys: true },
    ...over,
  });
  const outside = parseLabels(["reserved:world", "cidr:203.0.113.0/24"]);
  const node = parseLabels(["reserved:remote-node", "cidr:10.0.0.1/32"]);
  const modes = (nodes: boolean): CidrReach => ({ modes: { nodes, pods: false }, ipv4: true, ipv6: false });

  it.each([
    ["the prefix itself", "203.0.113.0/24", true],
    ["a wider one", "203.0.0.0/16", true],
    ["a narrower one", "203.0.113.0/25", false],
    ["all of IPv4", "0.0.0.0/0", true],
    ["all of IPv6", "::/0", false],
  ])("%s", (_, cidr, takes) => {
    for (const kind of ["labels", "selector"] as const) {
      const selectors = cidrSelectors([cidr], stack({ cidr: kind }));
      expect(selectors.some((selector) => selects(selector, outside, ANYWHERE))).toBe(takes);
    }
  });

  it("leave out what is excepted", () => {
    const rule = (except: readonly string[]) => ({ cidr: "203.0.0.0/16", group: "", groupSelector: undefined, except });
    const takes = (except: readonly string[]) =>
      cidrRuleSelectors(rule(except), stack()).some((selector) => selects(selector, outside, ANYWHERE));
    expect([takes([]), takes(["203.0.113.0/24"]), takes(["203.0.114.0/24"])]).toEqual([true, false, true]);
  });

  it("take nodes only where the match mode says so, from 1.20 on", () => {
    const [selector] = cidrSelectors(["10.0.0.0/8"], stack());
    if (selector === undefined) throw new Error("no selector");
    expect([ANYWHERE, modes(false), modes(true)].map((reach) => selects(selector, node, reach))).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe("worldName", () => {
  it.each([
    // family, ipv4, ipv6, 1.18, later
    [4, true, false, "world", "world"],
    [4, true, true, "world-ipv4", "world-ipv4"],
    [6, true, true, "world-ipv6", "world-ipv6"],
    [6, true, false, "world", "world-ipv6"],
    [4, false, true, "world", "world-ipv4"],
  ] as const)("family %i, IPv4 %s, IPv6 %s: %s, later %s", (family, ipv4, ipv6, old, now) => {
    const name = (worldByFamily: boolean) => worldName(family, { ipv4, ipv6, worldByFamily });
    expect([name(false), name(true)]).toEqual([old, now]);
  });
});
