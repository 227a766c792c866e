import { describe, expect, it } from "vitest";
import { hasKey, labelArray, lookupLabel, parseLabels, selectLabel } from "./labels.ts";

describe("lookupLabel", () => {
  const labels = parseLabels(["k8s:app=web", "reserved:world", "cidr:10.1.0.0/16", "cidr:2001-db8--/32"]);

  it.each([
    ["any:app", "web"],
    ["k8s:app", "web"],
    ["app", "web"],
    ["reserved:app", undefined],
    ["reserved:world", ""],
    ["any:world", ""],
    ["k8s:world", undefined],
    ["k8s:App", undefined],
    // A prefix is held by whoever has a label of a narrower one.
    ["cidr:10.0.0.0/8", ""],
    ["cidr:10.1.0.0/16", ""],
    ["cidr:10.1.2.0/24", undefined],
    ["cidr:2001-db8--/16", ""],
    ["any:10.1.0.0/16", ""],
  ])("%s → %s", (key, value) => {
    expect(lookupLabel(labels, selectLabel(key))).toBe(value);
  });
});

describe("labelArray", () => {
  it("keeps the last of two labels with one key, whatever their sources", () => {
    const labels = parseLabels(["k8s:host=x", "reserved:host"]);
    expect(lookupLabel(labels, selectLabel("k8s:host"))).toBeUndefined();
    expect(lookupLabel(labels, selectLabel("reserved:host"))).toBe("");
    expect(hasKey(labels, "host")).toBe(true);
  });

  it("has one key for one set, in any order", () => {
    expect(parseLabels(["k8s:a=1", "k8s:b=2"]).key).toBe(parseLabels(["k8s:b=2", "k8s:a=1"]).key);
    expect(parseLabels(["k8s:a=1"]).key).not.toBe(parseLabels(["k8s:a=2"]).key);
    expect(labelArray([]).key).toBe("");
  });
});
