import type { Explanation } from "#model/explanation.ts";
import { endName, portName } from "../ends.ts";

/** `shop/web → shop/api :8080  GET /admin`: the connection, and the request where one was given. */
export function edgeTitle(one: Explanation): string {
  const asked = requestText(one);
  return `${endName(one.from)} → ${endName(one.to)} ${portName(one)}${asked === "" ? "" : `\u00A0 ${asked}`}`;
}

function requestText({ request, serverName }: Explanation): string {
  const sni = serverName === null || request?.kind === "tls" ? "" : ` (TLS ${serverName})`;
  switch (request?.kind) {
    case "dns":
      return `DNS ${request.name}${sni}`;
    case "http":
      return `${request.method} ${request.host}${request.path}${sni}`;
    case "tls":
      return `TLS ${request.serverName}`;
    default:
      return sni.trim();
  }
}
