// The engines as one module, made from the sources. It lies in the checkout while it runs, so that packages are found.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const SOURCE = `
export { createEngine } from "#engine/engine.ts";
export { createFastEngine } from "#engine/fast/fast-engine.ts";
export { CidrTable } from "#engine/identity/cidr-table.ts";
export { parsePrefix } from "#engine/identity/cidr.ts";
export { podEnd } from "#engine/identity/identity.ts";
export { manifestsOf, readInventory } from "#decode/objects/objects.ts";
export { defaultConfig } from "#model/profile.ts";
`;

export async function engineBundle() {
  const directory = mkdtempSync(join("bench", ".engine-"));
  try {
    const outfile = join(directory, "engine.mjs");
    const stdin = { contents: SOURCE, resolveDir: process.cwd(), loader: "ts" };
    await build({
      stdin,
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
      logLevel: "error",
    });
    return await import(new URL(`../${outfile}`, import.meta.url).href);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
