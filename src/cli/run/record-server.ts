import { createServer } from "node:http";
import { UserError } from "#model/finding.ts";
import type { Recorder } from "#store/recorder.ts";
import { recorderMetrics } from "#store/recorder-metrics.ts";

export type RecordServer = { readonly address: string; readonly close: () => void };

/**
 * Serves `/metrics` (Prometheus text), `/healthz` (the store can be written) and `/readyz` (and every server is connected)
 * on `host:port`, `:port` for every address, port 0 for any. Throws a UserError when it cannot.
 */
export async function serveRecorder(recorder: Recorder, listen: string): Promise<RecordServer> {
  const { host, port } = parseListen(listen);
  const server = createServer((request, response) => {
    const { status, body } = answer(request.url ?? "/", recorder);
    response.writeHead(status, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new UserError("cannot-listen", `cannot listen on ${listen}: ${cause.message}`, {
          help: "another process may use the port; name another one with --listen",
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return { address: `http://${host ?? "localhost"}:${bound}`, close: () => server.close() };
}

function parseListen(text: string): { readonly host: string | undefined; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new UserError("bad-arguments", `--listen ${text}: an address is expected`, { help: "as in 127.0.0.1:9090" });
  }
  const host = match[1] ?? match[2] ?? "";
  return { host: host === "" ? undefined : host, port };
}

type Answer = { readonly status: number; readonly body: string };

const OK: Answer = { status: 200, body: "ok\n" };
const UNWRITABLE: Answer = { status: 503, body: "the store cannot be written\n" };

function readiness({ counts }: Recorder): Answer {
  const away = [...counts.connected].filter(([, isConnected]) => !isConnected).map(([server]) => server);
  return away.length === 0 ? OK : { status: 503, body: `not connected: ${away.join(", ")}\n` };
}

function answer(url: string, recorder: Recorder): Answer {
  switch (url.split("?")[0]) {
    case "/metrics":
      return { status: 200, body: recorderMetrics(recorder, process.memoryUsage.rss()) };
    case "/healthz":
      return recorder.isHealthy ? OK : UNWRITABLE;
    case "/readyz":
      return recorder.isHealthy ? readiness(recorder) : UNWRITABLE;
    default:
      return { status: 404, body: "not found: /metrics, /healthz, /readyz\n" };
  }
}
