import { afterAll } from "vitest";
import { createClickHouse, openClickHouse } from "#store/clickhouse/clickhouse-store.ts";
import { describeStore } from "../store-suite.ts";
import { startEngine } from "./engine.ts";

const engine = await startEngine();
afterAll(() => engine.stop());
let stores = 0;

for (const [what, parameters] of [
  ["ClickHouse", ""],
  ["ClickHouse in a cluster", "&cluster=demo&replicated=false"],
] as const) {
  describeStore(what, {
    newPlace: () => engine.url(`store_${++stores}`, parameters),
    create: (place) => createClickHouse(place),
    open: (place) => openClickHouse(place),
  });
}
