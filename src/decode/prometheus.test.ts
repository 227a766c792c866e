import { describe, expect, it } from "vitest";
import { readPrometheus } from "./prometheus.ts";

const response = (...result: readonly object[]) =>
  JSON.parse(JSON.stringify({ status: "success", data: { resultType: "vector", result } }));

describe("a response of Prometheus", () => {
  it("of configured contexts names both ends; series of one pair are added up", () => {
    const pair = { source: "shop/web", destination: "shop/db", action: "forwarded" };
    const read = readPrometheus(
      response(
        { metric: { ...pair, direction: "egress" }, value: [1, "3"] },
        { metric: { ...pair, direction: "ingress" }, value: [1, "4.5"] },
        { metric: { ...pair, action: "dropped" }, value: [1, "1"] },
        { metric: { source: "shop/web", destination: "shop/old" }, value: [1, "0"] },
      ),
    );
    expect(read?.edges).toEqual([
      { source: "shop/web", destination: "shop/db", verdict: "forwarded", count: 7.5 },
      { source: "shop/web", destination: "shop/db", verdict: "dropped", count: 1 },
    ]);
  });

  it("of labelsContext is read by namespace and workload", () => {
    const metric = {
      source_namespace: "shop",
      source_workload: "web",
      destination_namespace: "shop",
      destination_pod: "shop/db-0",
    };
    expect(readPrometheus(response({ metric, value: [1, "2"] }))?.edges).toMatchObject([
      { source: "shop/web", destination: "shop/db-0" },
    ]);
  });

  it("over time counts what was added, also across a restart of the counter", () => {
    const values = [
      [1, "10"],
      [2, "15"],
      [3, "2"],
      [4, "4"],
    ];
    expect(readPrometheus(response({ metric: { source: "a", destination: "b" }, values }))?.edges).toMatchObject([
      { count: 9 },
    ]);
  });

  it("without contexts names nobody", () => {
    expect(readPrometheus(response({ metric: { verdict: "DROPPED" }, value: [1, "2"] }))).toEqual({
      edges: [],
      unnamed: 1,
    });
  });

  it.each([null, [], {}, { status: "error", error: "bad" }, { data: { result: 3 } }])("%j is none", (other) => {
    expect(readPrometheus(other)).toBeNull();
  });
});
