package policyoracle

import (
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/policy"

	"ringfence/oracle/minor"
)

// endpoint is a subject with its policy as Cilium works it out.
type endpoint struct {
	owner    *minor.Owner
	resolved policy.SelectorPolicy
	policy   *policy.EndpointPolicy
	err      error // Cilium cannot work the policy out
}

// firstProxyPort is where the proxies' ports begin; which they are means nothing.
const firstProxyPort = 10000

// endpointOf works out the policy of a subject once.
//
// The trap: in 1.19 the order in which endpoints are worked out can show in their policies, so it is that of the
// connections.
func (a *agent) endpointOf(p *pod) *endpoint {
	if known := a.endpoints[p.key]; known != nil {
		return known
	}
	e := &endpoint{owner: minor.NewOwner(p.endpointID, p.ports, a.ports)}
	a.endpoints[p.key] = e
	subject := a.pods[p.key]
	if p.reserved != "" {
		subject = identity.LookupReservedIdentity(identity.GetReservedID(p.reserved))
	}
	a.manager.Add(subject)
	e.resolved, e.err = minor.Resolve(a.repository, subject, p.endpointID)
	if e.err == nil {
		e.policy = e.resolved.DistillPolicy(logger, e.owner, e.redirects(p))
	}
	return e
}

// redirects gives a proxy port to every redirect of the policy.
// Follows pkg/endpoint addNewRedirects.
func (e *endpoint) redirects(p *pod) map[string]uint16 {
	ports := map[string]uint16{}
	for filter, rules := range e.resolved.RedirectFilters() {
		for _, port := range minor.RedirectPorts(e.resolved, e.owner, filter) {
			listener := rules.Policy.GetListener()
			id := policy.ProxyID(uint16(p.endpointID), filter.Ingress, string(filter.Protocol), port, listener)
			if _, known := ports[id]; !known {
				ports[id] = uint16(firstProxyPort + len(ports))
			}
		}
	}
	return ports
}
