import { describe, expect, it } from "vitest";
import { denyPrecedence, mapEntry, type MapEntry } from "./map-entry.ts";
import { type Features, type Holder, lookup, MapState } from "./map-state.ts";
import { NO_ORIGIN, originOf } from "../rules/origin.ts";
import type { PolicyVerdict } from "../rules/policy-entry.ts";

const FEATURES: Features = { denies: true, redirects: true, ordered: true, auth: false, passes: true };

type Given = {
  readonly who: Holder;
  readonly bits: number;
  readonly verdict: PolicyVerdict;
  readonly name: string;
  readonly priority?: number;
  readonly proxy?: string;
};

function entryOf({ verdict, name, priority = 0, proxy = "" }: Given): MapEntry {
  const listenerPriority = proxy === "" ? 0 : 101;
  return mapEntry({
    ...{ verdict, priority, tierPriority: 0, nextTierPriority: 100, proxy, listenerPriority, auth: null },
    origin: name === "" ? NO_ORIGIN : originOf({ policy: name, element: "" }, ""),
  });
}

function answer(features: Partial<Features>, given: readonly Given[], aggregates = false): string {
  const state = new MapState({ ...FEATURES, passes: false, ...features }, aggregates);
  for (const item of given) state.insert({ holder: item.who, length: item.bits }, entryOf(item), denyPrecedence(0));
  const found = lookup(state, aggregates);
  if (found === null) return "nothing";
  const verdict = found.precedence % 256 === 255 ? "deny" : found.proxy === "" ? "allow" : "redirect";
  return `${verdict} ${found.origin.rules.map((rule) => rule.policy).join("+")}`;
}

const [anyPort, range, onePort] = [9, 22, 25];
const allow = (who: Holder, bits: number, name: string, more: Partial<Given> = {}): Given => ({
  ...{ who, bits, verdict: "allow", name },
  ...more,
});
const deny = (who: Holder, bits: number, name: string): Given => ({ who, bits, verdict: "deny", name });

describe("which entry answers", () => {
  it.each([
    ["nothing", [], "nothing"],
    ["the only one", [allow("identity", onePort, "a")], "allow a"],
    ["a deny of the same key", [allow("identity", onePort, "a"), deny("identity", onePort, "d")], "deny d"],
    ["a broader deny", [deny("aggregate", anyPort, "d"), allow("identity", onePort, "a")], "deny d"],
    ["a narrower deny", [allow("aggregate", anyPort, "a"), deny("identity", onePort, "d")], "deny d"],
    ["the narrower of two allows", [allow("identity", anyPort, "a"), allow("identity", onePort, "b")], "allow b"],
    ["the aggregate's narrower port", [allow("identity", anyPort, "a"), allow("aggregate", range, "b")], "allow b"],
    ["both names of one key", [allow("identity", onePort, "a"), allow("identity", onePort, "b")], "allow a+b"],
    [
      "a redirect",
      [allow("identity", onePort, "a"), allow("identity", onePort, "r", { proxy: "6/80/" })],
      "redirect r",
    ],
    [
      "a redirect of all ports",
      [allow("aggregate", anyPort, "r", { proxy: "x" }), allow("identity", onePort, "a")],
      "redirect r",
    ],
    [
      "the lower priority number",
      [allow("identity", onePort, "late", { priority: 5 }), deny("identity", onePort, "d")],
      "deny d",
    ],
  ] as const)("%s", (_, given, expected) => {
    expect(answer({}, given)).toBe(expected);
    // The order of insertion never decides, but for the order of names.
    const turned = answer({}, [...given].reverse());
    expect(turned.split(/[ +]/).sort()).toEqual(expected.split(/[ +]/).sort());
  });

  it("prefers the aggregate's entry of a broader port from 1.20 on", () => {
    const given = [allow("aggregate", range, "world"), allow("identity", onePort, "one")];
    expect([answer({}, given), answer({}, given, true)]).toEqual(["allow one", "allow world"]);
  });

  it("keeps one entry where identity and aggregate say the same", () => {
    expect(answer({}, [allow("identity", onePort, "one"), allow("aggregate", onePort, "world")], true)).toBe(
      "allow world",
    );
  });
});

describe("passes", () => {
  const pass = (who: Holder, bits: number): Given => ({ who, bits, verdict: "pass", name: "p" });
  const later = { priority: 100 };

  it.each([
    ["a pass alone answers nothing", [pass("aggregate", anyPort)], "nothing"],
    ["what is passed to answers", [pass("aggregate", anyPort), allow("identity", onePort, "a", later)], "allow a"],
    [
      "a deny beside the pass, of a lower number, wins",
      [deny("identity", onePort, "d"), pass("aggregate", anyPort), allow("identity", onePort, "a", later)],
      "deny d",
    ],
  ] as const)("%s", (_, given, expected) => {
    expect(answer({ passes: true }, given)).toBe(expected);
  });
});
