import { describe, expect, it } from "vitest";
import { CILIUM_MINORS, defaultConfig } from "#model/profile.ts";
import { checkEndpointSelector, extendedKey } from "./selector.ts";
import { agentOf } from "./versions.ts";

it.each([
  ["app", "any.app"],
  ["any:app", "any.app"],
  ["k8s:app", "k8s.app"],
  ["k8s:a:b", "k8s.a:b"],
  ["$host", "reserved.host"],
  ["reserved.host", "reserved.host"],
  ["reserved.world.", "reserved.world."],
  ["reserved.a:b", "reserved.a.b"],
  [":app", "any.app"],
  ["a=b", "any.a"],
])("before 1.20 the key %s is validated as %s", (key, extended) => {
  expect(extendedKey(key)).toBe(extended);
});

/** Which minors accept a label key. */
const KEYS: readonly (readonly [string, readonly string[]])[] = [
  ["app", ["1.18", "1.19", "1.20"]],
  ["k8s:example.com/app", ["1.18", "1.19", "1.20"]],
  ["a".repeat(59), ["1.18", "1.19", "1.20"]],
  // 1.20 alone does not count its own prefix.
  ["a".repeat(60), ["1.20"]],
  ["a".repeat(64), []],
  ["Example.com/app", []],
  ["a/b/c", []],
  ["k8s:a:b", []],
  // What the source parser swallowed.
  ["$host", ["1.18", "1.19"]],
  ["a=b", ["1.18", "1.19"]],
  [":a", ["1.18", "1.19"]],
  ["k-8s:a", ["1.18", "1.19"]],
];

describe("a label key is accepted", () => {
  it.each(KEYS)("%s by %j", (key, minors) => {
    const accepting = CILIUM_MINORS.filter((minor) => {
      const agent = agentOf(minor, defaultConfig(minor));
      return checkEndpointSelector({ matchLabels: { [key]: "v" } }, "spec", agent) === null;
    });
    expect(accepting).toEqual(minors);
  });
});

it("joins all that is wrong, each text once", () => {
  const agent = agentOf("1.20", defaultConfig("1.20"));
  const value = { matchExpressions: [{ key: "a", operator: "Exists", values: ["x y", "x y"] }] };
  const rejection = checkEndpointSelector(value, "spec.endpointSelector", agent);
  expect(rejection?.text).toMatch(
    /^invalid label selector: \[matchExpressions\[0\]\.values: Forbidden: .*, .*values\[1\].*\]$/,
  );
  expect(rejection?.path).toBe("spec.endpointSelector.matchExpressions[0].values");
});
