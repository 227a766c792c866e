import { describe, expect, it } from "vitest";
import { UserError } from "#model/finding.ts";
import { markOf } from "#store/event-range.ts";
import type { EventFilter, Store, StoreMark } from "#store/store.ts";
import { HOUR, line, recordingInto, START, type StoreKind, take } from "./recorded-flows.ts";

/** What every kind of store does, told as stories. `what` names the kind. */
export function describeStore(what: string, kind: StoreKind): void {
  const { newPlace: newPath, create: createStore, open: openStore } = kind;
  const { open, recorded, reading, linesOf, flowsOf, gapsOf } = recordingInto(kind);

  describe(`${what}: a place without a store`, () => {
    it("is refused by readers, in words", async () => {
      const refusal = await openStore(newPath()).then(
        () => null,
        (cause: unknown) => cause,
      );
      expect(refusal).toBeInstanceOf(UserError);
      expect(refusal).toMatchObject({ code: expect.stringMatching(/^no-store$|^store-no-database$/) });
    });
  });

  describe(`${what}: a second writer`, () => {
    it("is refused, and the store is free once the first has gone", async () => {
      const path = newPath();
      const { store } = await open(path);
      await expect(createStore(path)).rejects.toMatchObject({ code: "store-locked" });
      await store.close();
      await (await createStore(path)).close();
    });
  });

  describe(`${what}: a store that cannot be written`, () => {
    it("a full disk is said once; what comes meanwhile is written when there is room again", async () => {
      const path = newPath();
      const { store, recorder, said } = await open(path);
      const failing: Store = Object.create(store);
      let isFull = true;
      Object.assign(failing, {
        append: (part: Parameters<Store["append"]>[0]) =>
          isFull
            ? Promise.reject(new Error("IO Error: Could not write file: No space left on device"))
            : store.append(part),
      });
      Object.assign(recorder, { store: failing });
      for (let index = 0; index < 3; index++) {
        take(recorder, line(index * 1000));
        await recorder.flush();
      }
      expect(recorder.isHealthy).toBe(false);
      expect(said.map(({ id }) => id)).toEqual(["store-full"]);
      isFull = false;
      take(recorder, line(4000));
      await recorder.close();
      await store.close();
      expect(said.map(({ id }) => id)).toEqual(["store-full", "store-writable"]);
      expect(await linesOf(path)).toEqual([line(0), line(1000), line(2000), line(4000)]);
      expect(await flowsOf(path)).toBe(4);
    });
    it("gives up whole hours in the end, and counts them as gaps", async () => {
      const path = newPath();
      const { store, recorder, said } = await open(path);
      const failing: Store = Object.create(store);
      Object.assign(failing, { append: () => Promise.reject(new Error("No space left on device")) });
      Object.assign(recorder, { store: failing });
      for (let hour = 0; hour < 10; hour++) {
        for (let n = 0; n < 70; n++) take(recorder, line(hour * HOUR + n));
        await recorder.flush();
      }
      Object.assign(recorder, { store });
      await recorder.close();
      await store.close();
      expect(said.map(({ id }) => id)).toEqual(["store-full", "store-writable"]);
      // A node that is heard for an instant an hour is silent between: those gaps are not the store's.
      const gaps = (await gapsOf(path)).filter(({ reason }) => reason !== "silent");
      const flows = await flowsOf(path);
      expect(gaps.length).toBeGreaterThan(0);
      expect(new Set(gaps.map(({ reason }) => reason))).toEqual(new Set(["the store could not be written"]));
      expect(flows).toBeLessThan(700);
    });
  });

  describe(`${what}: clocks that step`, () => {
    it("one event of another day begins no segment; a clock that stays there does", async () => {
      const path = newPath();
      const day = 24 * HOUR;
      const lines = [
        line(0),
        line(1000),
        line(90 * day),
        line(2000),
        ...Array.from({ length: 100 }, (_, n) => line(day + n)),
      ];
      await recorded(path, lines);
      const hours = await reading(path, async (store) =>
        (await store.segments()).map(({ hour, flows }) => [hour, flows]),
      );
      expect(hours.map(([hour]) => hour)).toEqual([START / HOUR, (START + day) / HOUR]);
      expect(await flowsOf(path)).toBe(lines.length);
    });

    it("a clock that jumps ahead costs nothing of the past", async () => {
      const path = newPath();
      for (const hour of [0, 1, 2]) await recorded(path, [line(hour * HOUR)]);
      const store = await createStore(path);
      expect(await store.retain({ days: 1, bytes: null }, START + 900 * HOUR)).toEqual([]);
      expect((await store.retain({ days: 1 / 24, bytes: null }, START + 3 * HOUR)).length).toBe(1);
      expect((await store.retain({ days: null, bytes: 1 }, START)).length).toBe(1);
      expect((await store.segments()).length).toBe(1);
      await store.close();
    });
  });

  describe(`${what}: a source that is resumed`, () => {
    it("what comes again is counted once, and proves that nothing is missing between", async () => {
      const path = newPath();
      await recorded(path, [line(0), line(1000)]);
      await recorded(path, [line(1000), line(2000)]);
      expect(await flowsOf(path)).toBe(3);
      expect(await gapsOf(path)).toEqual([]);
    });

    it("what does not go on is a gap of that node", async () => {
      const path = newPath();
      await recorded(path, [line(0), line(0, "node-2", 1)]);
      await recorded(path, [line(0), line(5000), line(7000, "node-2")]);
      expect(await gapsOf(path)).toEqual([
        { node: "node-2", from: START, to: START + 7000, reason: "the recorder did not run" },
      ]);
    });

    it("a connection made anew is a gap unless an event comes again", async () => {
      const path = newPath();
      const { recorder, store } = await open(path);
      take(recorder, line(0));
      take(recorder, line(0, "node-2", 1));
      recorder.reconnected();
      recorder.again("node-1");
      take(recorder, line(3000));
      take(recorder, line(4000, "node-2"));
      await recorder.close();
      await store.close();
      expect(await gapsOf(path)).toEqual([
        {
          node: "node-2",
          from: START,
          to: START + 4000,
          reason: "the connection was lost, and the ring has wrapped since",
        },
      ]);
    });
  });

  describe(`${what}: a store that is written while it is read`, () => {
    it("gives everything that was acknowledged, once", async () => {
      const path = newPath();
      const { recorder, store } = await open(path);
      for (let index = 0; index < 5; index++) {
        take(recorder, line(index * HOUR));
        for (let n = 1; n < 70; n++) take(recorder, line(index * HOUR + n));
        // A flush writes the hour that ended and the one that began, one after the other: a reader may see the first alone.
        const [flows] = await Promise.all([flowsOf(path), recorder.flush()]);
        expect(flows).toBeGreaterThanOrEqual(70 * index);
        expect(flows).toBeLessThanOrEqual(70 * (index + 1));
        expect(await flowsOf(path)).toBe(70 * (index + 1));
      }
      await recorder.close();
      await store.close();
      expect(await flowsOf(path)).toBe(350);
    });
  });

  describe(`${what}: events in the order of time`, () => {
    const ask = (place: string, filter: Partial<EventFilter>) =>
      reading(place, async (store) => {
        const lines: string[] = [];
        for await (const one of store.events({ from: null, to: null, ...filter })) lines.push(one);
        return lines;
      });

    it("over nodes, parts and hours, from either end", async () => {
      const path = newPath();
      const first = [line(0), line(5000, "node-2"), line(3000), line(HOUR + 10, "node-2"), line(7000)];
      await recorded(path, first);
      // Another run of the same hour, by events that came late, and a part of it that goes on.
      const { recorder, store } = await open(path);
      for (const ms of [HOUR + 20, HOUR + 40]) take(recorder, line(ms, "node-3"));
      await recorder.flush();
      for (const ms of [HOUR + 30, HOUR + 50]) take(recorder, line(ms, "node-3"));
      await recorder.flush();
      const inOrder = [0, 3000, 5000, 7000, HOUR + 10, HOUR + 20, HOUR + 30, HOUR + 40, HOUR + 50].map(nodeLine);
      expect(await ask(path, { order: "oldest-first" })).toEqual(inOrder);
      expect(await ask(path, { order: "newest-first" })).toEqual([...inOrder].reverse());
      const window = { from: START + 5000, to: START + HOUR + 20 };
      expect(await ask(path, { order: "oldest-first", ...window })).toEqual(inOrder.slice(2, 6));
      await recorder.close();
      await store.close();
      expect(await ask(path, { order: "oldest-first" })).toEqual(inOrder);
    });

    const NODES = new Map([
      [5000, "node-2"],
      [HOUR + 10, "node-2"],
    ]);
    const nodeLine = (ms: number) => line(ms, NODES.get(ms) ?? (ms > HOUR ? "node-3" : "node-1"));

    it("a mark parts what was there from what came after, whatever was joined meanwhile", async () => {
      const path = newPath();
      const { recorder, store } = await open(path);
      const marks: StoreMark[] = [new Map()];
      for (const ms of [1000, 2000, 3000]) {
        take(recorder, line(ms));
        await recorder.flush();
        marks.push(await reading(path, async (reader) => markOf(await reader.segments())));
      }
      take(recorder, line(4000));
      await recorder.close();
      await store.close();
      for (const [index, mark] of marks.entries()) {
        const times = [1000, 2000, 3000, 4000].map((ms) => line(ms));
        for (const order of ["arrival", "oldest-first", "newest-first"] as const) {
          const turned = (lines: readonly string[]) => (order === "newest-first" ? [...lines].reverse() : lines);
          expect(await ask(path, { order, upTo: mark })).toEqual(turned(times.slice(0, index)));
          expect(await ask(path, { order, after: mark })).toEqual(turned(times.slice(index)));
          const next = marks[index + 1];
          if (next !== undefined)
            expect(await ask(path, { after: mark, upTo: next })).toEqual([line((index + 1) * 1000)]);
        }
      }
    });

    it("goes on where parts were joined after it had begun", async () => {
      const path = newPath();
      const { recorder, store } = await open(path);
      for (let n = 0; n < 70; n++) take(recorder, line(n));
      const later = Array.from({ length: 70 }, (_, n) => line(HOUR + n));
      for (const one of later.slice(0, 69)) take(recorder, one);
      await recorder.flush();
      take(recorder, later[69] ?? "");
      await recorder.flush();
      await reading(path, async (reader) => {
        const upTo = markOf(await reader.segments());
        const lines: string[] = [];
        for await (const one of reader.events({ from: null, to: null, order: "oldest-first", upTo })) {
          lines.push(one);
          if (lines.length > 1) continue;
          take(recorder, line(HOUR + 70));
          await recorder.close();
          await store.close();
        }
        expect(lines.slice(70)).toEqual(later);
      });
    });

    it("tells the namespaces of what it recorded", async () => {
      const path = newPath();
      await recorded(path, [line(0), line(HOUR)]);
      expect(await reading(path, (store) => store.namespaces())).toEqual([{ cluster: "", namespace: "shop" }]);
    });
  });
}
