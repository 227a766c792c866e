import { describe, expect, it } from "vitest";
import { CILIUM_MINORS } from "#model/profile.ts";
import { FEATURES } from "./features.ts";
import { makeWorld } from "./world.ts";

const worlds = Array.from({ length: 2_000 }, (_, index) => makeWorld({ seed: 11, index }));
const texts = worlds.map((world) => JSON.stringify(world));

function isThrice(sign: RegExp): boolean {
  let times = 0;
  return texts.some((text) => {
    if (sign.test(text)) times += 1;
    return times === 3;
  });
}

describe("worlds at random", () => {
  it("are the same for the same seed and number, on every machine", () => {
    expect(JSON.stringify(makeWorld({ seed: 11, index: 7 }))).toBe(texts[7]);
    expect(JSON.stringify(makeWorld({ seed: 12, index: 7 }))).not.toBe(texts[7]);
    expect(JSON.stringify(makeWorld({ seed: 11, index: 8 }))).not.toBe(texts[7]);
  });

  it("have every feature at least three times in 2,000", () => {
    const seldom = FEATURES.filter(([, sign]) => !isThrice(sign));
    expect(seldom.map(([name]) => name)).toEqual([]);
    expect(isThrice(/"no such thing"/)).toBe(false);
  });

  it("are of every minor alike, unless one is asked for", () => {
    const counts = CILIUM_MINORS.map((minor) => worlds.filter(({ cilium }) => cilium === minor).length);
    expect(counts).toEqual([667, 667, 666]);
    expect(makeWorld({ seed: 1, index: 0, minor: "1.20" }).cilium).toBe("1.20");
  });

  it("name only pods that there are", () => {
    const lost = worlds.flatMap(({ name, objects, connections }) => {
      const metas = objects
        .filter(({ kind }) => kind === "Pod")
        .map(({ metadata }) => metadata as Record<string, string>);
      const pods = new Set(metas.map((meta) => `${meta["namespace"]}/${meta["name"]}`));
      const named = connections
        .flatMap(({ from, to }) => [String(from), String(to)])
        .filter((end) => end.includes("/"));
      return named.filter((end) => !pods.has(end)).map((end) => `${name}: ${end}`);
    });
    expect(lost).toEqual([]);
  });
});
