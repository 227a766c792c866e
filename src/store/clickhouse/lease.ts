import { randomUUID } from "node:crypto";
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "#model/finding.ts";
import { StoreFault } from "../store-fault.ts";
import { numberOf, textOf } from "../duckdb.ts";
import type { HttpConnection } from "./http-connection.ts";
import type { WireColumn } from "./row-binary.ts";
import { nameIn, quoted, SEGMENTS, WRITERS } from "./schema.ts";

export type LeaseTimes = {
  readonly renewMs: number;
  /** A lease that was not renewed for so long is over. */
  readonly expiryMs: number;
  readonly pollMs: number;
};

const TIMES: LeaseTimes = { renewMs: 15_000, expiryMs: 45_000, pollMs: 1000 };

type Holder = {
  readonly token: string;
  readonly run: number;
  readonly host: string;
  readonly process: string;
  /** Since it last said that it lives, by the server's clock, in milliseconds. */
  readonly silentMs: number;
  readonly isOver: boolean;
};

const HOLDER_COLUMNS: readonly WireColumn[] = [
  { name: "token", wire: "String" },
  { name: "run", wire: "UInt32" },
  { name: "host", wire: "String" },
  { name: "process", wire: "String" },
  { name: "silent", wire: "Int64" },
  { name: "is_over", wire: "UInt8" },
];

/**
 * The right to write under a writer's name, held by a row that is renewed. Who finds another's row that lives steps back,
 * also when both came at once; a row whose process is known to be gone, or that is silent for long, does not live.
 */
export class Lease {
  /** Which run of this writer it is. */
  readonly run: number;
  private readonly connection: HttpConnection;
  private readonly token: string;
  private readonly timer: NodeJS.Timeout;

  private constructor(connection: HttpConnection, token: string, run: number, renewMs: number) {
    this.connection = connection;
    this.token = token;
    this.run = run;
    this.timer = setInterval(() => void write(connection, this, false).catch(() => undefined), renewMs);
    this.timer.unref();
  }

  /** Takes the lease, after at most its expiry. Throws a UserError when another recorder holds it. */
  static async take(connection: HttpConnection, times: LeaseTimes = TIMES): Promise<Lease> {
    const earlier = await waitForOthers(connection, times);
    const run = Math.max(await lastRun(connection), ...earlier.map((one) => one.run)) + 1;
    const token = randomUUID();
    await write(connection, { token, run }, false);
    const others = (await holders(connection)).filter((one) => one.token !== token && isAlive(one, times));
    const [other] = others;
    if (other !== undefined) {
      await write(connection, { token, run }, true);
      throw isHeld(connection, other);
    }
    return new Lease(connection, token, run, times.renewMs);
  }

  /** Throws a UserError when another recorder has taken it over meanwhile. */
  async confirm(): Promise<void> {
    const { token, run } = this;
    const all = await holders(this.connection);
    const later = all.find((one) => one.token !== token && one.run >= run && !one.isOver);
    if (later !== undefined) throw isHeld(this.connection, later);
    await write(this.connection, this, false);
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    try {
      await write(this.connection, this, true);
    } catch (cause) {
      // It runs out by itself.
      if (!(cause instanceof StoreFault)) throw cause;
    }
  }

  /** What `write` needs to know of a holder. */
  get identity(): { readonly token: string; readonly run: number } {
    return { token: this.token, run: this.run };
  }
}

/** The last run of this writer that left something; 0 where none did. */
async function lastRun(connection: HttpConnection): Promise<number> {
  const { address } = connection;
  const [runs] = await connection.columns(
    `SELECT max(run) AS last FROM ${nameIn(address, SEGMENTS.name)} WHERE writer = ${quoted(address.writer)}`,
    [{ name: "last", wire: "UInt32" }],
  );
  return numberOf(runs?.[0]);
}

/** Waits until no other recorder can be alive under this name; a sign of life of one ends the waiting. */
async function waitForOthers(connection: HttpConnection, times: LeaseTimes): Promise<readonly Holder[]> {
  const first = await holders(connection);
  const silences = new Map(first.map(({ token, silentMs }) => [token, silentMs]));
  for (let all = first; ; all = await holders(connection)) {
    const alive = all.filter((one) => isAlive(one, times));
    const [one] = alive;
    if (one === undefined) return all;
    const isRenewed = alive.some(({ token, silentMs }) => silentMs < (silences.get(token) ?? Number.POSITIVE_INFINITY));
    const isNew = alive.some(({ token }) => !silences.has(token));
    const isHere = alive.some((holder) => holder.host === HERE && !isGone(holder));
    if (isHere || isNew || isRenewed) throw isHeld(connection, one);
    await sleep(times.pollMs);
  }
}

function isAlive(holder: Holder, { expiryMs }: LeaseTimes): boolean {
  return !holder.isOver && holder.silentMs < expiryMs && !isGone(holder);
}

/** Known to be gone: a process of this machine that is no more. */
function isGone({ host, process: id }: Holder): boolean {
  if (host !== HERE) return false;
  try {
    process.kill(Number(id), 0);
    return false;
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "ESRCH";
  }
}

/** The machine and its table of processes: in containers numbers of processes mean nothing elsewhere. */
const HERE = `${hostname()} ${processTable()}`;

function processTable(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

async function holders(connection: HttpConnection): Promise<readonly Holder[]> {
  const { address } = connection;
  const found = await connection.columns(
    `SELECT token, run, host, process, dateDiff('millisecond', renewed, now64(3)) AS silent, is_over
     FROM ${nameIn(address, WRITERS.name)} FINAL WHERE writer = ${quoted(address.writer)} ORDER BY run DESC`,
    HOLDER_COLUMNS,
  );
  return (found[0] ?? []).map((token, row) => ({
    token: textOf(token),
    run: numberOf(found[1]?.[row]),
    host: textOf(found[2]?.[row]),
    process: textOf(found[3]?.[row]),
    silentMs: numberOf(found[4]?.[row]),
    isOver: numberOf(found[5]?.[row]) === 1,
  }));
}

type Identity = { readonly token: string; readonly run: number };

async function write(connection: HttpConnection, holder: Lease | Identity, isOver: boolean): Promise<void> {
  const { token, run } = holder instanceof Lease ? holder.identity : holder;
  const { address } = connection;
  const values = [quoted(address.writer), quoted(token), run, quoted(HERE), quoted(String(process.pid))];
  await connection.run(
    `INSERT INTO ${nameIn(address, WRITERS.name)} (writer, token, run, host, process, renewed, is_over)
     SELECT ${values.join(", ")}, now64(3), ${isOver ? 1 : 0} SETTINGS insert_distributed_sync = 1`,
  );
}

function isHeld({ address }: HttpConnection, { host, process: id }: Holder): UserError {
  const where = host.split(" ", 1)[0] ?? "";
  return new UserError("store-locked", `a recorder on ${where} (process ${id}) writes as ${address.writer} already`, {
    help: "give every recorder a name of its own with ?writer=NAME, or stop the other one first",
    place: { file: address.shown },
  });
}
