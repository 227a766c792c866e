package minor

import (
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/spanstat"
)

// AddSubjects does nothing: 1.18 matches subjects without a cache.
func AddSubjects(*policy.Repository, identity.IdentityMap) {}

// Resolve works out the policy of an identity.
func Resolve(repository *policy.Repository, subject *identity.Identity, endpointID uint64) (policy.SelectorPolicy, error) {
	resolved, _, err := repository.GetSelectorPolicy(subject, 0, &durations{}, endpointID)
	return resolved, err
}

// durations takes the times that the repository measures.
type durations struct{ waiting, calculation spanstat.SpanStat }

func (d *durations) WaitingForPolicyRepository() *spanstat.SpanStat { return &d.waiting }
func (d *durations) SelectorPolicyCalculation() *spanstat.SpanStat  { return &d.calculation }

// RedirectPorts is the port for which a redirecting filter gets a proxy port: that which its name stands for, or its own.
// Follows pkg/endpoint proxyID.
func RedirectPorts(_ policy.SelectorPolicy, owner *Owner, filter *policy.L4Filter) []uint16 {
	if filter.Port != 0 || filter.PortName == "" {
		return []uint16{filter.Port}
	}
	if port := owner.GetNamedPort(filter.Ingress, filter.PortName, filter.U8Proto); port != 0 {
		return []uint16{port}
	}
	return nil
}

// Filters are the filters of one direction of an endpoint's policy, in the engine's order.
func Filters(endpoint *policy.EndpointPolicy, ingress bool) (filters []*policy.L4Filter) {
	direction := &endpoint.L4Policy.Egress
	if ingress {
		direction = &endpoint.L4Policy.Ingress
	}
	direction.PortRules.ForEach(func(filter *policy.L4Filter) bool {
		filters = append(filters, filter)
		return true
	})
	return filters
}

// Selects tells whether a selector selects an identity.
func Selects(endpoint *policy.EndpointPolicy, selector policy.CachedSelector, id identity.NumericIdentity) bool {
	return selector.Selects(endpoint.VersionHandle, id)
}

// Tier is 0: 1.18 has no tiers.
func Tier(*policy.L4Filter) int { return 0 }

// Priority is 0: 1.18 has no priorities.
func Priority(*policy.PerSelectorPolicy) int { return 0 }

// IsPass is false: 1.18 has no rules that pass.
func IsPass(*policy.PerSelectorPolicy) bool { return false }

// IsDeny tells whether the rules deny. Nil rules allow.
func IsDeny(rules *policy.PerSelectorPolicy) bool { return rules != nil && rules.IsDeny }

// ListenerPriority is the priority of the proxy that the rules redirect to.
func ListenerPriority(rules *policy.PerSelectorPolicy) policy.ListenerPriority {
	return rules.Priority
}
