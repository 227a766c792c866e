// The store's figures: bytes a raw flow over a generated day, the conversation query over 30 days, memory while recording.
// `node bench/store.mjs DIST FLOWS.jsonl [DAYS]`: DIST is a build (scripts/build.mjs), FLOWS a day of
// `gen-flows.mjs --seconds 86400`. With DAYS the day's segments are copied to so many days for the query.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const [dist = "dist", flows = "", days = "30"] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), "bench-store-"));
const store = join(directory, "store");

const run = (words) =>
  new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(process.execPath, [join(dist, "main.js"), ...words], { stdio: ["ignore", "inherit", "pipe"] });
    const resident = [];
    let said = "";
    child.stderr.on("data", (text) => {
      said += text;
    });
    const timer = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
        resident.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      } catch {
        // it has ended
      }
    }, 500);
    child.on("exit", (code) => {
      clearInterval(timer);
      resolve({ code, said, seconds: (performance.now() - started) / 1000, resident });
    });
  });

const recorded = await run(["record", "--flows", flows, "--to", store]);
const lines = /([\d,]+) flows/.exec(recorded.said.split("\n").at(-2) ?? "")?.[1] ?? "0";
const count = Number(lines.replaceAll(",", ""));
const segments = readdirSync(join(store, "segments"));
const manifests = segments.map((name) =>
  JSON.parse(readFileSync(join(store, "segments", name, "manifest.json"), "utf8")),
);
const bytes = manifests.flatMap(({ files }) => files).reduce((sum, file) => sum + file.bytes, 0);
const half = Math.floor(recorded.resident.length / 2);
const peak = (list) => Math.round(Math.max(0, ...list));
console.log(
  `recorded ${lines} flows in ${recorded.seconds.toFixed(1)} s: ${Math.round(count / recorded.seconds)} flows/s`,
);
console.log(`store: ${(bytes / 1e6).toFixed(1)} MB, ${(bytes / count).toFixed(1)} bytes a raw flow`);
console.log(
  `memory: ${peak(recorded.resident.slice(0, half))} MB in the first half, ${peak(recorded.resident.slice(half))} MB in the second`,
);

// The same day, again and again: names and times are shifted, what the files hold is not.
const month = join(directory, "month");
mkdirSync(join(month, "segments"), { recursive: true });
writeFileSync(join(month, "store.json"), readFileSync(join(store, "store.json")));
for (let day = 0; day < Number(days); day++) {
  for (const manifest of manifests) {
    const name = `${manifest.name}-d${day}`;
    cpSync(join(store, "segments", manifest.name), join(month, "segments", name), { recursive: true });
    const shift = day * 86_400_000;
    const own = {
      ...manifest,
      name,
      hour: manifest.hour + day * 24,
      from: manifest.from + shift,
      to: manifest.to + shift,
      supersedes: [],
      replaces: [],
    };
    writeFileSync(join(month, "segments", name, "manifest.json"), JSON.stringify(own));
  }
}
await build({
  entryPoints: ["src/store/parquet-store.ts"],
  outfile: join(directory, "store.mjs"),
  bundle: true,
  format: "esm",
  platform: "node",
  external: [import.meta.resolve("@duckdb/node-api")],
  alias: { "@duckdb/node-api": import.meta.resolve("@duckdb/node-api") },
});
const { openStore } = await import(join(directory, "store.mjs"));
const reader = await openStore(month);
for (const attempt of ["first", "again"]) {
  const started = performance.now();
  const found = await reader.conversations();
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  console.log(
    `conversations over ${days} days, ${attempt}: ${seconds} s (${found.length} rows of ${manifests.length * Number(days)} segments)`,
  );
}
const started = performance.now();
const fold = await reader.fold({ from: null, to: null });
console.log(
  `folded back: ${((performance.now() - started) / 1000).toFixed(1)} s, ${fold.state().conversations.length} conversations, ${Math.round(process.memoryUsage.rss() / 1e6)} MB resident`,
);
await reader.close();
if (process.env.KEEP === undefined) rmSync(directory, { recursive: true });
else console.log(directory);
