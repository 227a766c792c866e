import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { servePortForward } from "../kubernetes/port-forward-server.ts";

/**
 * Stands in for a node's kubelet where a cluster has none: ports of pods, by their addresses, for the API server.
 * `node kubelet.mjs CERTIFICATE KEY ADDRESSES`; the last is a JSON file of `namespace/pod` to address.
 */
const [certificate = "", key = "", file = ""] = process.argv.slice(2);
const addresses = new Map(Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, string>));
const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
server.on("upgrade", (request, socket) => {
  const pod = new URL(request.url ?? "/", "http://kubelet").pathname.replace("/portForward/", "");
  const host = addresses.get(pod);
  servePortForward(request, socket, (port) => (host === undefined ? { error: `no pod ${pod}` } : { host, port }));
});
server.listen(10_250, "0.0.0.0", () => process.stdout.write("listening\n"));
