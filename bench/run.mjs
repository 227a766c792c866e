// Runs every benchmark and writes bench/RESULTS.md. Absolute times vary with the machine; the ratios are to a reference
// measured in the same run, and those are held against the limits. Benchmarks named as arguments are run alone: the
// others keep their figures. RINGFENCE is the program to measure, default the built one.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

const scripts = ["startup", "rehearse", "engine", "ingest", "observe", "live", "store", "record", "generate", "lint"];
const named = process.argv.slice(2);
const rows = [];
for (const name of scripts) {
  if (named.length > 0 && !named.includes(name)) {
    rows.push(...written(name));
    continue;
  }
  console.error(`bench: ${name} …`);
  const run = spawnSync(process.execPath, [`bench/${name}.mjs`], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 26,
  });
  if (run.status !== 0) {
    rows.push({ bench: name, what: "did not run", value: `exit ${run.status}`, limit: "", ok: false });
    continue;
  }
  const last = run.stdout.trim().split("\n").at(-1) ?? "";
  for (const figure of JSON.parse(last).figures) rows.push({ bench: name, ...figure });
}

/** The rows of a benchmark in the last results. */
function written(name) {
  if (!existsSync("bench/RESULTS.md")) return [];
  const lines = readFileSync("bench/RESULTS.md", "utf8").split("\n");
  return lines
    .filter((line) => line.startsWith(`| ${name} |`))
    .map((line) => line.slice(2, -2).split(" | "))
    .map(([bench, what, value, limit, kept]) => {
      const ok = kept === "–" ? null : kept === "yes";
      return { bench, what, value, limit: limit.trim(), ok };
    });
}

const machine = `${cpus().length} cores (${cpus()[0]?.model ?? "?"}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`;
const mark = (row) => (row.ok === null ? "–" : row.ok ? "yes" : "**no**");
const lines = [
  "# Results",
  "",
  "Written by `npm run bench`. Ratios are to a reference measured in the same run.",
  "",
  `Machine: ${machine}. ${new Date().toISOString().slice(0, 10)}.`,
  "",
  "| bench | what | value | limit | kept |",
  "|---|---|---|---|---|",
  ...rows.map((row) => `| ${row.bench} | ${row.what} | ${row.value} | ${row.limit} | ${mark(row)} |`),
  "",
];
writeFileSync("bench/RESULTS.md", lines.join("\n"));
console.log(lines.join("\n"));
process.exitCode = rows.some((row) => row.ok === false) ? 1 : 0;
