// ClickHouse's HTTP interface over the engine itself, in process (chdb): a statement a request, binary rows in and out,
// refusals with their numbers. `node engine-server.mjs CHDB_MODULE DIRECTORY [PASSWORD]` prints its port.
// The engine here has no queue of DDL statements: `ON CLUSTER` is parsed by it, then taken off. One server is the whole
// cluster `demo`; what Distributed tables ask of it stays within.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [chdb = "", directory = "", password = ""] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });
const config = join(directory, "config.xml");
writeFileSync(
  config,
  `<clickhouse>
  <remote_servers><demo><shard><replica><host>localhost</host><port>9000</port></replica></shard></demo></remote_servers>
  <tcp_port>9000</tcp_port>
  <zookeeper><implementation>testkeeper</implementation></zookeeper>
  <macros><shard>01</shard><replica>one</replica></macros>
  <interserver_http_host>localhost</interserver_http_host><interserver_http_port>9009</interserver_http_port>
</clickhouse>`,
);
const { Session } = await import(pathToFileURL(chdb));
const session = new Session(join(directory, "data"), { connectionArgs: [`--config-file=${config}`] });
const input = join(directory, "input.bin");
const output = join(directory, "output.bin");

function run(sql, data) {
  if (/ ON CLUSTER '\w+'/.test(sql)) {
    if (/^\s*(?:CREATE|ALTER)/.test(sql)) session.query(`EXPLAIN AST ${sql}`, "TSV");
    sql = sql.replaceAll(/ ON CLUSTER '\w+'/g, "");
  }
  rmSync(output, { force: true });
  if (data !== null) {
    writeFileSync(input, data);
    session.query(sql.replace(" SETTINGS ", ` FROM INFILE '${input}' SETTINGS `), "TSV");
    return Buffer.alloc(0);
  }
  if (sql.endsWith("FORMAT RowBinary")) {
    session.query(sql.replace(/FORMAT RowBinary$/, `INTO OUTFILE '${output}' FORMAT RowBinary`), "TSV");
    return readFileSync(output);
  }
  return Buffer.from(session.query(sql, "TSV"));
}

const server = createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces);
  const query = new URL(request.url, "http://engine").searchParams.get("query");
  try {
    if ((request.headers["x-clickhouse-key"] ?? "") !== password) {
      throw new Error("Code: 516. DB::Exception: default: Authentication failed: password is incorrect. (AUTHENTICATION_FAILED)");
    }
    const answer = query === null ? run(body.toString(), null) : run(query, body);
    response.writeHead(200).end(answer);
  } catch (error) {
    const text = error.message.replace(/^Query failed: /, "");
    const code = /Code: (\d+)/.exec(text)?.[1] ?? "1";
    response.writeHead(code === "516" ? 403 : 500, { "x-clickhouse-exception-code": code }).end(text);
  }
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
process.on("SIGTERM", () => process.exit(0));
process.stdin.on("end", () => process.exit(0)).resume();
