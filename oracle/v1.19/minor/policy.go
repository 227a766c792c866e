package minor

import (
	"sync"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/policy"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	"github.com/cilium/cilium/pkg/spanstat"
)

// AddSubjects makes the identities known as possible subjects of policies.
func AddSubjects(repository *policy.Repository, identities identity.IdentityMap) {
	var done sync.WaitGroup
	repository.GetSubjectSelectorCache().UpdateIdentities(identities, nil, &done)
	done.Wait()
}

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
	direction := &endpoint.SelectorPolicy.L4Policy.Egress
	if ingress {
		direction = &endpoint.SelectorPolicy.L4Policy.Ingress
	}
	for filter := range direction.Filters() {
		filters = append(filters, filter)
	}
	return filters
}

// Selects tells whether a selector selects an identity.
func Selects(_ *policy.EndpointPolicy, selector policy.CachedSelector, id identity.NumericIdentity) bool {
	return selector.Selects(id)
}

// Tier is the tier of a filter; the lowest comes first.
func Tier(filter *policy.L4Filter) int { return int(filter.Tier) }

// Priority is the priority of a filter's rules for one peer selector; the lowest comes first.
func Priority(rules *policy.PerSelectorPolicy) int { return int(rules.GetPriority()) }

// IsPass tells whether the rules hand on to the next tier.
func IsPass(rules *policy.PerSelectorPolicy) bool {
	return rules != nil && rules.Verdict == policytypes.Pass
}

// IsDeny tells whether the rules deny. Nil rules allow.
func IsDeny(rules *policy.PerSelectorPolicy) bool { return rules != nil && rules.IsDeny() }

// ListenerPriority is the priority of the proxy that the rules redirect to.
func ListenerPriority(rules *policy.PerSelectorPolicy) policy.ListenerPriority {
	return rules.ListenerPriority
}
