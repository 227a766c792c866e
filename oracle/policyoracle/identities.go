package policyoracle

import (
	"net/netip"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/labels"
)

// identities hands out identities: reserved ones where the labels are theirs, else one for each set of labels.
// Follows pkg/identity/cache AllocateLocalIdentity and AllocateIdentity.
type identities struct {
	byLabels map[string]*identity.Identity
	next     map[identity.NumericIdentity]identity.NumericIdentity // by scope
	known    identity.IdentityMap
}

func newIdentities() *identities {
	return &identities{map[string]*identity.Identity{}, map[identity.NumericIdentity]identity.NumericIdentity{}, identity.IdentityMap{}}
}

func (i *identities) allocate(given labels.Labels) *identity.Identity {
	if reserved := identity.LookupReservedIdentityByLabels(given); reserved != nil {
		i.add(reserved)
		return reserved
	}
	key := string(given.SortedList())
	if id := i.byLabels[key]; id != nil {
		return id
	}
	scope := identity.ScopeForLabels(given)
	if i.next[scope] == 0 {
		i.next[scope] = 1
		if scope == identity.IdentityScopeGlobal {
			i.next[scope] = 1000
		}
	}
	id := identity.NewIdentity(scope|i.next[scope], given)
	i.next[scope]++
	i.byLabels[key] = id
	i.add(id)
	return id
}

// add makes an identity known. The host's labels are this node's and replace those of the agent before.
func (i *identities) add(id *identity.Identity) {
	if _, known := i.known[id.ID]; !known || id.ID == identity.ReservedIdentityHost {
		i.known[id.ID] = id.LabelArray
	}
}

// world is the identity of addresses of which nothing is known.
func (i *identities) world(isIPv4 bool) *identity.Identity {
	given := labels.Labels{}
	if isIPv4 {
		given.AddWorldLabel(netip.IPv4Unspecified())
	} else {
		given.AddWorldLabel(netip.IPv6Unspecified())
	}
	return i.allocate(given)
}
