import type { L7Request } from "#model/conversation.ts";
import { isObject, type Json, type JsonObject } from "#model/json.ts";
import type { TestConnection } from "#model/policy-test.ts";
import { textAt } from "../field.ts";
import { refuseUnknownKeys, type Reading } from "./policy-test-reading.ts";

const KEYS = [
  "name",
  "from",
  "to",
  "port",
  "protocol",
  "icmpType",
  "icmpCode",
  "http",
  "dnsQuery",
  "serverName",
  "expect",
];
const SIDE_KEYS = ["L7", "Redirect", "Auth", "Policies", "Rules"];
const EXPECT_KEYS = [
  "verdict",
  "error",
  ...["egress", "ingress"].flatMap((side) => [side, ...SIDE_KEYS.map((key) => side + key)]),
];

/** Reads one element of a test's `connections`. Without a protocol it is TCP, or ICMP when an `icmpType` is given. */
export function readConnection(value: Json, path: string, reading: Reading): TestConnection {
  if (!isObject(value)) throw reading.problem(path, "must be a mapping with from and to");
  refuseUnknownKeys(value, path, KEYS, reading);
  const icmpType = integer(value, "icmpType", path, reading);
  const serverName = text(value, "serverName", path, reading);
  const expect = value["expect"] ?? {};
  if (!isObject(expect)) throw reading.problem(`${path}.expect`, "must be a mapping");
  refuseUnknownKeys(expect, `${path}.expect`, EXPECT_KEYS, reading);
  if (Object.keys(expect).length === 0) {
    reading.note(path, "expects nothing, so it always passes", "say what it expects, as in expect: {verdict: allowed}");
  }
  return {
    name: text(value, "name", path, reading),
    from: end(value, "from", path, reading),
    to: end(value, "to", path, reading),
    protocol: protocolOf(value["protocol"], icmpType, path, reading),
    port: integer(value, "port", path, reading),
    icmpType,
    icmpCode: integer(value, "icmpCode", path, reading),
    request: requestOf(value, path, reading) ?? (serverName === null ? null : { kind: "tls", serverName }),
    dnsQuery: dnsOf(value, path, reading)?.name ?? null,
    serverName,
    expect,
  };
}

function end(value: JsonObject, key: "from" | "to", path: string, reading: Reading): string {
  const found = text(value, key, path, reading);
  if (found === null || found === "") {
    throw reading.problem(`${path}.${key}`, "must be namespace/pod, reserved:<entity> or an address");
  }
  return found;
}

function text(value: JsonObject, key: string, path: string, reading: Reading): string | null {
  const found = value[key];
  if (found === undefined || found === null) return null;
  if (typeof found === "object") throw reading.problem(`${path}.${key}`, "must be a text");
  return String(found);
}

function integer(value: JsonObject, key: string, path: string, reading: Reading): number | null {
  const found = value[key];
  if (found === undefined || found === null) return null;
  const number = typeof found === "string" && /^\d+$/.test(found) ? Number(found) : found;
  if (typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= 65535) return number;
  throw reading.problem(`${path}.${key}`, "must be a number from 0 to 65535");
}

function protocolOf(value: Json | undefined, icmpType: number | null, path: string, reading: Reading): string {
  if (value === undefined || value === null || value === "") return icmpType === null ? "TCP" : "ICMP";
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw reading.problem(`${path}.protocol`, "must be a protocol's name or number");
}

function requestOf(value: JsonObject, path: string, reading: Reading): L7Request | null {
  const http = value["http"];
  if (isObject(http)) return httpOf(http, `${path}.http`, reading);
  if (http !== undefined && http !== null) throw reading.problem(`${path}.http`, "must be a mapping");
  return dnsOf(value, path, reading);
}

function dnsOf(value: JsonObject, path: string, reading: Reading): Extract<L7Request, { kind: "dns" }> | null {
  const query = value["dnsQuery"];
  if (query === undefined || query === null) return null;
  const name = textAt(query, "name");
  if (name === undefined) throw reading.problem(`${path}.dnsQuery`, "needs a name");
  if (isObject(query)) refuseUnknownKeys(query, `${path}.dnsQuery`, ["name"], reading);
  return { kind: "dns", name };
}

/** Parts of a request that are not given are empty: a rule that asks for one does not match. */
function httpOf(http: JsonObject, path: string, reading: Reading): L7Request {
  refuseUnknownKeys(http, path, ["method", "path", "host", "headers"], reading);
  const headers = http["headers"] ?? {};
  if (!isObject(headers)) throw reading.problem(`${path}.headers`, "must be a mapping");
  return {
    kind: "http",
    method: text(http, "method", path, reading) ?? "",
    path: text(http, "path", path, reading) ?? "",
    host: text(http, "host", path, reading) ?? "",
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, values]) => [name, headerValues(values, `${path}.headers.${name}`, reading)]),
    ),
  };
}

function headerValues(value: Json, path: string, reading: Reading): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  if (values.some((one) => one === null || typeof one === "object"))
    throw reading.problem(path, "must be a list of texts");
  return values.map(String);
}
