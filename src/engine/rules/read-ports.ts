import { isObject, type Json, type JsonObject } from "#model/json.ts";
import { ICMPV4_TYPES, ICMPV6_TYPES } from "./icmp-types.ts";
import { isServiceName } from "../identity/named-ports.ts";
import {
  type HeaderMatch,
  type HttpRule,
  type L7Rules,
  type Listener,
  NO_L7,
  plainPorts,
  type PortProtocol,
  type PortRule,
} from "./policy-entry.ts";
import { isSet, listOf, numberOf, structOf, structsOf, textOf, textsOf } from "../validate/fields.ts";

// Upstream: pkg/policy/api/{l4,icmp,http}.go with what Sanitize changes (rule_validation.go): port names in lower case,
// protocols in upper case.

/** toPorts of an allow rule. `proxylib`: Kafka rules and l7proto exist. */
export function readPortRules(rule: JsonObject, proxylib: boolean): readonly PortRule[] {
  return structsOf(rule, "toPorts").map((item) => ({
    ports: readPorts(item),
    rules: readL7(structOf(item, "rules"), proxylib),
    serverNames: textsOf(item, "serverNames"),
    terminatingTls: readTls(item, "terminatingTLS"),
    originatingTls: readTls(item, "originatingTLS"),
    listener: readListener(structOf(item, "listener")),
  }));
}

/** toPorts of a deny rule: ports alone. */
export function readDenyPorts(rule: JsonObject): readonly PortRule[] {
  return structsOf(rule, "toPorts").map((item) => plainPorts(readPorts(item)));
}

function readPorts(item: JsonObject): readonly PortProtocol[] {
  return structsOf(item, "ports").map((port) =>
    portProtocol(textOf(port, "port"), numberOf(port, "endPort"), textOf(port, "protocol")),
  );
}

function portProtocol(port: string, endPort: number, protocol: string): PortProtocol {
  const name = isServiceName(port) ? port.toLowerCase() : port;
  return { port: name, endPort: endPort & 0xffff, protocol: protocol === "" ? "ANY" : protocol.toUpperCase() };
}

/** A TLS context is told apart by its secret. Upstream: pkg/policy/l4.go TLSContext.Equal. */
function readTls(item: JsonObject, field: string): string | null {
  const context = structOf(item, field);
  if (context === null) return null;
  const secret = structOf(context, "secret") ?? {};
  return `${textOf(secret, "namespace")}/${textOf(secret, "name")}`;
}

function readListener(item: JsonObject | null): Listener | null {
  if (item === null) return null;
  const envoyConfig = structOf(item, "envoyConfig") ?? {};
  return {
    kind: textOf(envoyConfig, "kind"),
    envoyConfig: textOf(envoyConfig, "name"),
    name: textOf(item, "name"),
    priority: numberOf(item, "priority"),
  };
}

function readL7(rules: JsonObject | null, proxylib: boolean): L7Rules | null {
  if (rules === null) return null;
  const parsers = {
    kafka: listOf(rules, "kafka").map((item) => JSON.stringify(item)),
    l7proto: textOf(rules, "l7proto"),
    l7: listOf(rules, "l7").map((item) => JSON.stringify(item)),
  };
  return {
    ...NO_L7,
    ...(proxylib ? parsers : {}),
    http: structsOf(rules, "http").map(readHttp),
    dns: structsOf(rules, "dns").map((item) => ({
      matchName: textOf(item, "matchName"),
      matchPattern: textOf(item, "matchPattern"),
    })),
  };
}

function readHttp(item: JsonObject): HttpRule {
  return {
    method: textOf(item, "method"),
    path: textOf(item, "path"),
    host: textOf(item, "host"),
    headers: textsOf(item, "headers"),
    headerMatches: structsOf(item, "headerMatches").map(readHeaderMatch),
  };
}

function readHeaderMatch(item: JsonObject): HeaderMatch {
  const secret = structOf(item, "secret");
  return {
    name: textOf(item, "name"),
    value: textOf(item, "value"),
    mismatch: textOf(item, "mismatch"),
    secret: secret === null ? "" : `${textOf(secret, "namespace")}/${textOf(secret, "name")}`,
  };
}

/** icmps as port rules: the type stands in the port's place. */
export function readIcmps(rule: JsonObject): readonly PortRule[] {
  return structsOf(rule, "icmps").map((item) => plainPorts(structsOf(item, "fields").map(readIcmpField)));
}

function readIcmpField(field: JsonObject): PortProtocol {
  const isV6 = textOf(field, "family") === "IPv6";
  const type = field["type"];
  const text = typeof type === "number" || typeof type === "string" ? String(type) : "0";
  const port = (isV6 ? ICMPV6_TYPES : ICMPV4_TYPES).get(text) ?? text;
  return { port, endPort: 0, protocol: isV6 ? "ICMPV6" : "ICMP" };
}

/** Ports of a NetworkPolicy. From 1.19 on they are not sanitized: names keep their case, and then never match. */
export function readKnpPorts(rule: JsonObject, sanitized: boolean): readonly PortRule[] {
  return listOf(rule, "ports").map((item) => plainPorts([readKnpPort(isObject(item) ? item : {}, sanitized)]));
}

function readKnpPort(item: JsonObject, sanitized: boolean): PortProtocol {
  const port = isSet(item, "port") ? knpPortText(item["port"]) : "0";
  const protocol = isSet(item, "protocol") ? textOf(item, "protocol") : "TCP";
  const read = portProtocol(port, numberOf(item, "endPort"), protocol);
  return sanitized ? read : { ...read, port };
}

function knpPortText(port: Json | undefined): string {
  return typeof port === "number" || typeof port === "string" ? String(port) : "0";
}
