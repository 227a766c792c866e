package policyoracle

import (
	"strings"

	"github.com/cilium/dns"

	"github.com/cilium/cilium/pkg/fqdn/dnsproxy"
	"github.com/cilium/cilium/pkg/fqdn/re"
	"github.com/cilium/cilium/pkg/policy"

	"ringfence/oracle/minor"
)

// askDNSProxy answers a DNS question by the rules of the filters of exactly its port, as the proxy is programmed.
// Follows pkg/fqdn/dnsproxy UpdateAllowed and CheckAllowed; the patterns are its own.
func (a *agent) askDNSProxy(e *endpoint, q *question, answer *sideAnswer) {
	if q.connection.DNSQuery == nil {
		answer.l7Open = true
		return
	}
	answer.l7 = "denied"
	name := strings.ToLower(dns.Fqdn(q.connection.DNSQuery.Name))
	for _, filter := range minor.Filters(e.policy, false) {
		if q.ingress || filter.U8Proto != q.transport.protocol || !hasDNSRules(filter) || !a.isProxiedPort(e, filter, q) {
			continue
		}
		for selector, rules := range filter.PerSelectorPolicies {
			if minor.Selects(e.policy, selector, q.peer.ID) && permitsName(rules, name) {
				answer.l7 = "allowed"
			}
		}
	}
}

// hasDNSRules tells whether a filter is one that the proxy is programmed with.
func hasDNSRules(filter *policy.L4Filter) bool {
	for _, rules := range filter.PerSelectorPolicies {
		if rules != nil && rules.L7Parser == policy.ParserTypeDNS {
			return true
		}
	}
	return false
}

func (a *agent) isProxiedPort(e *endpoint, filter *policy.L4Filter, q *question) bool {
	return filter.Port == q.transport.port || filter.PortName != "" && a.nameFits(e, filter, q)
}

// permitsName tells whether the rules for a peer permit a name. No rules permit all.
func permitsName(rules *policy.PerSelectorPolicy, name string) bool {
	pattern, err := re.CompileRegex(dnsproxy.GeneratePattern(rules))
	return err == nil && pattern.MatchString(name)
}
