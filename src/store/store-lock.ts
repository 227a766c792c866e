import { existsSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "#model/finding.ts";
import { lockDatabase } from "./duckdb.ts";

const LOCK_FILE = "writer.lock";
/** A DuckDB file that is shorter than its headers was being made when its writer died. */
const LEAST_BYTES = 12_288;
/** The kernel's lock does not hold a process apart from itself. */
const heldHere = new Set<string>();

/** The right to write a store. */
export type StoreLock = { readonly release: () => void };

/**
 * Makes this process the store's one writer. The kernel holds the lock (DuckDB's, on a file of its own) and lets go of it
 * when the process ends, however it ends: nothing has to be removed by hand after a crash. Throws a UserError when
 * another process writes the store.
 */
export async function lockStore(directory: string): Promise<StoreLock> {
  const file = join(realpathSync(directory), LOCK_FILE);
  if (heldHere.has(file)) throw isWritten(directory, "this process");
  heldHere.add(file);
  try {
    if (existsSync(file) && statSync(file).size < LEAST_BYTES) rmSync(file);
    const release = await lockDatabase(file);
    return {
      release: () => {
        release();
        heldHere.delete(file);
      },
    };
  } catch (cause) {
    heldHere.delete(file);
    const holder = /PID (\d+)/.exec(String(cause))?.[1];
    if (holder === undefined && !/lock/i.test(String(cause))) throw cause;
    throw isWritten(directory, holder === undefined ? "another process" : `process ${holder}`, cause);
  }
}

function isWritten(directory: string, holder: string, cause?: unknown): UserError {
  return new UserError("store-locked", `${holder} is recording into this store already`, {
    help: "give every recorder a directory of its own, or stop the other one first",
    place: { file: directory },
    cause,
  });
}
