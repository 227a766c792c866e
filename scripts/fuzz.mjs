// `npm run fuzz -- --minutes N`: worlds at random against Cilium's own engine. See test/fuzz/main.ts.
import { runBundled } from "./run-bundled.mjs";

await runBundled("test/fuzz/main.ts", process.argv.slice(2));
