import { describe, expect, it } from "vitest";
import { shrink } from "./shrink.ts";
import { type FuzzWorld, makeWorld } from "./world.ts";

/** A world number of seed 3 whose text shows a sign, for a difference planted there. */
function worldWith(sign: RegExp): FuzzWorld {
  for (let index = 0; index < 5_000; index += 1) {
    const world = makeWorld({ seed: 3, index });
    if (sign.test(JSON.stringify(world))) return world;
  }
  throw new Error(`no world has ${sign}`);
}

/** An oracle that differs wherever a sign is left in the text. */
const wherever = (sign: RegExp, asked: { batches: number } = { batches: 0 }) => {
  return async (candidates: readonly FuzzWorld[]) => {
    asked.batches += 1;
    return candidates.map((world) => sign.test(JSON.stringify(world)));
  };
};

describe("the shrinker", () => {
  it("leaves of a world the one rule that differs", async () => {
    const sign = /"toFQDNs":/;
    const small = await shrink(worldWith(sign), { of: 3 }, wherever(sign));
    const { config, objects, dns, connections } = small;
    expect(Object.keys(config)).toEqual([]);
    expect([dns, connections]).toEqual([[], []]);
    expect(objects).toHaveLength(1);
    expect(JSON.stringify(objects)).toMatch(
      /^\[\{"specs?":(\[\{"egress":\[\{"toFQDNs":\[\]\}\]\}\]|\{"egress":\[\{"toFQDNs":\[\]\}\]\})\}\]$/,
    );
  });

  it("keeps two things apart when it takes both", async () => {
    const [pod, port] = [/"hostNetwork":true/, /"endPort":65535/];
    const both = new RegExp(`${pod.source}.*${port.source}`);
    const small = await shrink(worldWith(both), { of: 0 }, wherever(both));
    expect(small.objects).toHaveLength(2);
    expect(JSON.stringify(small).length).toBeLessThan(250);
  });

  it("keeps the connection that differs, and no other", async () => {
    const world = worldWith(/./);
    const wanted = JSON.stringify(world.connections[5]);
    const differs = async (candidates: readonly FuzzWorld[]) =>
      candidates.map(({ connections }) => connections.some((item) => JSON.stringify(item) === wanted));
    const small = await shrink(world, { of: 5 }, differs);
    expect(small.connections).toEqual([world.connections[5]]);
    expect([small.objects, small.dns]).toEqual([[], []]);
  });

  it("ends where nothing can go, after few questions", async () => {
    const asked = { batches: 0 };
    const world = worldWith(/./);
    const whole = JSON.stringify({ ...world, connections: world.connections.slice(0, 1) });
    const differs = async (candidates: readonly FuzzWorld[]) => {
      asked.batches += 1;
      return candidates.map((one) => JSON.stringify(one) === whole);
    };
    expect(JSON.stringify(await shrink(world, { of: 0 }, differs))).toBe(whole);
    expect(asked.batches).toBeLessThan(100);
  });
});
