package policyoracle

import (
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/u8proto"

	"ringfence/oracle/minor"
)

// How closely a filter's port fits the connection's.
const (
	anyPort = iota
	portRange
	onePort
)

// applicable is a filter with the rules for one of its peer selectors, both of which a connection meets.
type applicable struct {
	filter   *policy.L4Filter
	rules    *policy.PerSelectorPolicy // nil: allowed without looking at L7
	portFits int
}

// applicableRules are those whose protocol, port and peer a question meets, in the engine's order.
func (a *agent) applicableRules(e *endpoint, q *question) (all []applicable) {
	for _, filter := range minor.Filters(e.policy, q.ingress) {
		if filter.U8Proto != q.transport.protocol && filter.U8Proto != u8proto.ANY {
			continue
		}
		fits, ok := a.portFits(e, filter, q)
		if !ok {
			continue
		}
		for selector, rules := range filter.PerSelectorPolicies {
			if minor.Selects(e.policy, selector, q.peer.ID) {
				all = append(all, applicable{filter, rules, fits})
			}
		}
	}
	return all
}

func (a *agent) portFits(e *endpoint, filter *policy.L4Filter, q *question) (fits int, ok bool) {
	port := q.transport.port
	switch {
	case filter.Port == 0 && filter.PortName != "":
		return onePort, a.nameFits(e, filter, q)
	case filter.Port == 0:
		return anyPort, true
	case filter.EndPort > filter.Port:
		return portRange, port >= filter.Port && port <= filter.EndPort
	}
	return onePort, filter.Port == port
}

// nameFits tells whether a named port is the connection's: the subject's own at ingress, the peer's at egress.
func (a *agent) nameFits(e *endpoint, filter *policy.L4Filter, q *question) bool {
	if q.ingress {
		// A name that is no port is 0, as is the port of a connection that gives none.
		port := e.owner.IngressPort(filter.PortName, q.transport.protocol)
		return port != 0 && port == q.transport.port
	}
	return a.ports.EgressMatches(filter.PortName, q.transport.protocol, q.peer.ID, q.transport.port)
}

// askProxy finds the proxy that a redirected side goes to, and its answer.
func (a *agent) askProxy(e *endpoint, q *question, answer *sideAnswer) {
	rules := a.applicableRules(e, q)
	redirecting := precedentRedirect(rules)
	if redirecting == nil {
		answer.redirect, answer.l7Open = "unknown", true
		return
	}
	answer.redirect = redirectName(redirecting.rules.L7Parser)
	switch answer.redirect {
	case "dns":
		a.askDNSProxy(e, q, answer)
	case "http", "tls":
		askEnvoy(rules, q.connection, answer)
	default:
		answer.l7Open = true
	}
}

// precedentRedirect is the redirect that goes before the others: of the lowest tier, then of the proxy of the lowest
// priority (0 is the last), then of the closest port.
func precedentRedirect(rules []applicable) (first *applicable) {
	for i := range rules {
		candidate := &rules[i]
		if candidate.rules == nil || !candidate.rules.IsRedirect() {
			continue
		}
		if first == nil || goesBefore(candidate, first) {
			first = candidate
		}
	}
	return first
}

func goesBefore(a, b *applicable) bool {
	if minor.Tier(a.filter) != minor.Tier(b.filter) {
		return minor.Tier(a.filter) < minor.Tier(b.filter)
	}
	// Unsigned: what has no priority wraps around to the last.
	ofA, ofB := minor.ListenerPriority(a.rules)-1, minor.ListenerPriority(b.rules)-1
	return ofA < ofB || ofA == ofB && a.portFits > b.portFits
}

func redirectName(parser policy.L7ParserType) string {
	switch parser {
	case policy.ParserTypeHTTP:
		return "http"
	case policy.ParserTypeDNS:
		return "dns"
	case policy.ParserTypeTLS:
		return "tls"
	case policy.ParserTypeCRD:
		return "crd"
	}
	return string(parser)
}
