import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** ClickHouse's engine, if scripts/test-clickhouse.mjs has found one; the path of the module chdb. */
export const CHDB = process.env["RINGFENCE_CHDB"] ?? "";
export const hasEngine = CHDB !== "" && existsSync(CHDB);

export type Engine = {
  readonly port: number;
  readonly url: (database: string, parameters?: string) => string;
  readonly stop: () => void;
};

/** Starts the engine behind its HTTP interface, in a process of its own. */
export async function startEngine(password = ""): Promise<Engine> {
  const directory = mkdtempSync(join(tmpdir(), "ringfence-engine-"));
  const words = [join(import.meta.dirname, "engine-server.mjs"), CHDB, directory, password];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  const port = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the engine ended with ${code}`)));
    createInterface(child.stdout).on("line", (line) => {
      if (line.startsWith("port ")) resolve(line.slice("port ".length));
    });
  });
  return {
    port: Number(port),
    url: (database, parameters = "") => `clickhouse://127.0.0.1:${port}/${database}?writer=one${parameters}`,
    stop: () => {
      child.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
