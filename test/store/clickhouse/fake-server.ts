import { createServer, type Server } from "node:http";
import { encodeRows } from "#store/clickhouse/row-binary.ts";

/** What the fake does with a statement: an answer, a refusal with ClickHouse's number, or worse. */
export type Behaviour =
  | { readonly kind: "answer" }
  | { readonly kind: "refuse"; readonly status: number; readonly code: number | null; readonly text: string }
  | { readonly kind: "silence" }
  /** It does what it was told, but the answer is lost. */
  | { readonly kind: "lost-answer" }
  | { readonly kind: "closed" };

export const ANSWER: Behaviour = { kind: "answer" };

export function refusal(code: number, text: string): Behaviour {
  return { kind: "refuse", status: 500, code, text: `Code: ${code}. DB::Exception: ${text} (version 26.7.2.1)` };
}

/**
 * As much of ClickHouse as a recorder needs to write: it takes inserts, each token once, and answers questions as an empty
 * database does. `behave` is asked before each statement.
 */
export class FakeClickHouse {
  readonly statements: string[] = [];
  /** Inserts by table and token. */
  readonly stored = new Map<string, Buffer>();
  version = "26.7.2.1";
  schema = 1;
  behave: (sql: string) => Behaviour = () => ANSWER;
  private readonly server: Server;
  private port = 0;

  private constructor(server: Server) {
    this.server = server;
  }

  static async start(): Promise<FakeClickHouse> {
    const server = createServer();
    const fake = new FakeClickHouse(server);
    server.on("request", async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece);
      const query = new URL(request.url ?? "/", "http://fake").searchParams.get("query");
      const body = Buffer.concat(pieces);
      const sql = query ?? body.toString();
      fake.statements.push(sql);
      const behaviour = fake.behave(sql);
      if (behaviour.kind === "silence") return;
      if (behaviour.kind === "refuse") {
        const headers = behaviour.code === null ? {} : { "x-clickhouse-exception-code": String(behaviour.code) };
        response.writeHead(behaviour.status, headers).end(behaviour.text);
        return;
      }
      if (behaviour.kind === "closed") {
        response.destroy();
        return;
      }
      const answer = fake.answer(sql, body);
      if (behaviour.kind === "lost-answer") response.destroy();
      else response.writeHead(200).end(answer);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    fake.port = typeof address === "object" && address !== null ? address.port : 0;
    return fake;
  }

  url(parameters = "", scheme = "clickhouse"): string {
    return `${scheme}://me:top-secret@127.0.0.1:${this.port}/flows?writer=one${parameters}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** How many inserts into a table it holds. */
  count(table: string): number {
    return [...this.stored.keys()].filter((key) => key.startsWith(`flows.${table} `)).length;
  }

  private answer(sql: string, body: Buffer): Uint8Array {
    const insert = /^INSERT INTO (\S+) .*insert_deduplication_token = '([^']*)'/.exec(sql);
    if (insert !== null) {
      const key = `${insert[1]} ${insert[2]}`;
      if (!this.stored.has(key)) this.stored.set(key, body);
      return Buffer.alloc(0);
    }
    if (sql.startsWith("SELECT version()")) return Buffer.from(`${this.version}\n`);
    const number = (value: number) => encodeRows([{ name: "one", wire: "UInt32" }], [{ all: value }], 1);
    if (sql.includes("system.databases")) return number(1);
    if (sql.includes("max(version)")) return number(this.schema);
    if (sql.includes("system.parts")) return encodeRows([{ name: "ratio", wire: "Float64" }], [{ all: 0.5 }], 1);
    return Buffer.alloc(0);
  }
}
