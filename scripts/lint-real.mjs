// What lint finds in the public policy sets beside this checkout (../shared/real/policies), each with its workloads as
// objects and without: counts by check and set into docs/checks/real-sets.md. The judgements in it stay as written.
// `node scripts/lint-real.mjs [--list CHECK]`: lists the findings of one check instead.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = "../shared/real/policies";
const PAGE = "docs/checks/real-sets.md";
if (!existsSync(FOLDER)) {
  console.log("skipped: the public policy sets are not beside this checkout");
  process.exit(0);
}
const main = join(process.env.RINGFENCE_DIST ?? "dist", "main.js");
const sets = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml") && !name.includes(".workloads."));

function lint(words) {
  const run = spawnSync(process.execPath, [main, "lint", ...words, "-o", "json", "-q"], { maxBuffer: 1 << 28 });
  if (run.status === 2) throw new Error(run.stderr.toString());
  return JSON.parse(run.stdout.toString());
}

const counts = new Map();
const listed = process.argv[2] === "--list" ? process.argv[3] : null;
let policies = 0;
for (const set of sets) {
  const file = join(FOLDER, set);
  const workloads = file.replace(/\.yaml$/, ".workloads.yaml");
  const runs = [lint([file])];
  if (existsSync(workloads)) runs.push(lint([file, "--objects", workloads]));
  policies += runs[0].totals.policies;
  runs.forEach((report, index) => {
    for (const { check, message, place } of report.findings) {
      if (check === listed)
        console.log(
          `${set}${index === 1 ? " (with workloads)" : ""} ${place.line ?? ""} ${place.object ?? ""} ${place.path ?? ""}\n    ${message}`,
        );
      const key = `${check}|${set.replace(/\.yaml$/, "").replaceAll("__", "/")}`;
      const cell = counts.get(key) ?? [0, 0];
      cell[index] += 1;
      counts.set(key, cell);
    }
  });
}
if (listed !== null) process.exit(0);
const rows = [...counts]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([key, [alone, objects]]) => {
    const [check, set] = key.split("|");
    return `| ${check} | ${set} | ${alone} | ${objects} |`;
  });
const START = "<!-- counts -->";
const END = "<!-- /counts -->";
const table = `${START}\n${policies} policies of ${sets.length} sets.\n\n| check | set | from manifests alone | with its workloads |\n|---|---|---|---|\n${rows.join("\n")}\n${END}`;
const page = existsSync(PAGE)
  ? readFileSync(PAGE, "utf8")
  : `# Findings in public policy sets\n\n\`npm run lint:real\` counts them.\n\n${START}\n${END}\n`;
writeFileSync(
  PAGE,
  page.replace(new RegExp(`${START}[\\s\\S]*${END}`), () => table),
);
console.log(`${rows.length} rows into ${PAGE}`);
