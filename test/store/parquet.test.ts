import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { createStore, openStore } from "#store/parquet-store.ts";
import { describeStore } from "./store-suite.ts";

const directory = mkdtempSync(join(tmpdir(), "store-parquet-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let stores = 0;

describeStore("Parquet", {
  newPlace: () => join(directory, `store-${++stores}`),
  create: (place) => createStore(place, { threads: 1 }),
  open: (place) => openStore(place, { threads: 1 }),
});
