import type { JsonObject } from "#model/json.ts";
import { listOf, numberOf, structOf, structsOf, textOf, textsOf } from "./fields.ts";
import { parsePort } from "./go-number.ts";
import { byteLength, quote, upperCase } from "./go-text.ts";
import { checkL7Rules, isEmptyL7 } from "./l7.ts";
import { firstRejection, type Rejection, reject } from "./rejection.ts";
import type { Agent } from "./versions.ts";

const PORT_LIMIT = 40;

/**
 * One of toPorts of an allow rule. DNS rules on ingress were refused before, with the whole rule.
 * Upstream: PortRule.sanitize.
 */
export function checkPortRule(rule: JsonObject, path: string, ingress: boolean, agent: Agent): Rejection | null {
  const l7 = structOf(rule, "rules");
  const hasL7 = l7 !== null && !isEmptyL7(l7);
  const hasDns = l7 !== null && listOf(l7, "dns").length > 0;
  return (
    checkServerNames(rule, hasL7, path) ??
    checkPortCount(rule, path) ??
    firstRejection(structsOf(rule, "ports"), (port, index) => {
      const at = `${path}.ports[${index}]`;
      return checkPort(port, at, hasDns, agent) ?? (hasL7 && !hasDns ? checkTcp(port, at) : null);
    }) ??
    checkListener(rule, hasL7, ingress, path) ??
    (l7 !== null && hasL7 ? (checkNoZeroPort(rule, path) ?? checkL7Rules(l7, rule, `${path}.rules`, agent)) : null)
  );
}

/** One of toPorts of a deny rule. Upstream: PortDenyRule.sanitize. */
export function checkPortDenyRule(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  return (
    checkPortCount(rule, path) ??
    firstRejection(structsOf(rule, "ports"), (port, index) => checkPort(port, `${path}.ports[${index}]`, false, agent))
  );
}

function checkServerNames(rule: JsonObject, hasL7: boolean, path: string): Rejection | null {
  const names = textsOf(rule, "serverNames");
  if (names.length > 0 && hasL7 && structOf(rule, "terminatingTLS") === null) {
    const text = "ServerNames are not allowed with L7 rules without TLS termination";
    return reject(`${path}.serverNames`, text, "use serverNames and rules in separate elements of toPorts");
  }
  const empty = names.indexOf("");
  if (empty < 0) return null;
  return reject(`${path}.serverNames[${empty}]`, "empty server name is not allowed", "remove the empty name");
}

function checkPortCount(rule: JsonObject, path: string): Rejection | null {
  if (listOf(rule, "ports").length <= PORT_LIMIT) return null;
  const text = `too many ports, the max is ${PORT_LIMIT}`;
  return reject(`${path}.ports`, text, "spread the ports over several elements of toPorts, or use endPort");
}

/**
 * A port and its protocol. Upstream: PortProtocol.sanitize. A service name is tried first, so `0x50` is the name of a
 * port, and a named port may stand beside a protocol without ports.
 */
export function checkPort(port: JsonObject, path: string, hasDns: boolean, agent: Agent): Rejection | null {
  const number = textOf(port, "port");
  const mayBeEmpty = agent.differs.extendedProtocolsFlag && agent.config.enableExtendedIPProtocols;
  if (number === "" && !mayBeEmpty) {
    const flag = agent.differs.extendedProtocolsFlag ? ", or set enable-extended-ip-protocols" : "";
    return reject(`${path}.port`, agent.differs.emptyPort, `give a port ("0" means every port)${flag}`);
  }
  return (
    (isServiceName(number) || number === "" ? null : checkNumber(port, path, hasDns, agent)) ??
    checkProtocol(textOf(port, "protocol"), `${path}.protocol`, agent)
  );
}

function checkNumber(port: JsonObject, path: string, hasDns: boolean, agent: Agent): Rejection | null {
  const number = textOf(port, "port");
  const protocol = textOf(port, "protocol");
  if (number !== "0" && agent.differs.portlessProtocols.includes(protocol)) {
    return reject(`${path}.port`, "port must be empty or 0", `${protocol} has no ports: write port "0"`);
  }
  const parsed = parsePort(number);
  if ("error" in parsed) {
    const help =
      "a port is a number up to 65535, or a name of at most 15 letters, digits and single dashes; a range is port and endPort";
    return reject(`${path}.port`, `unable to parse port: ${parsed.error}`, help);
  }
  if (!hasDns || numberOf(port, "endPort") <= parsed.value) return null;
  return reject(`${path}.endPort`, "DNS rules do not support port ranges", "list each port of the DNS rule");
}

/** Upstream: iana.IsSvcName: letters, digits and single dashes inside, at least one letter, at most 15 bytes. */
function isServiceName(name: string): boolean {
  if (byteLength(name) > 15 || !/^[a-zA-Z0-9-]+$/.test(name)) return false;
  return /[a-zA-Z]/.test(name) && !/^-|-$|--/.test(name);
}

/** Upstream: ParseL4Proto. Empty is ANY; case does not count. */
export function checkProtocol(protocol: string, path: string, agent: Agent): Rejection | null {
  const upper = upperCase(protocol);
  const { protocols } = agent.differs;
  if (protocol === "" || protocols.includes(upper)) return null;
  const text = `invalid protocol ${quote(upper)}, must be { ${protocols.join(" | ").toLowerCase()} }`;
  return reject(path, text, protocolHelp(upper));
}

function protocolHelp(protocol: string): string {
  if (protocol.startsWith("ICMP")) return "ICMP has no ports: use icmps in a rule of its own";
  return "this version of Cilium knows only these protocols, by these names";
}

function checkTcp(port: JsonObject, path: string): Rejection | null {
  const protocol = upperCase(textOf(port, "protocol"));
  if (protocol === "TCP") return null;
  const text = `L7 rules can only apply to TCP (not ${protocol === "" ? "ANY" : protocol}) except for DNS rules`;
  return reject(`${path}.protocol`, text, "write protocol: TCP");
}

function checkListener(rule: JsonObject, hasL7: boolean, ingress: boolean, path: string): Rejection | null {
  const listener = structOf(rule, "listener");
  if (listener === null) return null;
  const name = textOf(listener, "name");
  if (ingress) {
    const text = `Listener is not allowed on ingress (${name})`;
    return reject(`${path}.listener`, text, "listeners work on egress only");
  }
  if (!hasL7) return null;
  const text = `Listener is not allowed with L7 rules (${name})`;
  return reject(`${path}.listener`, text, "keep the listener or the rules of this element");
}

function checkNoZeroPort(rule: JsonObject, path: string): Rejection | null {
  return firstRejection(structsOf(rule, "ports"), (port, index) => {
    const number = textOf(port, "port");
    const parsed = parsePort(number);
    if (isServiceName(number) || "error" in parsed || parsed.value !== 0) return null;
    const text = "L7 rules can not be used when a port is 0";
    return reject(`${path}.ports[${index}].port`, text, "list the ports that speak the protocol");
  });
}
