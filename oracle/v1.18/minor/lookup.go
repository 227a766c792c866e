package minor

import (
	"log/slog"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	"github.com/cilium/cilium/pkg/u8proto"
)

// Lookup is the entry of an endpoint's policy map that decides, and the rules that it comes from.
//
// The trap: 1.18's own Lookup panics for destination port 0, which is also ICMP type 0. There the same precedence is
// worked out over the map's entries: what it found for the peer and for any peer is put together by precedence.
func Lookup(endpoint *policy.EndpointPolicy, key policy.Key) (policy.MapStateEntry, policy.RuleMeta) {
	if key.DestPort != 0 {
		entry, rules, _ := endpoint.Lookup(key)
		return entry, rules
	}
	return precedent(endpoint, longestMatch(endpoint, key, key.Identity), longestMatch(endpoint, key, 0))
}

// match is an entry of the policy map with its key.
type match struct {
	key   policy.Key
	entry policy.MapStateEntry
	found bool
}

// longestMatch finds the entry of an identity for port 0: of its protocol by descending port prefix, then of any protocol.
func longestMatch(endpoint *policy.EndpointPolicy, key policy.Key, id identity.NumericIdentity) match {
	for length := 16; length >= 0; length-- {
		candidate := key.WithIdentity(id).WithPortProtoPrefix(key.Nexthdr, 0, uint8(length))
		if entry, found := endpoint.Get(candidate); found {
			return match{candidate, entry, true}
		}
	}
	candidate := key.WithIdentity(id).WithPortProtoPrefix(0, 0, 0)
	entry, found := endpoint.Get(candidate)
	return match{candidate, entry, found}
}

// precedent chooses between the entry of the peer and that of any peer.
// Follows pkg/policy mapState.lookup of 1.18: denies first, then the proxy's priority, then the longer key.
func precedent(endpoint *policy.EndpointPolicy, peer, anyPeer match) (policy.MapStateEntry, policy.RuleMeta) {
	switch {
	case !peer.found && !anyPeer.found:
		return policytypes.DenyEntry(), policy.RuleMeta{}
	case !anyPeer.found || peer.found && peer.entry.IsDeny():
		return peer.entry, rulesOf(endpoint, peer)
	case !peer.found || anyPeer.entry.IsDeny():
		return anyPeer.entry, rulesOf(endpoint, anyPeer)
	case peer.entry.ProxyPortPriority > anyPeer.entry.ProxyPortPriority:
		return peer.entry, rulesOf(endpoint, peer)
	case anyPeer.entry.ProxyPortPriority > peer.entry.ProxyPortPriority:
		return anyPeer.entry, rulesOf(endpoint, anyPeer)
	case anyPeer.key.PrefixLength() > peer.key.PrefixLength():
		return withAuth(anyPeer.entry, peer.entry), rulesOf(endpoint, anyPeer)
	}
	return withAuth(peer.entry, anyPeer.entry), rulesOf(endpoint, peer)
}

func rulesOf(endpoint *policy.EndpointPolicy, found match) policy.RuleMeta {
	rules, _ := endpoint.GetRuleMeta(found.key)
	return rules
}

// withAuth gives an entry the stronger authentication of another, unless it has one of its own.
func withAuth(entry, other policy.MapStateEntry) policy.MapStateEntry {
	if !entry.AuthRequirement.IsExplicit() && other.AuthRequirement.AuthType() > entry.AuthRequirement.AuthType() {
		entry.AuthRequirement = other.AuthRequirement.AsDerived()
	}
	return entry
}

// Flow is what the engine's own LookupFlow says of a flow. A side is empty where it does not tell: 1.18's never does.
type Flow struct {
	Allowed         bool
	Egress, Ingress string
}

// LookupFlow is the engine's own answer for a flow between two pods, against which the oracle's is held.
func LookupFlow(logger *slog.Logger, repository *policy.Repository, manager identitymanager.IDManager, from, to *identity.Identity, protocol u8proto.U8proto, port uint16) (Flow, error) {
	flow := policy.Flow{From: from, To: to, Proto: protocol, Dport: port}
	decision, _, _, err := policy.LookupFlow(logger, repository, manager, flow, nil, nil)
	return Flow{Allowed: decision == api.Allowed}, err
}
