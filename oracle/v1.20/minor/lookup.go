package minor

import (
	"log/slog"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	"github.com/cilium/cilium/pkg/policy"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	"github.com/cilium/cilium/pkg/u8proto"
)

// Lookup is the entry of an endpoint's policy map that decides, and the rules that it comes from.
func Lookup(endpoint *policy.EndpointPolicy, key policy.Key) (policy.MapStateEntry, policy.RuleMeta) {
	entry, rules, _ := endpoint.Lookup(key)
	return entry, rules
}

// Flow is what the engine's own LookupFlow says of a flow. A side is empty where it does not tell.
type Flow struct {
	Allowed         bool
	Egress, Ingress string
}

// LookupFlow is the engine's own answer for a flow between two pods, against which the oracle's is held.
func LookupFlow(logger *slog.Logger, repository *policy.Repository, manager identitymanager.IDManager, from, to *identity.Identity, protocol u8proto.U8proto, port uint16) (Flow, error) {
	flow := policytypes.Flow{From: from, To: to, Proto: protocol, Dport: port}
	result, _, _, err := policy.LookupFlow(logger, repository, manager, flow)
	egress, ingress := result.Egress.String(), result.Ingress.String()
	return Flow{Allowed: egress == "allowed" && ingress == "allowed", Egress: egress, Ingress: ingress}, err
}
