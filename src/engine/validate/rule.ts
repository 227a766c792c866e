import type { JsonObject } from "#model/json.ts";
import { checkFqdnSelector } from "./dns.ts";
import { listOf, structOf, structsOf } from "./fields.ts";
import { checkIcmps, checkIcmpsAllowed } from "./icmp.ts";
import { hasL7Rules, placeOfL7 } from "./l7.ts";
import { checkPeers, FROM, type PeerFields, TO } from "./peers.ts";
import { checkPortDenyRule, checkPortRule } from "./ports.ts";
import { firstRejection, type Rejection, reject } from "./rejection.ts";
import { checkEndpointSelector } from "./selector.ts";
import type { Agent } from "./versions.ts";

const SECTIONS = ["ingress", "ingressDeny", "egress", "egressDeny"] as const;

/** One `spec`, or one element of `specs`, at `path`. Upstream: Rule.Sanitize. */
export function checkRule(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  return checkSections(rule, path) ?? checkSubject(rule, path, agent) ?? checkRules(rule, path, agent);
}

/** A rule without any element is refused, so `enableDefaultDeny` alone isolates nobody. */
function checkSections(rule: JsonObject, path: string): Rejection | null {
  if (SECTIONS.some((section) => listOf(rule, section).length > 0)) return null;
  const text = "rule must have at least one of Ingress, IngressDeny, Egress, EgressDeny";
  const help = "write `ingress: [{}]` to close a direction without allowing anything; an empty list is no rule";
  return reject(path, text, help);
}

function checkSubject(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  const pods = structOf(rule, "endpointSelector");
  const nodes = structOf(rule, "nodeSelector");
  if (pods === null && nodes === null) {
    const text = "rule must have one of EndpointSelector or NodeSelector";
    return reject(path, text, "add `endpointSelector: {}` to select every pod");
  }
  if (pods !== null && nodes !== null) {
    const text = "rule cannot have both EndpointSelector and NodeSelector";
    return reject(`${path}.nodeSelector`, text, "write one policy for the pods and one for the nodes");
  }
  return (
    (pods === null ? null : checkEndpointSelector(pods, `${path}.endpointSelector`, agent)) ??
    (nodes === null ? null : checkEndpointSelector(nodes, `${path}.nodeSelector`, agent))
  );
}

function checkRules(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  const onNodes = structOf(rule, "nodeSelector") !== null;
  const each = (section: string, check: (element: JsonObject, at: string) => Rejection | null): Rejection | null =>
    firstRejection(structsOf(rule, section), (element, index) => check(element, `${path}.${section}[${index}]`));
  return (
    each("ingress", (element, at) => checkIngress(element, at, onNodes, agent)) ??
    each("ingressDeny", (element, at) => checkDeny(element, FROM, at, agent)) ??
    each("egress", (element, at) => checkEgress(element, at, onNodes, agent)) ??
    each("egressDeny", (element, at) => checkDeny(element, TO, at, agent))
  );
}

/** Upstream: IngressRule.sanitize. */
function checkIngress(rule: JsonObject, path: string, onNodes: boolean, agent: Agent): Rejection | null {
  return (
    checkPeers(rule, FROM, path, agent) ??
    (onNodes && hasL7Rules(rule) ? noL7OnHostIngress(path) : null) ??
    checkL7Allowed(rule, path, agent) ??
    checkNoDns(rule, path) ??
    checkPortsAndIcmps(rule, path, true, agent)
  );
}

/** Upstream: EgressRule.sanitize. */
function checkEgress(rule: JsonObject, path: string, onNodes: boolean, agent: Agent): Rejection | null {
  return (
    checkPeers(rule, TO, path, agent) ??
    checkL7Allowed(rule, path, agent) ??
    (onNodes ? checkNoHostL7(rule, path) : null) ??
    checkPortsAndIcmps(rule, path, false, agent) ??
    firstRejection(structsOf(rule, "toFQDNs"), (fqdn, index) =>
      checkFqdnSelector(fqdn, `${path}.toFQDNs[${index}]`, agent),
    )
  );
}

/** Upstream: IngressDenyRule.sanitize, EgressDenyRule.sanitize. */
function checkDeny(rule: JsonObject, fields: PeerFields, path: string, agent: Agent): Rejection | null {
  return (
    checkPeers(rule, fields, path, agent) ??
    checkIcmpsAllowed(rule, path, agent) ??
    firstRejection(structsOf(rule, "toPorts"), (element, index) =>
      checkPortDenyRule(element, `${path}.toPorts[${index}]`, agent),
    ) ??
    checkIcmps(rule, path)
  );
}

function checkPortsAndIcmps(rule: JsonObject, path: string, ingress: boolean, agent: Agent): Rejection | null {
  return (
    checkIcmpsAllowed(rule, path, agent) ??
    firstRejection(structsOf(rule, "toPorts"), (element, index) =>
      checkPortRule(element, `${path}.toPorts[${index}]`, ingress, agent),
    ) ??
    checkIcmps(rule, path)
  );
}

function noL7OnHostIngress(path: string): Rejection {
  const help = "a policy with nodeSelector can only allow ports on ingress: remove rules";
  return reject(`${path}.toPorts`, "L7 policy is not supported on host ingress yet", help);
}

function checkL7Allowed(rule: JsonObject, path: string, agent: Agent): Rejection | null {
  if (agent.config.enableL7Proxy || !hasL7Rules(rule)) return null;
  const help = "set enable-l7-proxy in the agent's configuration, or remove rules";
  return reject(`${path}.toPorts`, "L7 policy is not supported since L7 proxy is not enabled", help);
}

function checkNoDns(rule: JsonObject, path: string): Rejection | null {
  const place = placeOfL7(rule, "dns", path);
  if (place === null) return null;
  const help = "DNS rules filter the questions that pods ask: move this to egress, towards the DNS server";
  return reject(place, "L7 protocol DNS is not supported on ingress yet", help);
}

function checkNoHostL7(rule: JsonObject, path: string): Rejection | null {
  for (const [field, name] of [
    ["http", "HTTP"],
    ["kafka", "Kafka"],
  ] as const) {
    const place = placeOfL7(rule, field, path);
    if (place === null) continue;
    const text = `L7 protocol ${name} is not supported on host egress yet`;
    return reject(place, text, "a policy with nodeSelector can only have DNS rules on egress: remove the others");
  }
  return null;
}
