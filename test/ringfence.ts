import { spawnSync } from "node:child_process";
import { join } from "node:path";

export type Run = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Runs the built command (`npm run build` first; `npm test` does) from the project's root, without colour. */
export function ringfence(args: readonly string[], input?: string): Run {
  const root = join(import.meta.dirname, "..");
  const run = spawnSync(process.execPath, [join(root, "dist/main.js"), ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
    maxBuffer: 1 << 28,
    ...(input === undefined ? {} : { input }),
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}
