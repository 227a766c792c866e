import { createServer, request as forward } from "node:http";

/** What happens to a statement on its way: it gets through, its answer is lost, or it never arrives. */
export type Fate = "through" | "answer-lost" | "lost";

const passing: (sql: string) => Fate = () => "through";

/** Stands before a server, and loses what it is told to. */
export async function lossyProxy(port: number) {
  const proxy = { fate: passing, port: 0, stop: () => server.closeAllConnections() };
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const sql = new URL(request.url ?? "/", "http://proxy").searchParams.get("query") ?? body.toString();
    const fate = proxy.fate(sql);
    if (fate === "lost") {
      response.destroy();
      return;
    }
    const { url = "/", headers } = request;
    const onward = forward({ host: "127.0.0.1", port, path: url, method: "POST", headers }, (answer) => {
      if (fate === "answer-lost") {
        answer.resume().on("end", () => response.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  proxy.port = typeof address === "object" && address !== null ? address.port : 0;
  return proxy;
}
