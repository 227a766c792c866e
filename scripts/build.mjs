// Bundles the CLI: one entry for the command, one for each worker, shared chunks beside them, and the JSON
// Schemas of the outputs. Lazy imports become chunks of their own, so that `ringfence --help` loads none of the engine.
// `node scripts/build.mjs [DIRECTORY]`, default dist.
import { chmodSync, cpSync, existsSync, rmSync } from "node:fs";
import { build } from "esbuild";

const directory = process.argv[2] ?? "dist";
rmSync(directory, { recursive: true, force: true });
const entries = [
  "src/cli/main.ts",
  "src/sources/recording-worker.ts",
  "src/cli/test-worker.ts",
  "src/cli/observe-worker.ts",
].filter((file) => existsSync(file));
await build({
  entryPoints: Object.fromEntries(entries.map((file) => [file.replace(/^.*\//, "").replace(/\.ts$/, ""), file])),
  outdir: directory,
  bundle: true,
  splitting: true,
  format: "esm",
  // Native code, an optional dependency: found beside the bundle when a store is touched.
  external: ["@duckdb/node-api"],
  platform: "node",
  target: "node20.19",
  chunkNames: "chunks/[name]-[hash]",
  legalComments: "linked",
  minifySyntax: true,
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
chmodSync(`${directory}/main.js`, 0o755);
cpSync("src/report/schema", `${directory}/schema`, { recursive: true });
