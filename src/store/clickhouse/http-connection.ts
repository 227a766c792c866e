import { readFileSync } from "node:fs";
import { Agent as HttpAgent, type IncomingMessage, type RequestOptions, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { UserError } from "#model/finding.ts";
import type { Value } from "../duckdb.ts";
import { answerError, connectionError } from "./clickhouse-errors.ts";
import type { ClickHouseAddress } from "./clickhouse-url.ts";
import { WAITS_MS, withRetry } from "./retry.ts";
import { type Columns, RowDecoder, type WireColumn } from "./row-binary.ts";

/** Presets of how long an answer is waited for. */
const WRITE_SECONDS = 30;
const READ_SECONDS = 300;
/** Questions are asked again so often: a connection that was kept may have been closed meanwhile. */
const FEW = 2;
const MOST_ERROR_BYTES = 16_384;

type Sent = { readonly sql: string; readonly data: Uint8Array | null; readonly seconds: number };

/**
 * ClickHouse's HTTP interface: a statement is a request. Every refusal and every trouble on the way is thrown as a
 * ClickHouseError, in words. Answers come when the server has all of them (`wait_end_of_query`): a query that fails
 * midway fails before its first row is here.
 */
export class HttpConnection {
  readonly address: ClickHouseAddress;
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly options: RequestOptions;
  private readonly waitsMs: readonly number[];

  /** `waitsMs`: between tries of an insert. */
  constructor(address: ClickHouseAddress, waitsMs: readonly number[] = WAITS_MS) {
    this.address = address;
    this.waitsMs = waitsMs;
    const { isTls, host, port, user, password } = address;
    const keep = { keepAlive: true, maxSockets: 4 };
    this.agent = isTls ? new HttpsAgent({ ...keep, ...certificates(address) }) : new HttpAgent(keep);
    this.options = {
      host,
      port,
      method: "POST",
      agent: this.agent,
      headers: { "x-clickhouse-user": user, "x-clickhouse-key": password, "user-agent": "ringfence" },
    };
  }

  /** Runs a statement that may be run again; answers its text. */
  run(sql: string): Promise<string> {
    return withRetry(() => this.runOnce(sql), this.waitsMs.slice(0, FEW));
  }

  private async runOnce(sql: string): Promise<string> {
    const pieces: Uint8Array[] = [];
    const answer = await this.send({ sql, data: null, seconds: this.address.timeoutSeconds ?? READ_SECONDS });
    for await (const piece of this.body(answer)) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  }

  /** Runs an INSERT of binary rows that has a token. What it has resolved for, the server has, once. */
  insert(sql: string, data: Uint8Array): Promise<void> {
    return withRetry(() => this.insertOnce(sql, data), this.waitsMs);
  }

  private async insertOnce(sql: string, data: Uint8Array): Promise<void> {
    const answer = await this.send({ sql, data, seconds: this.address.timeoutSeconds ?? WRITE_SECONDS });
    for await (const _ of this.body(answer)) continue;
  }

  /** The rows of a query as they come, by column. */
  async *chunks(sql: string, columns: readonly WireColumn[]): AsyncGenerator<Columns> {
    const decoder = new RowDecoder(columns);
    const seconds = this.address.timeoutSeconds ?? READ_SECONDS;
    const answer = await this.send({ sql: `${sql} FORMAT RowBinary`, data: null, seconds });
    for await (const piece of this.body(answer)) yield decoder.push(piece);
    if (decoder.left > 0) throw connectionError(new Error("aborted: the answer ends within a row"), this.address);
  }

  /** All rows of a query, by column. */
  columns(sql: string, columns: readonly WireColumn[]): Promise<Columns> {
    return withRetry(() => this.columnsOnce(sql, columns), this.waitsMs.slice(0, FEW));
  }

  private async columnsOnce(sql: string, columns: readonly WireColumn[]): Promise<Columns> {
    const found: Value[][] = columns.map(() => []);
    for await (const chunk of this.chunks(sql, columns)) {
      chunk.forEach((values, index) => {
        const column = found[index];
        for (const value of values) column?.push(value);
      });
    }
    return found;
  }

  close(): void {
    this.agent.destroy();
  }

  /** A statement with data stands in the address, and its data alone in the body. */
  private async send({ sql, data, seconds }: Sent): Promise<IncomingMessage> {
    const query = new URLSearchParams({ wait_end_of_query: "1", ...(data === null ? {} : { query: sql }) });
    const body = data ?? Buffer.from(sql);
    try {
      const answer = await this.answer({ ...this.options, path: `/?${query}` }, body, seconds);
      const code = answer.headers["x-clickhouse-exception-code"];
      if (answer.statusCode === 200 && code === undefined) return answer;
      const text = await textOf(answer);
      throw answerError({ status: answer.statusCode ?? 0, code: String(code ?? "") || undefined, text }, this.address);
    } catch (cause) {
      throw connectionError(cause, this.address);
    }
  }

  private answer(options: RequestOptions, body: Uint8Array, seconds: number): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const open = this.address.isTls ? httpsRequest : httpRequest;
      const request = open({ ...options, headers: { ...options.headers, "content-length": body.byteLength } }, resolve);
      request.on("error", reject);
      request.setTimeout(seconds * 1000, () => {
        request.destroy(Object.assign(new Error(`did not answer within ${seconds} s`), { code: "RINGFENCE_TIMEOUT" }));
      });
      request.end(body);
    });
  }

  private async *body(answer: IncomingMessage): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of answer) yield piece;
    } catch (cause) {
      throw connectionError(cause, this.address);
    }
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of answer) if (text.length < MOST_ERROR_BYTES) text += String(piece);
  return text;
}

function certificates({ authorityFile, certificateFile, keyFile }: ClickHouseAddress) {
  return {
    ...(authorityFile === null ? {} : { ca: fileOf(authorityFile) }),
    ...(certificateFile === null ? {} : { cert: fileOf(certificateFile) }),
    ...(keyFile === null ? {} : { key: fileOf(keyFile) }),
  };
}

function fileOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UserError("store-certificate", "the file cannot be read", {
      help: "it is named in the store's address",
      place: { file: path },
      cause,
    });
  }
}
