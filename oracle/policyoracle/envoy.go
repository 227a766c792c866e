package policyoracle

import (
	"cmp"
	"slices"

	"github.com/cilium/cilium/pkg/policy"

	"ringfence/oracle/minor"
)

// askEnvoy answers for Envoy's two Cilium filters: the network filter looks at the TLS server name when the connection
// is made and leaves HTTP rules aside, the HTTP filter looks at each request and leaves server names aside.
// Reconstructed after github.com/cilium/proxy, cilium/network_policy.cc.
func askEnvoy(rules []applicable, c *Connection, answer *sideAnswer) {
	if c.HTTP == nil && c.ServerName == "" {
		answer.l7Open = true
		return
	}
	inPrecedence(rules)
	if needs(rules, hasServerNames) && !permits(rules, func(r *policy.PerSelectorPolicy) bool {
		return !hasServerNames(r) || c.ServerName != "" && serverNameMatches(r.ServerNames, c.ServerName)
	}) {
		answer.l7 = "denied"
		return
	}
	if !needs(rules, hasHTTPRules) {
		answer.l7 = "allowed"
		return
	}
	if c.HTTP == nil {
		answer.l7Open = true
		return
	}
	answer.l7 = "denied"
	if permits(rules, func(r *policy.PerSelectorPolicy) bool { return !hasHTTPRules(r) || requestMatches(r, c.HTTP) }) {
		answer.l7 = "allowed"
	}
}

func hasServerNames(rules *policy.PerSelectorPolicy) bool { return len(rules.ServerNames) > 0 }
func hasHTTPRules(rules *policy.PerSelectorPolicy) bool   { return len(rules.HTTP) > 0 }

func requestMatches(rules *policy.PerSelectorPolicy, request *HTTPRequest) bool {
	translated, _ := httpTranslator.GetEnvoyHTTPRules(&rules.L7Rules, "")
	return httpMatches(translated, request)
}

func needs(rules []applicable, has func(*policy.PerSelectorPolicy) bool) bool {
	return slices.ContainsFunc(rules, func(r applicable) bool { return r.rules != nil && has(r.rules) })
}

// inPrecedence sorts rules as Envoy tries them: by tier, priority, then denies, passes, allows.
func inPrecedence(rules []applicable) {
	slices.SortStableFunc(rules, func(a, b applicable) int {
		return cmp.Or(
			cmp.Compare(minor.Tier(a.filter), minor.Tier(b.filter)),
			cmp.Compare(priority(a.rules), priority(b.rules)),
			cmp.Compare(rank(a.rules), rank(b.rules)),
		)
	})
}

func priority(rules *policy.PerSelectorPolicy) int {
	return minor.Priority(rules)
}

func rank(rules *policy.PerSelectorPolicy) int {
	switch {
	case minor.IsDeny(rules):
		return 0
	case minor.IsPass(rules):
		return 1
	}
	return 2
}

// permits tries the rules by descending precedence: a deny ends it, a pass skips the rest of its tier, and a rule whose
// L7 part does not match gives no verdict.
func permits(rules []applicable, matches func(*policy.PerSelectorPolicy) bool) bool {
	for i := 0; i < len(rules); i++ {
		each := rules[i]
		switch {
		case minor.IsDeny(each.rules):
			return false
		case minor.IsPass(each.rules):
			tier := minor.Tier(each.filter)
			for i+1 < len(rules) && minor.Tier(rules[i+1].filter) == tier {
				i++
			}
		case each.rules == nil || matches(each.rules):
			return true
		}
	}
	return false
}
