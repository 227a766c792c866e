// `npm run fuzz -- --minutes N`: bundles the fuzzer and runs it. See test/fuzz/main.ts and CONTRIBUTING.md.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const directory = mkdtempSync(join(tmpdir(), "ringfence-fuzz-"));
const outfile = join(directory, "fuzz.mjs");
await build({
  entryPoints: ["test/fuzz/main.ts"],
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
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: "inherit" });
rmSync(directory, { recursive: true });
process.exitCode = status ?? 1;
