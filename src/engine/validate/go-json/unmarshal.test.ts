import { describe, expect, it } from "vitest";
import type { Json } from "#model/json.ts";
import { CILIUM_NETWORK_POLICY } from "./cilium-types.ts";
import { failureText, unmarshal } from "./unmarshal.ts";

// What encoding/json makes of a policy's spec: the value read, or the error.
function read(spec: Json): Json {
  const decoded = unmarshal(CILIUM_NETWORK_POLICY["1.20"], { spec }, "");
  return "failure" in decoded ? `${decoded.failure.path}: ${failureText(decoded.failure)}` : decoded.value;
}

describe("a value of the right type", () => {
  it("is read under the field's own name, whatever its case", () => {
    expect(read({ EndpointSelector: { MATCHLABELS: { App: "x" } } })).toEqual({
      spec: { endpointSelector: { matchLabels: { App: "x" } } },
    });
  });

  it("of an unknown name is dropped", () => {
    expect(read({ ingres: 1, description: "d" })).toEqual({ spec: { description: "d" } });
  });

  it("keeps absent and empty apart", () => {
    expect(read({ ingress: [], egress: [{ toCIDR: [] }] })).toEqual({
      spec: { ingress: [], egress: [{ toCIDR: [] }] },
    });
  });

  it("is a zero value where a list holds null", () => {
    expect(read({ ingress: [null, { fromCIDR: [null], fromEndpoints: [null] }] })).toEqual({
      spec: { ingress: [{}, { fromCIDR: [""], fromEndpoints: [{}] }] },
    });
  });

  it("may be a label named like a member of every object", () => {
    const selector: Json = JSON.parse('{"matchLabels":{"__proto__":"x","constructor":"y"}}');
    expect(JSON.stringify(read({ endpointSelector: selector }))).toContain('"__proto__":"x"');
  });
});

describe("a value of the wrong type", () => {
  it("is named by its fields, embedded structs among them", () => {
    expect(read({ ingress: [{ fromCIDR: "10.0.0.0/8" }] })).toBe(
      "spec.ingress[0].fromCIDR: json: cannot unmarshal string into Go struct field " +
        "IngressRule.spec.ingress.IngressCommonRule.fromCIDR of type api.CIDRSlice",
    );
  });

  it("is the first in sorted order, not as written", () => {
    expect(read({ ingress: "y", description: 1 })).toMatch(/^spec\.description: /);
  });

  it("shows a number that does not fit", () => {
    const ports = [{ port: "80", endPort: 90.5 }];
    expect(read({ ingress: [{ toPorts: [{ ports }] }] })).toMatch(
      /cannot unmarshal number 90\.5 into .* of type int32$/,
    );
  });

  it("gives way to the error of a type that reads itself", () => {
    const icmps = [{ fields: [{ type: "Nope" }] }];
    expect(read({ description: 1, ingress: [{ icmps }] })).toMatch(/: ICMP type Nope not found in $/);
  });

  it("inside such a type gets the outer struct's name", () => {
    expect(read({ endpointSelector: { matchLabels: { app: 1 } } })).toBe(
      "spec.endpointSelector.matchLabels.app: json: cannot unmarshal number into Go struct field " +
        "Rule.spec.endpointSelector.matchLabels of type string",
    );
  });
});
