// `npm run exactness`: writes docs/exactness.md from a run of all corpora. See test/conformance/exactness-main.ts.
import { runBundled } from "./run-bundled.mjs";

await runBundled("test/conformance/exactness-main.ts", process.argv.slice(2));
