import { StoreFault } from "../store-fault.ts";
import type { ClickHouseAddress } from "./clickhouse-url.ts";

/** What a server answered that is no success. */
export type Answer = { readonly status: number; readonly code: string | undefined; readonly text: string };

/** A server's refusal, with the number that ClickHouse gives it. */
export class ClickHouseError extends StoreFault {
  /** null: what answers is no ClickHouse, or did not answer. */
  readonly number: number | null;

  constructor(number: number | null, trouble: Trouble, more: { readonly cause?: unknown; readonly file: string }) {
    const { id, message, help, isPassing = false } = trouble;
    super(id, message, { ...more, help, isPassing });
    this.number = number;
  }
}

type Trouble = {
  readonly id: string;
  readonly message: string;
  readonly help: string;
  /** The same may go well in seconds: it is tried again. */
  readonly isPassing?: boolean;
};

type Shown = Pick<ClickHouseAddress, "shown" | "host" | "port" | "user" | "database">;

/** What a refusal means. Upstream of the numbers: ClickHouse src/Common/ErrorCodes.cpp. */
export function answerError({ status, code, text }: Answer, at: Shown): ClickHouseError {
  const said = /Code: (\d+)/.exec(text)?.[1];
  const number = Number(code ?? said ?? Number.NaN);
  if (Number.isNaN(number)) return new ClickHouseError(null, strangerTrouble(status, text, at), { file: at.shown });
  const found = TROUBLES.find(({ numbers, sign }) => numbers.includes(number) || sign?.test(text) === true);
  const trouble = found?.trouble(at) ?? {
    id: "store-refused",
    message: `ClickHouse refuses: ${brief(text)}`,
    help: "the server's log says more",
  };
  return new ClickHouseError(number, trouble, { cause: new Error(brief(text)), file: at.shown });
}

function strangerTrouble(status: number, text: string, { host, port }: Shown): Trouble {
  if (status >= 500) {
    return {
      id: "store-away",
      message: `what stands before ClickHouse at ${host}:${port} answers ${status}`,
      help: "look whether the server runs, and what the proxy says",
      isPassing: true,
    };
  }
  return {
    id: "store-no-clickhouse",
    message: `no ClickHouse answers at ${host}:${port}, but: ${status} ${brief(text)}`,
    help: "name the port of its HTTP interface, 8123, or 8443 with TLS (clickhouses://), not that of the native protocol",
  };
}

/** What a connection's error means. */
export function connectionError(cause: unknown, at: Shown): unknown {
  if (!(cause instanceof Error)) return cause;
  const code = "code" in cause ? String(cause.code) : "";
  const found = CONNECTION_TROUBLES.find(({ sign }) => sign.test(`${code} ${cause.message}`));
  return found === undefined ? cause : new ClickHouseError(null, found.trouble(at, cause), { cause, file: at.shown });
}

/** The server's own words, without what repeats the number and the version. */
function brief(text: string): string {
  const [line = ""] = text.replace(/^Code: \d+[.,] (?:e\.displayText\(\) = )?(?:DB::\w+: )?/, "").split("\n", 1);
  return line.replace(/ \(version [^)]*\)+\s*$/, "").slice(0, 300);
}

const CONNECTION_TROUBLES: readonly {
  readonly sign: RegExp;
  readonly trouble: (at: Shown, cause: Error) => Trouble;
}[] = [
  {
    sign: /RINGFENCE_TIMEOUT/,
    trouble: ({ host, port }, { message }) => ({
      id: "store-slow",
      message: `ClickHouse at ${host}:${port} ${message}`,
      help: "look at what it is busy with (system.processes, system.merges), or give it longer with ?timeout=SECONDS",
      isPassing: true,
    }),
  },
  {
    sign: /CERT_|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|ERR_TLS|ALTNAME|certificate/i,
    trouble: ({ host }, { message }) => ({
      id: "store-certificate",
      message: `the certificate of ${host} is not taken: ${message}`,
      help: "name the authority that signed it with ?ca=FILE, and the host as the certificate has it",
    }),
  },
  {
    sign: /EPROTO|WRONG_VERSION_NUMBER|ERR_SSL|Parse Error|HPE_/i,
    trouble: ({ host, port }) => ({
      id: "store-no-clickhouse",
      message: `what answers at ${host}:${port} speaks another protocol`,
      help: "clickhouse:// is HTTP on port 8123, clickhouses:// is HTTPS on port 8443",
    }),
  },
  {
    sign: /ECONN|ENOTFOUND|EAI_|EHOST|ENET|EPIPE|ETIMEDOUT|EADDRNOTAVAIL|socket hang up|aborted/i,
    trouble: ({ host, port }, { message }) => ({
      id: "store-away",
      message: `no ClickHouse answers at ${host}:${port} (${message})`,
      help: "look whether the server runs and the way to it is open",
      isPassing: true,
    }),
  },
];

