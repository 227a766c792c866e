import { hostname } from "node:os";
import { UserError } from "#model/finding.ts";

/** Where a ClickHouse is, as whom it is asked, and what of it is ours. */
export type ClickHouseAddress = {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Tables are Distributed over this cluster; null: they lie on the one server. */
  readonly cluster: string | null;
  /** Whether tables of a cluster are replicated within a shard. */
  readonly isReplicated: boolean;
  /** What tells the recorders of one database apart. */
  readonly writer: string;
  /** How long an answer is waited for; null: the preset of what is asked. */
  readonly timeoutSeconds: number | null;
  /** Files in PEM: an authority to trust, and who the client is. */
  readonly authorityFile: string | null;
  readonly certificateFile: string | null;
  readonly keyFile: string | null;
  /** The whole without the password: what may be printed. */
  readonly shown: string;
};

const SCHEMES: Readonly<Record<string, { readonly isTls: boolean; readonly port: number }>> = {
  "clickhouse:": { isTls: false, port: 8123 },
  "clickhouses:": { isTls: true, port: 8443 },
};
const PARAMETERS = ["cluster", "replicated", "writer", "timeout", "ca", "cert", "key"];
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;
const DATABASE = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a text names a store in ClickHouse. */
export function isClickHouseUrl(text: string): boolean {
  return /^clickhouses?:\/\//.test(text);
}

/** A text that may name a ClickHouse, without the password that stands in it. */
export function withoutPassword(text: string): string {
  return isClickHouseUrl(text) ? text.replace(/^(clickhouses?:\/\/[^/@:]*):.*@/, "$1@") : text;
}

/**
 * Reads `clickhouse://user:password@host:port/database?cluster=NAME&writer=ID…` (`clickhouses://`: TLS). User and password
 * that do not stand there come from CLICKHOUSE_USER and CLICKHOUSE_PASSWORD. Throws a UserError that says what is wrong.
 */
export function parseClickHouseUrl(text: string, environment: Environment): ClickHouseAddress {
  const shown = withoutPassword(text);
  const { url, scheme } = urlOf(text, shown);
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name))
      throw bad(shown, `${name} means nothing here`, `known are ${PARAMETERS.join(", ")}`);
  }
  const parameter = (name: string) => url.searchParams.get(name);
  const database = decodeURIComponent(url.pathname.slice(1)) || "ringfence";
  const { writer, cluster } = { writer: parameter("writer") ?? ownName(), cluster: parameter("cluster") };
  if (!DATABASE.test(database))
    throw bad(shown, `the database ${database} has another name than letters, digits and _`);
  if (!NAME.test(writer)) throw bad(shown, `writer=${writer}: letters, digits, . _ and - are expected`);
  if (cluster !== null && !NAME.test(cluster)) throw bad(shown, `cluster=${cluster} is no name`);
  return {
    isTls: scheme.isTls,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? scheme.port : Number(url.port),
    user: decodeURIComponent(url.username) || (environment["CLICKHOUSE_USER"] ?? "default"),
    password: decodeURIComponent(url.password) || (environment["CLICKHOUSE_PASSWORD"] ?? ""),
    database,
    cluster,
    isReplicated: cluster !== null && parameter("replicated") !== "false",
    writer,
    timeoutSeconds: secondsOf(parameter("timeout"), shown),
    authorityFile: parameter("ca"),
    certificateFile: parameter("cert"),
    keyFile: parameter("key"),
    shown,
  };
}

function urlOf(text: string, shown: string) {
  try {
    // Of a scheme that URL knows: it takes hosts apart only then.
    const url = new URL(text.replace(/^clickhouses?:/, "http:"));
    const scheme = SCHEMES[text.slice(0, text.indexOf(":") + 1)];
    // Port 80 is what URL leaves out of http.
    if (scheme === undefined || url.hostname === "") throw new Error("no host");
    const port = /^[^/]*\/\/(?:[^/]*@)?(?:\[[^\]]*\]|[^/:?]*):(\d+)/.exec(text)?.[1];
    return { url, scheme: port === "80" ? { ...scheme, port: 80 } : scheme };
  } catch {
    throw bad(shown, "is no address of a ClickHouse");
  }
}

function secondsOf(text: string | null, shown: string): number | null {
  if (text === null) return null;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw bad(shown, `timeout=${text}: seconds above 0 are expected`);
}

function ownName(): string {
  return (
    hostname()
      .replaceAll(/[^A-Za-z0-9_.-]/g, "-")
      .slice(0, 100) || "recorder"
  );
}

function bad(
  shown: string,
  message: string,
  help = "write clickhouse://USER@HOST:8123/DATABASE; the password is taken from CLICKHOUSE_PASSWORD",
) {
  return new UserError("store-path", `${shown}: ${message}`, { help });
}
