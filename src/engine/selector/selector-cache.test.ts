import { describe, expect, it } from "vitest";
import { labelSelector } from "./selector.ts";
import { SelectorCache } from "./selector-cache.ts";

const asking = (value: string) => labelSelector({ labels: new Map([["k8s:app", value]]), expressions: [] });

describe("selectors of one key", () => {
  const cache = () => new SelectorCache({ modes: null, ipv4: true, ipv6: false });

  it("are one, and what was read holds for every set of policies while they select alike", () => {
    const all = cache();
    expect(all.peer(asking("a"))).toBe(all.peer(asking("a")));
    all.peer(asking("b"));
    expect(all.isAmbiguous).toBe(false);
  });

  it("select alike in whatever order their labels are written", () => {
    const all = cache();
    const [one, other] = [asking("a"), asking("b")];
    if (one.kind !== "labels" || other.kind !== "labels") throw new Error("asking makes label selectors");
    const both = [...one.requirements, ...other.requirements];
    const first = all.peer({ ...one, requirements: both });
    expect(all.peer({ ...one, requirements: both.toReversed() })).toBe(first);
    expect(all.isAmbiguous).toBe(false);
    all.peer({ ...one, requirements: [...one.requirements, ...one.requirements] });
    expect(all.isAmbiguous).toBe(true);
  });

  it("are told when they do not", () => {
    const all = cache();
    const first = asking("a");
    expect(all.peer(first)).toBe(first);
    expect(all.peer({ ...asking("b"), key: first.key })).toBe(first);
    expect(all.isAmbiguous).toBe(true);
  });

  it("are apart among subjects and among peers", () => {
    const all = cache();
    all.subject(asking("a"));
    all.peer({ ...asking("b"), key: asking("a").key });
    expect(all.isAmbiguous).toBe(false);
  });
});
