// Bundles a TypeScript program of the tests and runs it here: Node 20 does not read TypeScript itself.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

/** Runs a program with arguments; its exit code becomes this one's. */
export async function runBundled(entry, args) {
  const directory = mkdtempSync(join(tmpdir(), "ringfence-"));
  const outfile = join(directory, "program.mjs");
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
  const { status } = spawnSync(process.execPath, [outfile, ...args], { stdio: "inherit" });
  rmSync(directory, { recursive: true });
  process.exitCode = status ?? 1;
}
