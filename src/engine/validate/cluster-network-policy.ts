import type { JsonObject } from "#model/json.ts";
import { checkBuiltCidr } from "./built-selectors.ts";
import { checkDomainName } from "./dns.ts";
import { isSet, structOf, structsOf, textOf, textsOf } from "./fields.ts";
import { firstRejection, type Rejection, reject } from "./rejection.ts";
import type { Agent } from "./versions.ts";

/**
 * A ClusterNetworkPolicy, from 1.20 on. Ingress cannot go wrong; of an egress peer only the first kind it has is read, in
 * the order pods, namespaces, nodes, networks, domainNames. Upstream: pkg/k8s/cluster_network_policy.go.
 */
export function checkClusterNetworkPolicy(policy: JsonObject, agent: Agent): Rejection | null {
  const spec = structOf(policy, "spec") ?? {};
  return firstRejection(structsOf(spec, "egress"), (rule, index) =>
    firstRejection(structsOf(rule, "to"), (peer, at) =>
      checkPeer(peer, rule, `spec.egress[${index}].to[${at}]`, agent),
    ),
  );
}

function checkPeer(peer: JsonObject, rule: JsonObject, path: string, agent: Agent): Rejection | null {
  if (isSet(peer, "pods") || isSet(peer, "namespaces")) return null;
  if (isSet(peer, "nodes")) return checkNodes(`${path}.nodes`, agent);
  if (isSet(peer, "networks")) {
    return firstRejection(textsOf(peer, "networks"), (cidr, index) =>
      checkBuiltCidr(cidr, [], `${path}.networks[${index}]`),
    );
  }
  return isSet(peer, "domainNames") ? checkDomainNames(peer, rule, `${path}.domainNames`, agent) : null;
}

function checkNodes(path: string, agent: Agent): Rejection | null {
  if (agent.config.enableNodeSelectorLabels) return null;
  const text = "egress.to.nodes is not supported since node selector labels are disabled";
  return reject(path, text, "set enable-node-selector-labels in the agent's configuration, or use networks");
}

/** Everything but Deny and Pass is read as Accept. */
function checkDomainNames(peer: JsonObject, rule: JsonObject, path: string, agent: Agent): Rejection | null {
  const action = textOf(rule, "action");
  if (action === "Deny" || action === "Pass") {
    const text = "egress.to.domainNames is only supported for egress.action=Accept";
    return reject(path, text, "deny by networks instead: names are learned only for what is allowed");
  }
  if (!agent.config.enableL7Proxy) {
    const text = "egress.to.domainNames is not supported since L7 proxy is disabled";
    return reject(path, text, "set enable-l7-proxy in the agent's configuration, or use networks");
  }
  return firstRejection(textsOf(peer, "domainNames"), (name, index) =>
    checkDomainName(name, `${path}[${index}]`, agent),
  );
}
