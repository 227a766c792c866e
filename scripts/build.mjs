// Bundles the CLI into dist/: one entry for the command, one for the recording worker, shared chunks beside them.
// Lazy imports become chunks of their own, so that `ringfence --help` loads none of the engine.
import { chmodSync, existsSync, rmSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
const entries = ["src/cli/main.ts", "src/sources/recording-worker.ts"].filter((file) => existsSync(file));
await build({
  entryPoints: Object.fromEntries(entries.map((file) => [file.replace(/^.*\//, "").replace(/\.ts$/, ""), file])),
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
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
chmodSync("dist/main.js", 0o755);
