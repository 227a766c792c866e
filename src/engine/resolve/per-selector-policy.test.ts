import { describe, expect, it } from "vitest";
import { mergePolicies, type PerSelectorPolicy } from "./per-selector-policy.ts";
import { NO_L7 } from "../rules/policy-entry.ts";

const EVERY = { method: "", path: "", host: "", headers: [], headerMatches: [] };

function policy(over: Partial<PerSelectorPolicy> = {}): PerSelectorPolicy {
  return {
    ...{ verdict: "allow", priority: 0, l7Parser: "", listener: "", listenerPriority: 0, terminatingTls: null },
    ...{ originatingTls: null, serverNames: [], rules: NO_L7, auth: null },
    ...over,
  };
}

const get = { ...EVERY, method: "GET" };
const post = { ...EVERY, method: "POST" };
const http = (...rules: (typeof get)[]) =>
  policy({ l7Parser: "http", listenerPriority: 101, rules: { ...NO_L7, http: rules } });
const sni = (...serverNames: string[]) => policy({ l7Parser: "tls", listenerPriority: 116, serverNames });
const merged = (a: PerSelectorPolicy | null, b: PerSelectorPolicy | null) => mergePolicies(a, b, "web");

describe("mergePolicies", () => {
  it.each([
    ["two plain allows", null, null, "equal"],
    ["a deny before an allow", policy({ verdict: "deny" }), null, "first"],
    ["an allow after a deny", null, policy({ verdict: "deny" }), "second"],
    ["an allow before a pass", null, policy({ verdict: "pass" }), "first"],
    ["the lower priority number", policy({ priority: 1 }), policy({ priority: 2, verdict: "deny" }), "first"],
    ["the higher priority number", policy({ priority: 2, verdict: "deny" }), policy({ priority: 1 }), "second"],
    ["two HTTP rules", http(get), http(post), "both"],
    ["HTTP and Kafka", http(get), policy({ l7Parser: "kafka", rules: { ...NO_L7, kafka: ["{}"] } }), "conflict"],
    ["two authentications", policy({ auth: "required" }), policy({ auth: "disabled" }), "conflict"],
    ["two TLS contexts", policy({ terminatingTls: "a/s" }), policy({ terminatingTls: "a/t" }), "conflict"],
    ["SNI joined to HTTP without TLS", http(get), sni("a.test"), "conflict"],
  ] as const)("%s", (_, existing, added, kind) => {
    expect(merged(existing, added).kind).toBe(kind);
  });

  it("opens L7 rules where another rule allows without", () => {
    const result = merged(http(get), null);
    expect(result.kind === "both" ? result.policy?.rules.http : result).toEqual([get, EVERY]);
    expect(result.kind === "both" ? result.policy?.l7Parser : result).toBe("http");
  });

  it("joins the names of two SNI rules", () => {
    const result = merged(sni("a.test"), sni("b.test"));
    expect(result.kind === "both" ? result.policy?.serverNames : result).toEqual(["a.test", "b.test"]);
  });

  it("takes the listener of the lower number, and refuses two of one number", () => {
    const listener = (name: string, listenerPriority: number) =>
      policy({ l7Parser: "crd", listener: name, listenerPriority });
    const result = merged(listener("a/e/one", 126), listener("a/e/two", 5));
    expect(result.kind === "both" ? result.policy?.listener : result).toBe("a/e/two");
    expect(merged(listener("a/e/one", 5), listener("a/e/two", 5)).kind).toBe("conflict");
  });
});