const TROUBLES: readonly {
  readonly numbers: readonly number[];
  readonly sign?: RegExp;
  readonly trouble: (at: Shown) => Trouble;
}[] = [
  {
    // NOT_ENOUGH_SPACE, CANNOT_WRITE_TO_FILE_DESCRIPTOR and the like tell the disk's reason in their text.
    numbers: [243],
    sign: /No space left on device|Disk quota exceeded/i,
    trouble: ({ host }) => ({
      id: "store-full",
      message: `no space is left on the disk of ClickHouse at ${host}`,
      help: "free some, or keep less with --retain-days or --retain-bytes",
    }),
  },
  {
    // UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, AUTHENTICATION_FAILED
    numbers: [192, 193, 194, 516],
    trouble: ({ user }) => ({
      id: "store-password",
      message: `ClickHouse does not take the password of user ${user}`,
      help: "give it with CLICKHOUSE_PASSWORD (and CLICKHOUSE_USER), or in the address",
    }),
  },
  {
    // ACCESS_DENIED, DATABASE_ACCESS_DENIED, READONLY
    numbers: [497, 291, 164],
    trouble: ({ user, database }) => ({
      id: "store-not-allowed",
      message: `user ${user} has not the right to do this in the database ${database}`,
      help: `for recording: GRANT SELECT, INSERT, CREATE, ALTER, DROP, CLUSTER ON ${database}.* TO ${user}; for reading: GRANT SELECT ON ${database}.* TO ${user}`,
    }),
  },
  {
    numbers: [81],
    trouble: ({ database }) => ({
      id: "store-no-database",
      message: `ClickHouse has no database ${database}`,
      help: `ringfence record --to makes it; or name another one in the address`,
    }),
  },
  {
    numbers: [60],
    trouble: ({ database }) => ({
      id: "no-store",
      message: `the database ${database} holds no recording`,
      help: "name the database that ringfence record --to wrote",
    }),
  },
  {
    // MEMORY_LIMIT_EXCEEDED
    numbers: [241],
    trouble: ({ host }) => ({
      id: "store-memory",
      message: `ClickHouse at ${host} has no memory left for this`,
      help: "raise max_server_memory_usage or the user's max_memory_usage, or ask for less time at once",
      isPassing: true,
    }),
  },
  {
    // TOO_MANY_PARTS
    numbers: [252],
    trouble: ({ host }) => ({
      id: "store-too-many-parts",
      message: `ClickHouse at ${host} does not keep up with merging what is inserted (too many parts)`,
      help: "write less often with --flush-interval, or share the recorders out over more servers",
      isPassing: true,
    }),
  },
  {
    // NO_ZOOKEEPER, TABLE_IS_READ_ONLY, TOO_FEW_LIVE_REPLICAS, UNKNOWN_STATUS_OF_INSERT, KEEPER_EXCEPTION
    numbers: [225, 242, 285, 319, 999],
    trouble: ({ host }) => ({
      id: "store-replicas",
      message: `ClickHouse at ${host} cannot write to its replicas: Keeper or too many of them are away`,
      help: "look at system.replicas and at Keeper",
      isPassing: true,
    }),
  },
  {
    // CLUSTER_DOESNT_EXIST, and as it was before
    numbers: [701, 170],
    trouble: ({ host }) => ({
      id: "store-no-cluster",
      message: `ClickHouse at ${host} knows no cluster of this name`,
      help: "SELECT DISTINCT cluster FROM system.clusters lists those that it knows",
    }),
  },
  {
    // TIMEOUT_EXCEEDED, TOO_SLOW, TOO_MANY_SIMULTANEOUS_QUERIES, SOCKET_TIMEOUT, NETWORK_ERROR, ALL_CONNECTION_TRIES_FAILED
    numbers: [159, 160, 202, 209, 210, 279],
    trouble: ({ host }) => ({
      id: "store-busy",
      message: `ClickHouse at ${host} is too busy, or a server that it asks is`,
      help: "look at system.processes and system.clusters",
      isPassing: true,
    }),
  },
];
