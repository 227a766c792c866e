import { isObject, type Json, type JsonObject } from "#model/json.ts";

/** What Hubble itself writes for what it redacts. */
const REDACTED = "HUBBLE_REDACTED";
const OUTSIDE = /^(reserved:world|cidr:|fqdn:)/;

/**
 * A line of a recording without what may be private: HTTP paths, queries and headers (written as Hubble's own redaction
 * writes them), and the addresses of the world: of ends with the label reserved:world, in DNS answers, in cidr: labels.
 * Addresses of the cluster stay; names that were asked for stay. Conversations with the world are then decided by entity
 * and name; by CIDR they are undecided.
 */
export function redactedEvent(event: JsonObject): JsonObject {
  const flow = event["flow"];
  if (!isObject(flow)) return isObject(event["IP"]) ? redactedFlow(event) : event;
  return { ...event, flow: redactedFlow(flow) };
}

function redactedFlow(flow: JsonObject): JsonObject {
  const outside = { source: isOutside(flow["source"]), destination: isOutside(flow["destination"]) };
  return Object.fromEntries(
    Object.entries(flow).flatMap(([key, value]): [string, Json][] => {
      if (key === "IP" && isObject(value)) return [[key, redactedAddresses(value, outside)]];
      if ((key === "source" || key === "destination") && isObject(value)) return [[key, redactedEndpoint(value)]];
      if (key === "l7" && isObject(value)) return [[key, redactedL7(value)]];
      return key === "trace_context" || key === "Summary" ? [] : [[key, value]];
    }),
  );
}

function isOutside(endpoint: Json | undefined): boolean {
  const labels = isObject(endpoint) ? endpoint["labels"] : null;
  return Array.isArray(labels) && labels.some((label) => typeof label === "string" && OUTSIDE.test(label));
}

type Outside = { readonly source: boolean; readonly destination: boolean };

/** An address that is gone reads as absent. */
function redactedAddresses(addresses: JsonObject, outside: Outside): JsonObject {
  const gone = [
    ...(outside.source ? ["source", "source_xlated"] : []),
    ...(outside.destination ? ["destination"] : []),
  ];
  return Object.fromEntries(Object.entries(addresses).filter(([key]) => !gone.includes(key)));
}

function redactedEndpoint(endpoint: JsonObject): JsonObject {
  const labels = endpoint["labels"];
  if (!Array.isArray(labels)) return endpoint;
  return { ...endpoint, labels: labels.filter((label) => typeof label !== "string" || !label.startsWith("cidr:")) };
}

function redactedL7(l7: JsonObject): JsonObject {
  const { http, dns } = l7;
  return {
    ...l7,
    ...(isObject(http) ? { http: redactedHttp(http) } : {}),
    ...(isObject(dns)
      ? { dns: Object.fromEntries(Object.entries(dns).filter(([key]) => key !== "ips" && key !== "cnames")) }
      : {}),
  };
}

/** The host stays: policies may ask for it, and it is no more than the name that DNS events tell. */
function redactedHttp(http: JsonObject): JsonObject {
  const { headers: _, url, ...rest } = http;
  const host = typeof url === "string" ? /^([a-z]+:\/\/[^/?#]*)/i.exec(url)?.[1] : undefined;
  const hostname = host?.replace(/^([a-z]+:\/\/)[^@]*@/i, "$1") ?? "";
  return { ...rest, ...(url === undefined ? {} : { url: `${hostname}/${REDACTED}` }) };
}
