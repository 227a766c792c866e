import { describe, expect, it } from "vitest";
import { yamlContext } from "./yaml-context.ts";

/** `|` is the cursor. */
function at(text: string) {
  const lines = text.split("\n");
  const line = lines.findIndex((one) => one.includes("|"));
  const character = lines[line]?.indexOf("|") ?? 0;
  return yamlContext(
    lines.map((one) => one.replace("|", "")),
    line,
    character,
  );
}

describe("where the cursor stands", () => {
  it.each([
    [
      "a key of a mapping",
      "spec:\n  endpointSelector:\n    matchLabels:\n      ap|",
      ["spec", "endpointSelector", "matchLabels"],
      null,
      "ap",
    ],
    [
      "a value",
      "spec:\n  endpointSelector:\n    matchLabels:\n      app: w|",
      ["spec", "endpointSelector", "matchLabels"],
      "app",
      "w",
    ],
    [
      "an item of a list",
      "spec:\n  egress:\n    - toEntities:\n        - ho|",
      ["spec", "egress", "toEntities"],
      null,
      "ho",
    ],
    [
      "an item at its key's own indentation",
      "spec:\n  egress:\n  - toEntities:\n    - ho|",
      ["spec", "egress", "toEntities"],
      null,
      "ho",
    ],
    ["an item on one line", "spec:\n  egress:\n    - toEntities: [world, ho|", ["spec", "egress"], "toEntities", "ho"],
    [
      "a value on one line",
      "spec:\n  egress:\n    - toEndpoints: [{matchLabels: {app: d|",
      ["spec", "egress", "toEndpoints"],
      "app",
      "d",
    ],
    [
      "a quoted namespace",
      'spec:\n  egress:\n    - toEndpoints:\n        - matchLabels:\n            "k8s:io.kubernetes.pod.namespace": ku|',
      ["spec", "egress", "toEndpoints", "matchLabels"],
      "k8s:io.kubernetes.pod.namespace",
      "ku",
    ],
    [
      "a port of a list item",
      'spec:\n  ingress:\n    - toPorts:\n        - ports:\n            - port: "8|',
      ["spec", "ingress", "toPorts", "ports"],
      "port",
      "8",
    ],
    ["another document", "a: 1\n---\nspec:\n  egress|", ["spec"], null, "egress"],
  ])("%s", (_, text, keys, key, prefix) => {
    expect(at(text)).toMatchObject({ keys, key, prefix });
  });
});
